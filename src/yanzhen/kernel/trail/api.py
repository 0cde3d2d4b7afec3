"""Door of the trail."""

from yanzhen.kernel.trail.selectors import history, oldest_unsealed
from yanzhen.kernel.trail.services import (
    actions,
    build,
    declare,
    record,
    record_each,
    record_many,
    seal_all,
    unmasked,
    verify,
)

__all__ = [
    "actions",
    "build",
    "declare",
    "history",
    "oldest_unsealed",
    "record",
    "record_each",
    "record_many",
    "seal_all",
    "unmasked",
    "verify",
]
