"""The record that every run of every planner returns: levels with bound and gap, lines, locks, digests, seed, versions."""

from __future__ import annotations

import importlib.metadata
import json
import typing
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any, Generic, Literal, Protocol, TypeVar

from yanzhen.planning.kernel.digests import digest, plain, row_text
from yanzhen.planning.kernel.findings import Finding
from yanzhen.planning.kernel.text import Lang, Text

Sense = Literal["max", "min"]
Status = Literal["optimal", "feasible", "infeasible", "stopped"]
STATUS_WORDS: Mapping[Status, Text] = {
    "optimal": Text("已证明最优", "proven optimal"),
    "feasible": Text("可行，附差距", "feasible, with its gap"),
    "infeasible": Text("规则相互矛盾，排不出", "the rules contradict each other"),
    "stopped": Text("到时停止，附差距", "stopped at the limit, with its gap"),
}


@dataclass(frozen=True, slots=True)
class Level:
    """One goal of the list, in its order: what was reached and the proof of how good it is.

    ``bound``: no plan that is equally good on the levels before can be better than this (None = not known: the level was not
    proven at all). ``unit``: what is counted (村, 分钟).
    """

    key: str
    name: Text
    sense: Sense
    value: float
    bound: float | None
    unit: Text = Text("", "")  # noqa: RUF009 - frozen

    @property
    def gap(self) -> float | None:
        """|bound - value| / max(1, |value|); 0 = proven optimal, None = no bound."""
        if self.bound is None:
            return None
        distance = self.bound - self.value if self.sense == "max" else self.value - self.bound
        return max(0.0, distance) / max(1.0, abs(self.value))

    @property
    def status(self) -> Status:
        """``optimal`` when the bound is reached, otherwise ``feasible``. Never called optimal without a bound."""
        gap = self.gap
        return "optimal" if gap is not None and gap <= 1e-9 else "feasible"


def order_key(levels: Sequence[Level]) -> tuple[float, ...]:
    """For comparing plans: smaller is better, first level first."""
    return tuple(-level.value if level.sense == "max" else level.value for level in levels)


def overall(levels: Sequence[Level], *, stopped: bool = False) -> Status:
    """The status word of the whole: optimal only when every level is."""
    if all(level.status == "optimal" for level in levels):
        return "optimal"
    return "stopped" if stopped else "feasible"


@dataclass(frozen=True, slots=True)
class Lock:
    """What people settled by hand. ``fix``: this subject goes to this object; ``forbid``: never; ``freeze``: keep everything of
    ``subject`` (a county, a village) as the earlier plan has it. A solver never moves a lock; when locks contradict a rule, the
    problem is refused with both named."""

    kind: Literal["fix", "forbid", "freeze"]
    subject: str
    object: str = ""
    reason: str = ""
    by: str = ""


class PlanLine(Protocol):
    """One line of a plan, a frozen dataclass of the planner. ``key``: stable over runs (need and slot, post, household):
    lines of two plans with one key are the same question. ``choice``: the answer that a diff compares."""

    @property
    def key(self) -> str:
        """Which question."""
        ...

    @property
    def choice(self) -> str:
        """Which answer; "" = open."""
        ...


L = TypeVar("L", bound=PlanLine)


