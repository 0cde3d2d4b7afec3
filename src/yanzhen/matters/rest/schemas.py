"""What goes in and out of the API. Bodies refuse fields that they do not know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from yanzhen.matters.domain.loop import (
    CHANNEL_WORDS,
    DIVERSION_WORDS,
    EXCLUSION_WORDS,
    STATE_WORDS,
    STOP_WORDS,
    URGENCY_WORDS,
)
from yanzhen.matters.domain.programs import events

BIGGEST = 2**63 - 1


def clean(text: str) -> str:
    """No NUL character: no database takes one."""
    if "\x00" in text:
        raise ValueError("NUL character")
    return text


def _sensible(day: date) -> date:
    if not date(2000, 1, 1) <= day <= date(2099, 12, 31):
        raise ValueError("day out of range 2000-01-01 … 2099-12-31")
    return day


def _names(words: Iterable[object]) -> list[Any]:
    return [str(each) for each in words]


def _among(words: Iterable[object]) -> Callable[[str], str]:
    known = frozenset(_names(words))

    def check(text: str) -> str:
        if text not in known:
            raise ValueError("not one of " + ", ".join(sorted(known)))
        return text

    return check


Id = Annotated[int, Field(ge=1, le=BIGGEST)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1, description="Version that the caller has seen: 409 when it is not the present one.")]
Line = Annotated[str, Field(max_length=200), AfterValidator(clean)]
Words = Annotated[str, Field(max_length=5000), AfterValidator(clean)]
Said = Annotated[str, Field(min_length=1, max_length=5000), AfterValidator(clean)]
Reason = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(clean)]
Code = Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,40}$")]
Day = Annotated[date, AfterValidator(_sensible)]
FollowUp = Annotated[str, Field(min_length=4, max_length=20, description="The person's follow-up code."), AfterValidator(clean)]
Phone = Annotated[str, Field(pattern=r"^$|^\+?[0-9-]{5,20}$")]
State = Annotated[str, Field(json_schema_extra={"enum": _names(STATE_WORDS)}), AfterValidator(_among(STATE_WORDS))]
Urgency = Annotated[str, Field(json_schema_extra={"enum": _names(URGENCY_WORDS)}), AfterValidator(_among(URGENCY_WORDS))]
ChannelName = Annotated[str, Field(json_schema_extra={"enum": _names(CHANNEL_WORDS)}), AfterValidator(_among(CHANNEL_WORDS))]
Diversion = Annotated[str, Field(json_schema_extra={"enum": _names(DIVERSION_WORDS)}), AfterValidator(_among(DIVERSION_WORDS))]
Exclusion = Annotated[str, Field(json_schema_extra={"enum": _names(EXCLUSION_WORDS)}), AfterValidator(_among(EXCLUSION_WORDS))]
StopReason = Annotated[str, Field(json_schema_extra={"enum": _names(STOP_WORDS)}), AfterValidator(_among(STOP_WORDS))]
Event = Annotated[str, Field(json_schema_extra={"enum": _names(events())}), AfterValidator(_among(events()))]
Grade = Literal["good", "basic", "bad", "none"]
Tab = Literal["all", "todo", "desk", "lead", "open", "unlocated", "overdue", "pressed", "answered", "closed", "secret"]
Light = Literal["green", "yellow", "red", "stopped", "none"]


class Body(Schema):
    """A body that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid")


# --- refusals ---------------------------------------------------------------------------------------------------------------


class Wrong(Schema):
    """One wrong field."""

    field: str
    message: str


