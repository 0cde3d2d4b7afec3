"""Working days and hours, deadlines that explain themselves, clock stops, lights, quiet hours (plain Python).

All moments are aware datetimes; days are days in China (UTC+8, no summer time since 1992). A day that the calendar does not
know makes every computation that touches it fail loudly: a guessed holiday would be a wrong deadline.

Counting follows the Civil Code: art. 201 (the first day is not counted), art. 203 (a period of days whose last day is a
holiday ends on the day after it; where there are office hours, it ends when they end).
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Literal

from yanzhen.kernel.errors import DomainError

BEIJING = timezone(timedelta(hours=8), "UTC+8")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
ZERO = timedelta(0)

Measure = Literal["working_minutes", "working_hours", "working_days", "minutes", "hours", "days"]
LightName = Literal["green", "yellow", "red", "stopped", "grey"]
Spans = tuple[tuple[int, int], ...]


class UnknownYear(DomainError):
    """A computation touched a day whose working state nobody has stated yet."""

    def __init__(self, day: date) -> None:
        super().__init__(
            "worktime.unknown_year",
            "没有 {year} 年的工作日历（{day}），期限无法计算。请先在“工作日历”导入该年的放假安排。",
            year=day.year,
            day=day.isoformat(),
        )
        self.day = day


# --- working hours --------------------------------------------------------------------------------------------------

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–~至]\s*(\d{1,2}):(\d{2})")
_SEASON = re.compile(r"^\s*(\d{2})-?(\d{2})\s*/\s*(\d{2})-?(\d{2})\s+")


@dataclass(frozen=True, slots=True)
class Hours:
    """Office hours in minutes of the day; ``seasons``: (first mmdd, last mmdd, spans), e.g. summer hours."""

    spans: Spans
    seasons: tuple[tuple[int, int, Spans], ...] = ()

    def on(self, day: date) -> Spans:
        """The spans of a working day."""
        mark = day.month * 100 + day.day
        for first, last, spans in self.seasons:
            inside = first <= mark <= last if first <= last else mark >= first or mark <= last
            if inside:
                return spans
        return self.spans


def _spans(text: str) -> Spans:
    found = tuple((int(a) * 60 + int(b), int(c) * 60 + int(d)) for a, b, c, d in _SPAN.findall(text))
    ordered = all(start < end for start, end in found) and all(a[1] <= b[0] for a, b in itertools.pairwise(found))
    if not found or not ordered or found[-1][1] > 24 * 60:
        raise DomainError("worktime.bad_hours", "工作时间“{text}”写法不对，应如“08:30-12:00”，先后不重叠。", text=text)
    return found


def parse_hours(items: Sequence[str]) -> Hours:
    """Office hours from a rule's list: ``["08:30-12:00", "14:00-17:30", "06-01/09-30 08:00-12:00 15:00-18:00"]``."""
    plain = " ".join(item for item in items if not _SEASON.match(item))
    seasons = []
    for item in items:
        match = _SEASON.match(item)
        if match:
            a, b, c, d = (int(part) for part in match.groups())
            seasons.append((a * 100 + b, c * 100 + d, _spans(item[match.end() :])))
    return Hours(_spans(plain), tuple(seasons))


STANDARD_HOURS = Hours(((510, 720), (840, 1050)))


# --- calendar -------------------------------------------------------------------------------------------------------


