"""What the components of the UI kit take: frozen values, made by views and selectors, drawn by the tags in ``ui``.

Texts may be lazy translations; they are escaped by the templates, so plain text goes in and no markup. Addresses are
ready strings. A component without its optional parts draws without them; nothing here asks a database or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Link:
    """A place to go. ``hidden``: more words for screen readers only ("更改" + "联系电话")."""

    label: Text
    url: str
    hidden: Text = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One drawn entry of the navigation."""

    url: str
    label: Text
    icon: str = "list-check"
    active: bool = False
    count: int | None = None
    phone: bool = False


class Light(StrEnum):
    """The lights of a deadline; STOPPED = the clock stands still for a stated reason."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"
    STOPPED = "stopped"


# Shape and word stand beside the colour: nobody has to tell red from green.
LIGHTS: Mapping[str, tuple[str, Text]] = {
    Light.GREEN: ("●", _("正常")),
    Light.YELLOW: ("▲", _("临期")),
    Light.RED: ("■", _("超期")),
    Light.GREY: ("○", _("未计时")),
    Light.STOPPED: ("‖", _("停表")),
}


@dataclass(frozen=True, slots=True)
class Lamp:
    """A light with its words: ``Lamp("yellow", "剩 1.5 个工作日")`` draws "▲ 临期 剩 1.5 个工作日".

    ``lead``: another first word where the light is not about time (a rate: 达标, 关注, 落后).
    """

    light: str
    words: Text = ""
    lead: Text = ""


class Tone(StrEnum):
    """The tones of badges and notices. Red only for what is wrong."""

    NEUTRAL = "neutral"
    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    DANGER = "danger"


@dataclass(frozen=True, slots=True)
class Badge:
    """A short label, used sparingly."""

    text: Text
    tone: str = Tone.NEUTRAL


class TaskStatus(StrEnum):
    """The fewest statuses that do; DONE has no colour, so that open work stands out."""

    TODO = "todo"
    DOING = "doing"
    DONE = "done"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class TaskItem:
    """One line of a task list; a BLOCKED one is grey and has no link (say in ``hint`` what it waits for)."""

    label: Text
    url: str = ""
    status: str = TaskStatus.TODO
    hint: Text = ""


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer on the check-answers page; an empty value is shown as 未填写.

    ``lamp`` stands before the value; ``mask_url``: the value is masked, and looking behind it is asked for there.
    """

    label: Text
    value: Text | int | None = ""
    change_url: str = ""
    hidden: Text = ""
    lamp: Lamp | None = None
    url: str = ""
    mask_url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list. ``kind``: text, num or date. ``sort_url``: where a click on the head goes; ``sorted``: "",
    "ascending" or "descending"."""

    label: Text
    kind: str = "text"
    sort_url: str = ""
    sorted: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: text, with a lamp or badge before it, a link, a second line."""

    text: Text | int = ""
    lamp: Lamp | None = None
    badge: Badge | None = None
    url: str = ""
    note: Text = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list: its name (column 1, the link) and the other cells. ``key`` is the value of its tick box."""

    name: Text
    url: str
    cells: Sequence[Cell] = ()
    key: str = ""
    note: Text = ""
    badge: Badge | None = None


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty place says: what is empty, why that may be, and the one thing to do."""

    title: Text
    text: Text = ""
    action: Link | None = None


@dataclass(frozen=True, slots=True)
class CaseTable:
    """A list of cases with keyset paging.

    ``columns``: the first is the name. ``count``: number of hits, at most ``cap`` (then shown as "1000+"), None =
    unknown. ``select``: name of the tick boxes ("" = none), which belong to the form with id ``form``.
    """

    caption: Text
    columns: Sequence[Column]
    rows: Sequence[Row] = ()
    count: int | None = None
    cap: int = 1000
    next_url: str = ""
    prev_url: str = ""
    select: str = ""
    form: str = ""
    empty: Empty | None = None
    id: str = "list"


@dataclass(frozen=True, slots=True)
class Chip:
    """One chosen filter and the address without it."""

    label: Text
    value: Text
    remove_url: str


@dataclass(frozen=True, slots=True)
class Filters:
    """The filter bar: a GET form applied on purpose, the chosen filters as chips, saved views."""

    form: Any
    chips: Sequence[Chip] = ()
    clear_url: str = ""
    saved: Sequence[Link] = ()
    save_url: str = ""
    action: str = ""
    hidden: Mapping[str, str] | None = None
    open: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a timeline. ``when``: aware datetime, date, or words. ``light`` marks its dot (:class:`Light`)."""

    title: Text
    when: datetime | date | str = ""
    who: Text = ""
    text: Text = ""
    light: str = ""
    note: Text = ""
    links: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Tab:
    """A tab is a link with a count (None = no count)."""

    label: Text
    url: str
    count: int | None = None
    active: bool = False
    cap: int = 1000


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers of a chart, as long as the chart's categories; ``urls``: the records behind each number."""

    name: Text
    values: Sequence[float | int | None]
    urls: Sequence[str] = ()
    kind: str = "bar"
    color: str = ""


@dataclass(frozen=True, slots=True)
class ChartSpec:
    """A chart with its sentence and its table.

    ``conclusion``: what the figures say in one sentence. ``as_of``: data time; ``coverage``: "18/20 个乡镇已报".
    ``unit``: unit of measure. ``option``: further ECharts options (merged last).
    """

    id: str
    title: Text
    conclusion: Text
    categories: Sequence[Text]
    series: Sequence[Series]
    unit: Text = ""
    axis: Text = ""
    as_of: Text = ""
    coverage: Text = ""
    horizontal: bool = False
    stacked: bool = False
    option: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Confirm:
    """The interruption card before a step that cannot be taken back: what happens, to whom, and the way out."""

    title: Text
    text: Text
    action: str
    submit: Text
    cancel_url: str
    points: Sequence[Text] = ()
    danger: bool = False
    hidden: Mapping[str, str] | None = None
    form: Any = None


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that opens the records behind it. ``total``/``note`` say of what and as of when."""

    label: Text
    value: Text | int | float
    url: str = ""
    note: Text = ""
    light: str = ""
    unit: Text = ""
