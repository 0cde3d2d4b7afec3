"""The rotation as one command: a new key, every value re-encrypted, old keys out of the file."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from yanzhen.kernel.crypto import services


def rotate(*, say: Callable[[str], object] = lambda text: None, batch: int = 500) -> int:
    """Add a key (unless an earlier rotation is unfinished: then that one goes on) and re-encrypt; returns values written.

    The old keys stay in the file: backups made before still need them (:func:`services.retire_keys` removes the unused).
    """
    path = settings.YANZHEN.key_file
    assert path is not None, "the settings always name a key file"  # noqa: S101 - for the types
    current = services.ring().current
    if not any(column.left(current).exists() for column in services.columns()):
        services.add_key(path, settings.YANZHEN.cipher)
    done = services.rotate(batch=batch, progress=lambda column, count: say(f"{column}: {count}"))
    return sum(done.values())