class Calendar:
    """Which days are worked, and when. Immutable; building one costs a walk over its days, asking it is logarithmic.

    ``days``: day → worked or not; a day that is missing is unknown. ``names``: words for a day (春节, 调休).
    """

    __slots__ = ("_counts", "_first", "_gaps", "_spent", "days", "hours", "names")

    def __init__(
        self, days: Mapping[date, bool], hours: Hours = STANDARD_HOURS, names: Mapping[date, str] | None = None
    ) -> None:
        self.days = dict(days)
        self.hours = hours
        self.names = dict(names or {})
        self._first = min(self.days).toordinal() if self.days else 1
        last = max(self.days).toordinal() if self.days else 0
        counts, spent, gaps = [0], [0], []
        for ordinal in range(self._first, last + 1):
            day = date.fromordinal(ordinal)
            worked = self.days.get(day)
            if worked is None:
                gaps.append(ordinal)
            counts.append(counts[-1] + bool(worked))
            spent.append(spent[-1] + (sum(b - a for a, b in hours.on(day)) if worked else 0))
        self._counts, self._spent, self._gaps = counts, spent, gaps

    def _index(self, ordinal: int) -> int:
        at = ordinal - self._first
        if not 0 <= at < len(self._counts) - 1:
            raise UnknownYear(date.fromordinal(ordinal))
        return at

    def _check(self, first: int, last: int) -> None:
        """Every day from ``first`` to ``last`` (ordinals, inclusive) must be known."""
        self._index(first)
        self._index(last)
        at = bisect_left(self._gaps, first)
        if at < len(self._gaps) and self._gaps[at] <= last:
            raise UnknownYear(date.fromordinal(self._gaps[at]))

    def knows(self, day: date) -> bool:
        """Whether the state of the day has been stated."""
        return day in self.days

    def is_working_day(self, day: date) -> bool:
        """Whether people work on the day; UnknownYear when nobody has said."""
        try:
            return self.days[day]
        except KeyError:
            raise UnknownYear(day) from None

    def spans(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Office hours of the day as moments; none on a day off."""
        if not self.is_working_day(day):
            return ()
        return tuple((_moment(day, start), _moment(day, end)) for start, end in self.hours.on(day))

    def is_working(self, moment: datetime) -> bool:
        """Whether the moment lies in office hours, both ends included (17:30 is still a good due time)."""
        here = moment.astimezone(BEIJING)
        return any(start <= here <= end for start, end in self.spans(here.date()))

    def closing(self, day: date) -> datetime:
        """End of office hours on a working day."""
        return self.spans(day)[-1][1]

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """Working time between two moments, exact; zero when ``end`` is not after ``start``."""
        if end <= start:
            return ZERO
        self._check(start.astimezone(BEIJING).toordinal(), end.astimezone(BEIJING).toordinal())
        return self._position(end) - self._position(start)

    def working_days_between(self, first: date, last: date) -> int:
        """Working days in ``first < day <= last``: the first day is not counted (Civil Code art. 201)."""
        if last <= first:
            return 0
        self._check(first.toordinal() + 1, last.toordinal())
        return self._counts[last.toordinal() - self._first + 1] - self._counts[first.toordinal() - self._first + 1]

    def _position(self, moment: datetime) -> timedelta:
        """Working time from the calendar's first midnight to the moment."""
        here = moment.astimezone(BEIJING)
        ordinal = here.toordinal()
        total = timedelta(minutes=self._spent[self._index(ordinal)])
        for start, end in self.spans(here.date()):
            if here <= start:
                break
            total += min(here, end) - start
        return total

    def add(self, start: datetime, amount: timedelta) -> datetime:
        """The first moment at which ``amount`` of working time has passed since ``start``; always in office hours."""
        here = start.astimezone(BEIJING)
        first = here.toordinal()
        self._index(first)
        if amount <= ZERO:
            return self._next_working(here)
        target = self._position(here) + amount
        # the first day whose end is at or past the target
        whole = int(-(-target // MINUTE))
        at = bisect_left(self._spent, whole) - 1
        if at >= len(self._counts) - 1:
            raise UnknownYear(date.fromordinal(self._first + len(self._counts) - 1))
        self._check(first, self._first + at)
        left = target - timedelta(minutes=self._spent[at])
        for begin, end in self.spans(date.fromordinal(self._first + at)):
            if left <= end - begin:
                return begin + left
            left -= end - begin
        raise AssertionError("the day's spans hold its working time")

    def _next_working(self, here: datetime) -> datetime:
        day = here.date()
        while True:
            for start, end in self.spans(day):
                if here <= end:
                    return max(here, start)
            day += DAY

    def nth_working_day(self, day: date, amount: int) -> date:
        """The ``amount``-th working day after ``day`` (which is not counted); 0: the day itself or the next worked one."""
        if amount == 0:
            return self.on_or_after(day)
        at = self._index(day.toordinal())
        found = bisect_left(self._counts, self._counts[at + 1] + amount)
        if found > len(self._counts) - 1:
            raise UnknownYear(date.fromordinal(self._first + len(self._counts) - 1))
        self._check(day.toordinal() + 1, self._first + found - 1)
        return date.fromordinal(self._first + found - 1)

    def on_or_after(self, day: date) -> date:
        """The day, or the next working day after it."""
        while not self.is_working_day(day):
            day += DAY
        return day

    def off_between(self, first: date, last: date) -> list[tuple[date, date, str]]:
        """Runs of days off in ``first <= day <= last`` with their name ("" for a plain weekend)."""
        runs: list[tuple[date, date, str]] = []
        day = first
        while day <= last:
            if not self.is_working_day(day):
                name = self.names.get(day, "")
                if runs and runs[-1][1] == day - DAY and runs[-1][2] == name:
                    runs[-1] = (runs[-1][0], day, name)
                else:
                    runs.append((day, day, name))
            day += DAY
        return runs


def _moment(day: date, minute: int) -> datetime:
    """Minute of a day as a moment; 1440 is the next midnight."""
    return datetime.combine(day, time(0), BEIJING) + timedelta(minutes=minute)


def working_minutes_between(start: datetime, end: datetime, calendar: Calendar) -> int:
    """Whole working minutes between two moments (0 when ``end`` is not after ``start``)."""
    return calendar.worked(start, end) // MINUTE


def add_working_minutes(start: datetime, minutes: int, calendar: Calendar) -> datetime:
    """The moment at which so many working minutes have passed; in office hours."""
    return calendar.add(start, timedelta(minutes=minutes))


# --- clock stops ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stop:
    """A time in which the clock stood still, with its reason; ``until`` None: it still stands."""

    since: datetime
    until: datetime | None
    reason: str = ""


StopLike = Stop | tuple[datetime, datetime | None, str]


def as_stops(stops: Iterable[StopLike]) -> tuple[Stop, ...]:
    """Stops from tuples or values, in order of beginning; DomainError when one ends before it begins."""
    made = sorted((s if isinstance(s, Stop) else Stop(*s) for s in stops), key=lambda s: s.since)
    for stop in made:
        if stop.until is not None and stop.until < stop.since:
            raise DomainError("worktime.bad_stop", "停表的结束时间早于开始时间。")
    return tuple(made)


def merge(stops: Iterable[Stop]) -> list[tuple[datetime, datetime]]:
    """Closed stops as disjoint intervals in order; open ones are left out (their length is not known yet)."""
    merged: list[tuple[datetime, datetime]] = []
    for stop in stops:
        if stop.until is None or stop.until == stop.since:
            continue
        if merged and stop.since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], stop.until))
        else:
            merged.append((stop.since, stop.until))
    return merged