@dataclass(frozen=True, slots=True)
class Plan(Generic[L]):
    """The decision record (issue of the planners, record of the kernel).

    ``input_digest``: of the whole problem without its row order; ``parameters``: rules and order of levels as used, plain JSON
    values, with ``signed_by`` when somebody signed them; ``levels``: the lexicographic vector; ``lines``: sorted by key;
    ``unmet``: keys of what nobody could be found for; ``notes``: findings to show beside the plan; ``seconds`` and
    ``memory_mb``: measured by the limits' timer, not part of the digest; ``previous``: digest of the plan it was made from.
    ``extra``: more of the planner's, plain JSON values.
    """

    planner: str
    input_digest: str
    status: Status
    levels: tuple[Level, ...]
    lines: tuple[L, ...]
    seed: int
    parameters: Mapping[str, Any] = field(default_factory=dict)
    signed_by: str = ""
    locks: tuple[Lock, ...] = ()
    unmet: tuple[str, ...] = ()
    notes: tuple[Finding, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    previous: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    memory_mb: float = 0.0

    @property
    def digest(self) -> str:
        """What was decided, from what, by which rules: without duration and memory, so that equal runs have equal digests."""
        return digest(replace(self, seconds=0.0, memory_mb=0.0))

    def line(self, key: str) -> L:
        """One line; KeyError when there is none."""
        for line in self.lines:
            if line.key == key:
                return line
        raise KeyError(key)

    def dumps(self) -> str:
        """The whole record as JSON (for the file that ``--previous`` reads)."""
        return json.dumps({**plain(self), "digest": self.digest}, ensure_ascii=False, indent=1, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Change:
    """One line of a diff: before and after ("" = was not there, is not there)."""

    key: str
    before: str
    after: str
    text: Text

    @property
    def kind(self) -> Literal["added", "removed", "changed"]:
        """Added: had no answer; removed: has none any more."""
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


@dataclass(frozen=True, slots=True)
class Diff:
    """What changed from an earlier plan: lines, levels, and how many stayed."""

    changes: tuple[Change, ...]
    kept: int
    levels: tuple[tuple[Level | None, Level | None], ...]

    @property
    def empty(self) -> bool:
        """Nothing changed."""
        return not self.changes


def diff_lines(
    new: Plan[L],
    old: Plan[L],
    *,
    name: typing.Callable[[str], Text] | None = None,
    what: typing.Callable[[str], Text] | None = None,
) -> Diff:
    """The diff by keys and choices. ``name``: words of a choice, ``what``: words of a key."""
    choice_words = name or (lambda choice: Text(choice, choice))
    key_words = what or (lambda key: Text(key, key))
    before = {line.key: line.choice for line in old.lines}
    after = {line.key: line.choice for line in new.lines}
    changes = []
    for key in sorted({*before, *after}):
        was, now = before.get(key, ""), after.get(key, "")
        if was == now:
            continue
        none = Text("无", "nobody")
        text = Text("{key}：{was} → {now}", "{key}: {was} → {now}").fill(
            key=key_words(key), was=choice_words(was) if was else none, now=choice_words(now) if now else none
        )
        changes.append(Change(key, was, now, text))
    kept = sum(1 for key, choice in after.items() if choice and before.get(key) == choice)
    old_levels = {level.key: level for level in old.levels}
    pairs: list[tuple[Level | None, Level | None]] = [(old_levels.pop(level.key, None), level) for level in new.levels]
    pairs += [(level, None) for level in old_levels.values()]
    return Diff(tuple(changes), kept, tuple(pairs))


@dataclass(frozen=True, slots=True)
class Alternative:
    """What would have been next best, and what it would cost elsewhere: ``price`` by level key, positive = better for people,
    negative = worse; ``allowed`` False: a rule forbids it and ``text`` says which."""

    choice: str
    text: Text
    allowed: bool = True
    price: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why this line: the reasons, then the alternatives, best first."""

    key: str
    reasons: tuple[Text, ...]
    alternatives: tuple[Alternative, ...] = ()

    def say(self, lang: Lang) -> str:
        """All of it as lines of text."""
        return "\n".join(
            [*(text.say(lang) for text in self.reasons), *(item.text.say(lang) for item in self.alternatives)]
        )


@dataclass(frozen=True, slots=True)
class GiveUp:
    """One rule to give up or loosen, and by how much, so that a plan exists."""

    rule: str
    text: Text
    amount: float = 1.0


@dataclass(frozen=True, slots=True)
class Relaxation:
    """The smallest set of rules to give up. Empty: nothing has to be given up. ``proven``: smallest indeed."""

    give_up: tuple[GiveUp, ...]
    proven: bool = True

    @property
    def fits(self) -> bool:
        """A plan exists as things are."""
        return not self.give_up


def versions(*packages: str) -> dict[str, str]:
    """Installed versions of solvers, for the record."""
    return {name: importlib.metadata.version(name) for name in packages}


def load_plan(text: str, line_type: type[L]) -> Plan[L]:
    """Read back :meth:`Plan.dumps`. ValueError when the text was changed after it was written (its digest differs)."""
    data = json.loads(text)
    stated = data.pop("digest", "")
    plan: Plan[L] = _build(Plan, {**data, "lines": []})
    plan = replace(plan, lines=tuple(_build(line_type, line) for line in data["lines"]))
    if stated and plan.digest != stated:
        raise ValueError("the plan's digest differs: it was changed after it was written")
    return plan


def _build(kind: Any, data: Mapping[str, Any]) -> Any:
    hints = typing.get_type_hints(kind)
    return kind(**{item.name: _value(hints[item.name], data[item.name]) for item in fields(kind) if item.name in data})


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if is_dataclass(hint) and isinstance(value, Mapping):
        return _build(hint, value)
    if origin is tuple:
        inner = typing.get_args(hint)
        if len(inner) == 2 and inner[1] is Ellipsis:
            return tuple(_value(inner[0], item) for item in value)
        return tuple(_value(kind, item) for kind, item in zip(inner, value, strict=True))
    if origin is frozenset:
        return frozenset(value)
    if isinstance(value, Mapping) and set(value) == {"float"}:
        return float(value["float"])
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def digest_rows(parts: Mapping[str, Iterable[Any]], **settings: Any) -> str:
    """The digest of an input: rows of each table sorted by their canonical text, so that their order does not matter."""
    tables = {name: sorted(row_text(row) for row in rows) for name, rows in parts.items()}
    return digest({"tables": tables, "settings": settings})
