"""Logs: JSON lines on standard error, without values.

Of an error they keep its kind and where it happened; its message may quote what a person typed and stays out. Of other libraries'
records they keep the pattern, not the arguments.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None] | None


def error_facts(info: ExcInfo) -> dict[str, Any]:
    """Kind of an error and the lines it passed through, innermost last."""
    if not info or info[0] is None:
        return {}
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(info[2])]
    return {"error": f"{info[0].__module__}.{info[0].__qualname__}", "frames": frames[-12:]}


def without_values(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """structlog processor: turn ``exc_info`` into :func:`error_facts`."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    elif isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    return {**event, **error_facts(info)}


class Lines(logging.Formatter):
    """The standard library's records in the same shape."""

    def format(self, record: logging.LogRecord) -> str:
        """One JSON line."""
        facts: dict[str, Any] = {
            "event": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        }
        return json.dumps(facts | error_facts(record.exc_info), ensure_ascii=False)


def configure(level: str) -> None:
    """Set both kinds of log up; called once when the platform starts."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_values,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))