# --- deadlines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """One sentence of "how was this computed": a Chinese template and its data (the shell translates the template)."""

    text: str
    data: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The sentence in the source language."""
        return self.text.format(**self.data)


@dataclass(frozen=True, slots=True)
class Deadline:
    """When something is due and why.

    ``due``: in Beijing time. While the clock stands still (``stopped`` holds the open stop), it is the due time as if
    the clock ran on from the stop's beginning: it moves when the stop ends.
    """

    due: datetime
    steps: tuple[Step, ...]
    stopped: Stop | None = None

    @property
    def explanation(self) -> list[str]:
        """The steps in the source language."""
        return [step.words for step in self.steps]

    def to_data(self) -> list[dict[str, object]]:
        """The steps as plain data for JSON."""
        return [{"text": step.text, "data": dict(step.data)} for step in self.steps]


_MEASURES: Mapping[str, str] = {
    "working_minutes": "期限 {amount} 个工作分钟",
    "working_hours": "期限 {amount} 个工作小时",
    "working_days": "期限 {amount} 个工作日",
    "minutes": "期限 {amount} 分钟",
    "hours": "期限 {amount} 小时",
    "days": "期限 {amount} 日",
}


def _stamp(moment: datetime) -> str:
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def _span_of(amount: int | float | Decimal, measure: str) -> timedelta:
    return timedelta(hours=float(amount)) if measure.endswith("hours") else timedelta(minutes=float(amount))


def _whole(amount: int | float | Decimal, measure: str) -> int:
    if amount != int(amount):
        raise DomainError("worktime.whole_days", "期限以日计时须为整数。", amount=str(amount), measure=measure)
    return int(amount)


def deadline(
    start: datetime,
    amount: int | float | Decimal,
    measure: Measure,
    *,
    calendar: Calendar,
    stops: Iterable[StopLike] = (),
) -> Deadline:
    """When ``amount`` of ``measure`` after ``start`` is over, with the steps of the computation.

    ``working_hours``/``working_minutes``: office hours are counted. ``working_days``: from the next working day on, due when
    office hours of the last one end. ``days``: calendar days from the next day on; a last day off moves to the next working
    day, due when its office hours end. ``hours``/``minutes``: by the clock, day and night. A stop that began before the due
    time moves it: by the working time it held (working measures) or by its length. :class:`UnknownYear` when a day that
    matters is unknown; DomainError for a negative amount or broken days.
    """
    if amount < 0:
        raise DomainError("worktime.negative", "期限不能为负数。")
    if measure not in _MEASURES:
        raise DomainError("worktime.measure", "期限单位“{measure}”不存在。", measure=measure)
    begin = start.astimezone(BEIJING)
    listed = as_stops(stops)
    shifts: list[tuple[datetime, datetime, timedelta]] = []
    due = _due(begin, amount, measure, calendar, ZERO)
    total = ZERO
    for since, until in merge(listed):
        if since >= due:
            break
        low = max(since, begin)
        if until <= low:
            continue
        moved = calendar.worked(low, until) if measure.startswith("working") else until - low
        total += moved
        shifts.append((low, until, moved))
        due = _due(begin, amount, measure, calendar, total)
    opened = next((stop for stop in listed if stop.until is None), None)
    steps = _explain(begin, amount, measure, due, calendar, shifts, listed, opened)
    return Deadline(due, steps, opened)


def _due(
    begin: datetime, amount: int | float | Decimal, measure: str, calendar: Calendar, shift: timedelta
) -> datetime:
    if measure == "working_days":
        due = calendar.closing(calendar.nth_working_day(begin.date(), _whole(amount, measure)))
        if due < begin:  # no days at all, and the office has closed for today
            due = calendar.closing(calendar.nth_working_day(begin.date(), 1))
        return calendar.add(due, shift) if shift else due
    if measure == "days":
        midnight = _moment(begin.date() + DAY * (_whole(amount, measure) + 1), 0) + shift
        last = (midnight - timedelta(microseconds=1)).date()
        due = calendar.closing(calendar.on_or_after(last))
        return due if due >= begin else calendar.closing(calendar.on_or_after(last + DAY))
    if measure in ("hours", "minutes"):
        return begin + _span_of(amount, measure) + shift
    return calendar.add(begin, _span_of(amount, measure) + shift)


def _explain(
    begin: datetime,
    amount: int | float | Decimal,
    measure: str,
    due: datetime,
    calendar: Calendar,
    shifts: Sequence[tuple[datetime, datetime, timedelta]],
    stops: Sequence[Stop],
    opened: Stop | None,
) -> tuple[Step, ...]:
    steps = [Step("自 {start} 起算", {"start": _stamp(begin)})]
    steps.append(Step(_MEASURES[measure], {"amount": str(amount)}))
    if measure in ("working_days", "days"):
        steps.append(Step("起算当日不计入，从次日数起（民法典第二百零一条）"))
    if measure.startswith("working"):
        steps += _days_off(begin.date(), due.date(), calendar)
    if measure == "days":
        planned = begin.date() + DAY * _whole(amount, measure)
        if not shifts and due.date() != planned:
            steps.append(
                Step(
                    "最后一日 {planned} 为休息日，顺延至 {day}（民法典第二百零三条）",
                    {"planned": planned.isoformat(), "day": due.date().isoformat()},
                )
            )
    reasons = {stop.since: stop.reason for stop in stops}
    for low, until, moved in shifts:
        data = {
            "since": _stamp(low),
            "until": _stamp(until),
            "reason": "、".join(r for s, r in reasons.items() if r and low <= s < until) or reasons.get(low, "") or "—",
            "moved": _length(moved),
        }
        steps.append(
            Step("{since} 至 {until} 停表（{reason}），顺延工作时间 {moved}", data)
            if measure.startswith("working")
            else Step("{since} 至 {until} 停表（{reason}），顺延 {moved}", data)
        )
    if opened is not None:
        steps.append(
            Step(
                "{since} 起停表（{reason}），恢复后再顺延",
                {"since": _stamp(opened.since), "reason": opened.reason or "—"},
            )
        )
    steps.append(Step("截止 {due}", {"due": _stamp(due)}))
    return tuple(steps)


def _days_off(first: date, last: date, calendar: Calendar) -> list[Step]:
    steps: list[Step] = []
    weekend = 0
    for low, high, name in calendar.off_between(first, last):
        if not name:
            weekend += (high - low).days + 1
        elif low == high:
            steps.append(Step("{low} {name}不计入", {"low": low.isoformat(), "name": name}))
        else:
            steps.append(
                Step("{low} 至 {high} {name}不计入", {"low": low.isoformat(), "high": high.isoformat(), "name": name})
            )
    if weekend:
        steps.append(Step("其间双休日 {n} 天不计入", {"n": weekend}))
    day = first
    while day <= last:
        if day.weekday() >= 5 and calendar.is_working_day(day):
            steps.append(Step("{day} 调休上班，计入", {"day": day.isoformat()}))
        day += DAY
    return steps


def _length(length: timedelta) -> str:
    """Hours and minutes as ``7:30``."""
    minutes = length // MINUTE
    return f"{minutes // 60}:{minutes % 60:02d}"


# --- lights -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Warn:
    """When a light turns yellow: the last ``share`` of the time (0.25 = the last quarter) or the last ``minutes``,
    whichever comes first; both in working time."""

    share: float = 0.25
    minutes: int = 0


def yellow_from(started: datetime, due: datetime, warning: Warn, calendar: Calendar | None = None) -> datetime:
    """The moment at which the light turns yellow: lists may store it and filter on it. Never before ``started``.

    Working time when a calendar is given, else by the clock.
    """
    total = calendar.worked(started, due) if calendar else max(due - started, ZERO)
    left = max(total * warning.share, timedelta(minutes=warning.minutes))
    if left >= total:
        return started
    return calendar.add(started, total - left) if calendar else started + (total - left)


def light(
    now: datetime,
    due: datetime | None,
    started: datetime,
    *,
    warning: Warn = Warn(),
    stopped: bool = False,
    calendar: Calendar | None = None,
) -> LightName:
    """The light of something that is due: stopped, red after ``due``, yellow from :func:`yellow_from`, else green;
    grey without a due time."""
    if due is None:
        return "grey"
    if stopped:
        return "stopped"
    if now > due:
        return "red"
    return "yellow" if now >= yellow_from(started, due, warning, calendar) else "green"


def left(now: datetime, due: datetime, calendar: Calendar) -> Step:
    """Words for the time left or passed, in working days of office hours: 剩 1.5 个工作日, 超 3 个工作小时."""
    late = now > due
    low, high = (due, now) if late else (now, due)
    spent = calendar.worked(low, high)
    day = timedelta(minutes=sum(b - a for a, b in calendar.hours.spans))
    if spent >= day:
        amount = f"{spent / day:.1f}".removesuffix(".0")
        return Step("超 {n} 个工作日" if late else "剩 {n} 个工作日", {"n": amount})
    amount = f"{spent / timedelta(hours=1):.1f}".removesuffix(".0")
    return Step("超 {n} 个工作小时" if late else "剩 {n} 个工作小时", {"n": amount})


# --- quiet hours --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quiet:
    """Quiet hours in minutes of the day, ``start`` included, ``end`` not; they may pass midnight (1200 → 480).
    ``rest_days``: days off are quiet altogether (needs a calendar)."""

    start: int
    end: int
    rest_days: bool = False


def parse_quiet(text: str, *, rest_days: bool = False) -> Quiet:
    """``20:00-08:00`` → :class:`Quiet`; "" → no quiet hours; DomainError for anything else."""
    if not text.strip():
        return Quiet(0, 0, rest_days)
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise DomainError("worktime.bad_quiet", "静默时段“{text}”写法不对，应如“20:00-08:00”。", text=text)
    a, b, c, d = (int(part) for part in match.groups())
    return Quiet(a * 60 + b, c * 60 + d, rest_days)


def is_quiet(now: datetime, quiet: Quiet, calendar: Calendar | None = None) -> bool:
    """Whether nobody is to be reminded at this moment. A day that the calendar does not know counts as a plain day:
    a reminder may be a day off, a deadline may not."""
    here = now.astimezone(BEIJING)
    minute = here.hour * 60 + here.minute
    asleep = (
        quiet.start <= minute < quiet.end if quiet.start <= quiet.end else minute >= quiet.start or minute < quiet.end
    )
    if asleep or not quiet.rest_days or calendar is None:
        return asleep
    return not calendar.days.get(here.date(), here.weekday() < 5)


def next_loud(now: datetime, quiet: Quiet, calendar: Calendar | None = None) -> datetime:
    """``now`` if it is not quiet, else the first moment that is not."""
    moment = now.astimezone(BEIJING)
    for _ in range(800):
        if not is_quiet(moment, quiet, calendar):
            return moment
        day = moment.date()
        candidates = [_moment(day, quiet.end), _moment(day + DAY, 0), _moment(day + DAY, quiet.end)]
        moment = min(c for c in candidates if c > moment)
    raise DomainError("worktime.never_loud", "静默时段覆盖全天，提醒无法送出。")


def is_loud_time(now: datetime, times: Sequence[str], window: timedelta = timedelta(hours=1)) -> bool:
    """Whether ``now`` lies within ``window`` after one of the day's sending times (``["09:00", "16:00"]``)."""
    here = now.astimezone(BEIJING)
    for text in times:
        hour, _, minute = text.partition(":")
        at = _moment(here.date(), int(hour) * 60 + int(minute or 0))
        if at <= here < at + window:
            return True
    return False


__all__ = [
    "BEIJING",
    "STANDARD_HOURS",
    "Calendar",
    "Deadline",
    "Hours",
    "LightName",
    "Measure",
    "Quiet",
    "Step",
    "Stop",
    "StopLike",
    "UnknownYear",
    "Warn",
    "add_working_minutes",
    "as_stops",
    "deadline",
    "is_loud_time",
    "is_quiet",
    "left",
    "light",
    "merge",
    "next_loud",
    "parse_hours",
    "parse_quiet",
    "working_minutes_between",
    "yellow_from",
]  # fmt: skip
