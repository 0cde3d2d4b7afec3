"""Door of the trail."""

from yanzhen.kernel.trail.services import actions, build, declare, record, record_many

__all__ = ["actions", "build", "declare", "record", "record_many"]