class Problem(Schema):
    """Why it was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    field: str = ""
    errors: list[Wrong] = []


# --- matters ----------------------------------------------------------------------------------------------------------------


class UnitBrief(Schema):
    """A unit by id, official code and name."""

    id: int
    code: str
    name: str


class MatterRow(Schema):
    """One line of the list."""

    id: int
    number: str
    title: str
    place_name: str
    category_name: str
    state: str
    state_words: str
    light: str
    light_words: str
    due_at: datetime | None
    received_at: datetime
    holder_name: str
    lead_name: str
    press_level: int
    voices: int
    secret: bool
    urgency: str
    channel: str
    located: bool
    version: int


class Count(Schema):
    """A bounded count: ``at_least`` means that there are more."""

    value: int
    at_least: bool


class MatterPage(Schema):
    """A page, newest first. ``next``/``previous``: cursors, "" where the list ends."""

    items: list[MatterRow]
    next: str
    previous: str
    count: Count


class Filter(Schema):
    """What the list is narrowed to."""

    tab: Tab = "all"
    state: State | None = None
    category: Code | None = Field(None, description="Category code; everything below it is included.")
    place: Id | None = Field(None, description="Unit: matters there and below.")
    urgency: Urgency | None = None
    channel: ChannelName | None = None
    light: Light | None = None
    lead: Id | None = None
    overdue: bool = False
    pressed: bool = False
    located: bool | None = None
    received_from: Day | None = None
    received_to: Day | None = None
    words: Annotated[str, Field(max_length=60), AfterValidator(clean)] = Field(
        "", description="Number, phone or words of two characters and more."
    )
    cursor: Annotated[str, Field(max_length=200), AfterValidator(clean)] = ""
    limit: Annotated[int, Field(ge=1, le=100)] = 25


class ReportIn(Body):
    """A new request. The place by ``place_id`` or ``place_code``; without one it waits to be located."""

    text: Annotated[str, Field(min_length=1, max_length=20_000), AfterValidator(clean)]
    title: Annotated[str, Field(max_length=120), AfterValidator(clean)] = ""
    place_id: Id | None = None
    place_code: Code | None = None
    place_words: Annotated[str, Field(max_length=160), AfterValidator(clean)] = ""
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    category: Code | None = None
    urgency: Urgency = "normal"
    channel: Literal["api", "warning"] = "api"
    name: Annotated[str, Field(max_length=60), AfterValidator(clean)] = ""
    phone: Phone = ""
    secret: bool = False
    call_back_wanted: bool = True
    received_at: AwareDatetime | None = Field(None, description="When it was said, at most a year ago.")
    source: Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{0,16}$")] = Field("", description="Name of the other system.")
    source_ref: Annotated[str, Field(max_length=60), AfterValidator(clean)] = Field(
        "", description="Its own number there: sent twice it is one matter."
    )


class Reported(Schema):
    """The new matter (or the one that is already there). ``code``: for the person to follow it, shown here only."""

    id: int
    number: str
    code: str
    state: str
    received_at: datetime
    due_at: datetime | None
    version: int


class ActName(Schema):
    """An act that this token may do now."""

    code: str
    words: str
    needs: list[str]


class FileOut(Schema):
    """An attachment."""

    id: int
    name: str
    mime: str
    size: int
    act: str
    at: datetime


class MatterOut(Schema):
    """A matter in full; who reported it stays behind masks."""

    id: int
    number: str
    title: str
    text: str
    category: str | None
    category_name: str
    state: str
    state_words: str
    urgency: str
    channel: str
    secret: bool
    place: UnitBrief
    place_words: str
    located: bool
    longitude: float | None
    latitude: float | None
    desk: UnitBrief
    holder: UnitBrief
    lead: UnitBrief | None
    contact_name: str
    contact_phone: str
    received_at: datetime
    due_at: datetime | None
    step_due_at: datetime | None
    due_basis: str
    responded_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    stopped: bool
    overdue: bool
    press_level: int
    outcome: str
    solved: bool | None
    grade: str
    voices: int
    redos: int
    merged_into: int | None
    version: int
    acts: list[ActName]
    files: list[FileOut]


class Step(Schema):
    """One line of history."""

    at: datetime
    act: str
    act_words: str
    state: str
    unit_name: str
    actor_name: str
    actor_post: str
    words: str
    public: bool


class Timeline(Schema):
    """The history, oldest first."""

    items: list[Step]


class Done(Schema):
    """The matter after an act. ``acts``: what this token may do next; ``code``: follow-up code of a new voice."""

    id: int
    number: str
    act: str
    state: str
    state_words: str
    version: int
    due_at: datetime | None
    press_level: int
    acts: list[str]
    code: str = ""


# --- bodies of the acts -----------------------------------------------------------------------------------------------------


class Plain(Body):
    """Nothing but the version."""

    version: Version | None = None


class WithWords(Plain):
    """Words are welcome."""

    words: Words = ""


class MustSay(Plain):
    """Words are needed."""

    words: Said


class MustReason(Plain):
    """A reason is needed."""

    reason: Reason


class Assign(WithWords):
    """Whom it is handed to. ``admission``: id of the admission that covers grid work."""

    lead: Id
    assists: Annotated[list[Id], Field(max_length=20)] = []
    admission: Id | None = None


class Divert(MustSay):
    """Which of the six diversions; ``words`` for the person."""

    diversion: Diversion


class Decline(MustSay):
    """``reason`` for the file, ``words`` for the person."""

    reason: Reason


class Merge(Plain):
    """The matter that this one joins."""

    into: Id
    reason: Line = ""


class Locate(Plain):
    """Where it is."""

    place: Id


class Classify(Plain):
    """Category code, and urgency if it changes."""

    category: Code
    urgency: Urgency | None = None


class Settle(MustReason):
    """``lead``: another leading unit when the dispute is upheld (none: the first receiver keeps it)."""

    upheld: bool
    lead: Id | None = None


class Reassign(MustReason):
    """Another leading unit."""

    lead: Id
    admission: Id | None = None


class AddAssist(WithWords):
    """One more assisting unit."""

    assist: Id


class StopClock(WithWords):
    """Why time does not count."""

    reason: StopReason


class AskExtension(MustReason):
    """How many working days more."""

    amount_days: Annotated[int, Field(ge=1, le=400)]


class AskUnsolvable(MustReason):
    """Why it cannot be solved and what is planned instead."""

    plan: Said


class Decide(WithWords):
    """``request``: its id (none: the oldest one that waits)."""

    granted: bool
    request: Id | None = None


class Press(MustSay):
    """Level of pressing."""

    level: Annotated[int, Field(ge=1, le=9)]


class CallBack(WithWords):
    """What the person said on the telephone."""

    contacted: bool
    solved: bool | None = None
    grade: Grade = "none"


class Exclude(MustReason):
    """Why it should leave the rates; somebody else decides."""

    exclusion: Exclusion


class AddVoice(Plain):
    """Somebody else who asks for the same."""

    text: Words = ""
    name: Annotated[str, Field(max_length=60), AfterValidator(clean)] = ""
    phone: Phone = ""


class Rate(WithWords):
    """The person's own word, with the follow-up code."""

    code: FollowUp
    solved: bool | None = None
    grade: Grade


