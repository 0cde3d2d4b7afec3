"""Door of working time."""

from yanzhen.kernel.worktime.domain import (
    BEIJING,
    Calendar,
    Deadline,
    Hours,
    LightName,
    Measure,
    Quiet,
    Step,
    Stop,
    UnknownYear,
    Warn,
    add_working_minutes,
    deadline,
    is_loud_time,
    is_quiet,
    left,
    light,
    next_loud,
    parse_hours,
    parse_quiet,
    working_minutes_between,
    yellow_from,
)
from yanzhen.kernel.worktime.selectors import calendar_at, calendar_for, quiet_for, warning_for
from yanzhen.kernel.worktime.services import Day, approve_days, on_calendar_change, propose_days, whole_year

__all__ = [
    "BEIJING", "Calendar", "Day", "Deadline", "Hours", "LightName", "Measure", "Quiet", "Step", "Stop", "UnknownYear", "Warn",
    "add_working_minutes", "approve_days", "calendar_at", "calendar_for", "deadline", "is_loud_time", "is_quiet", "left", "light",
    "next_loud", "on_calendar_change", "parse_hours", "parse_quiet", "propose_days", "quiet_for", "warning_for", "whole_year",
    "working_minutes_between", "yellow_from",
]  # fmt: skip
