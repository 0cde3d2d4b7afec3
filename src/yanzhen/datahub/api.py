"""Door of the data books for other modules."""

from __future__ import annotations

from yanzhen.datahub.selectors import asked_once, folder, home, scope_of

__all__ = ["asked_once", "folder", "home", "scope_of"]