class PersonReason(Plain):
    """The person's reason, with the follow-up code."""

    code: FollowUp
    reason: Reason


class PersonWithdraw(Plain):
    """The follow-up code, and a reason if there is one."""

    code: FollowUp
    reason: Line = ""


class PersonNote(MustSay):
    """What the person adds, with the follow-up code."""

    code: FollowUp


# --- units, categories, figures, lists ---------------------------------------------------------------------------------------


class UnitOut(UnitBrief):
    """A unit. ``above``: from the root down."""

    kind: str
    level: str
    above: list[UnitBrief]


class UnitNode(UnitBrief):
    """One line of the tree. ``children``: number of units directly below."""

    kind: str
    level: str
    children: int


class UnitBranch(Schema):
    """One expand; ``after``: where to go on, "" when that was all."""

    items: list[UnitNode]
    after: str


class UnitList(Schema):
    """Units found."""

    items: list[UnitBrief]


class CategoryOut(Schema):
    """A class of the official table."""

    code: str
    name: str
    full_name: str
    level: int
    parent: str | None
    public: bool


class CategoryList(Schema):
    """Categories, at most 1,000."""

    items: list[CategoryOut]


class IndicatorOut(Schema):
    """What is counted. ``numerator`` and ``denominator`` in words."""

    code: str
    name: str
    kind: str
    measure: str
    direction: str
    basis: str
    numerator: str
    denominator: str
    stock: bool


class IndicatorList(Schema):
    """Indicators."""

    items: list[IndicatorOut]


class FigureOut(Schema):
    """One figure with what stands behind it. ``low``/``high``: Wilson interval of a rate."""

    indicator: str
    period: str
    numerator: float
    denominator: int
    excluded: int
    value: float | None
    low: float | None
    high: float | None
    light: str
    rankable: bool
    computed_at: datetime | None


class FigureList(Schema):
    """Figures of a unit and period."""

    unit: UnitBrief
    items: list[FigureOut]


class AdmissionOut(Schema):
    """An item of the list of grid work."""

    id: int
    code: str
    item: str
    state: str
    level: str
    department: UnitBrief
    scope_unit: UnitBrief
    category: str | None
    basis: str
    urgent: bool
    valid_from: date | None
    valid_to: date | None


class AdmissionList(Schema):
    """Items, at most 200."""

    items: list[AdmissionOut]


class DutyOut(Schema):
    """A line of a duty list."""

    id: int
    list: str
    unit: UnitBrief
    item: str
    department: UnitBrief | None
    basis: str
    valid_from: date
    valid_to: date | None


class DutyList(Schema):
    """Lines, at most 200."""

    items: list[DutyOut]


# --- programs ---------------------------------------------------------------------------------------------------------------


class Me(Schema):
    """What this token is."""

    token: str
    post: str
    unit: UnitBrief
    capabilities: list[str]
    valid_to: date


class Health(Schema):
    """The API answers."""

    status: Literal["ok"]
    version: str


class WebhookIn(Body):
    """Where to tell what. ``unit_id``: of whose matters (default: the token's own unit)."""

    url: Annotated[str, Field(min_length=8, max_length=300), AfterValidator(clean)]
    events: Annotated[list[Event], Field(min_length=1, max_length=40)]
    unit_id: Id | None = None


class WebhookPatch(Body):
    """What changes."""

    url: Annotated[str, Field(min_length=8, max_length=300), AfterValidator(clean)] | None = None
    events: Annotated[list[Event], Field(min_length=1, max_length=40)] | None = None
    active: bool | None = None


class WebhookOut(Schema):
    """A webhook."""

    id: int
    url: str
    events: list[str]
    unit_id: int
    active: bool
    created_at: datetime


class WebhookMade(WebhookOut):
    """With the signing secret: shown here only."""

    secret: str


class WebhookList(Schema):
    """Webhooks."""

    items: list[WebhookOut]


class CallOut(Schema):
    """One delivery. ``status``: waiting, done, failed."""

    id: int
    event: str
    status: str
    tries: int
    answer: str
    created_at: datetime
    next_at: datetime | None


class CallList(Schema):
    """Deliveries, newest first."""

    items: list[CallOut]


class UploadIn(Schema):
    """What was done, for the line of work that the file belongs to."""

    words: Said


class Uploaded(Schema):
    """The matter after a file was added as a line of work."""

    done: Done
    files: list[FileOut]


