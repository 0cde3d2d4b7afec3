"""What a procedure is: a versioned list of steps as frozen data (plain Python).

A definition is written as TOML (``loader.load``) or drawn in a BPMN editor, and never changes once it is active: a running
case keeps the version it began with. Every number is a rule key, every choice a guard in CEL (``guards.py``); nothing in a
definition is program code.

The way through: a step ends with one *outcome* of its kind (``OUTCOMES``). ``Step.ways[outcome]`` lists branches; the first
one whose guard holds is taken, and all its targets open together (parallel). A step with ``join`` opens once all the steps
named there have ended well or on a way that leads to it. Targets that begin with ``@`` end the case.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Words:
    """A text in Chinese (the source language) and English."""

    zh: str
    en: str = ""

    def said(self, language: str) -> str:
        """The text in ``language`` ("en…" or anything else), Chinese where English is missing."""
        return self.en if language.startswith("en") and self.en else self.zh

    def __str__(self) -> str:
        return self.zh


class Kind(StrEnum):
    """What happens in a step."""

    SUBMIT = "submit"  # 提交
    REVIEW = "review"  # 审核
    SIGN_OFFS = "sign_offs"  # 会签、联审（并行）
    MEETING = "meeting"  # 会议：通知、人数、表决
    BALLOT = "ballot"  # 无记名投票
    PUBLICITY = "publicity"  # 公示、公开
    DECISION = "decision"  # 决定
    SIGNATURE = "signature"  # 签字
    FILING = "filing"  # 备案
    WAIT = "wait"  # 等待


KIND_WORDS: Mapping[Kind, Words] = {
    Kind.SUBMIT: Words("提交", "Submit"),
    Kind.REVIEW: Words("审核", "Review"),
    Kind.SIGN_OFFS: Words("会签", "Sign-offs"),
    Kind.MEETING: Words("会议", "Meeting"),
    Kind.BALLOT: Words("无记名投票", "Secret ballot"),
    Kind.PUBLICITY: Words("公示", "Public notice"),
    Kind.DECISION: Words("决定", "Decision"),
    Kind.SIGNATURE: Words("签字", "Signature"),
    Kind.FILING: Words("备案", "Filing"),
    Kind.WAIT: Words("等待", "Wait"),
}

#: How a step of a kind can end. The first one is the good end. ``invalid``: no quorum; without a way the step stays open.
OUTCOMES: Mapping[Kind, tuple[str, ...]] = {
    Kind.SUBMIT: ("submitted", "withdrawn"),
    Kind.REVIEW: ("passed", "returned", "refused"),
    Kind.SIGN_OFFS: ("agreed", "refused"),
    Kind.MEETING: ("passed", "failed", "invalid"),
    Kind.BALLOT: ("passed", "failed", "invalid"),
    Kind.PUBLICITY: ("clear", "objected"),
    Kind.DECISION: ("approved", "returned", "rejected"),
    Kind.SIGNATURE: ("signed", "refused"),
    Kind.FILING: ("filed", "returned"),
    Kind.WAIT: ("reached",),
}

OUTCOME_WORDS: Mapping[str, Words] = {
    "submitted": Words("已提交", "Submitted"),
    "withdrawn": Words("已撤回", "Withdrawn"),
    "passed": Words("通过", "Passed"),
    "failed": Words("未通过", "Not passed"),
    "invalid": Words("未达到法定人数", "No quorum"),
    "returned": Words("退回", "Returned"),
    "refused": Words("不同意", "Refused"),
    "agreed": Words("全部同意", "All agreed"),
    "clear": Words("期满无异议", "Ended without objection"),
    "objected": Words("异议成立", "Objection upheld"),
    "approved": Words("同意", "Approved"),
    "rejected": Words("不同意", "Rejected"),
    "signed": Words("已签字", "Signed"),
    "filed": Words("已备案", "Filed"),
    "reached": Words("已到时", "Reached"),
    "skipped": Words("不适用", "Does not apply"),
}

RESOLVED, REJECTED, ENDED = "@resolved", "@rejected", "@ended"
#: Targets that end a case: decided; refused; ended without a decision (withdrawn, given up).
ENDS: Mapping[str, Words] = {
    RESOLVED: Words("办结", "Resolved"),
    REJECTED: Words("未获通过", "Not granted"),
    ENDED: Words("终止", "Ended"),
}

#: Types of the fields that a case carries.
FIELD_TYPES = ("text", "long", "int", "money", "date", "bool", "choice", "unit", "units", "person", "people", "list")
#: Levels a step can be held at; ``unit``: the case's own unit, ``starter``: the unit of whoever started it.
PLACES = ("unit", "starter", "province", "city", "county", "township", "village", "sub1", "sub2", "sub3", "sub4")
EVIDENCE_TYPES = ("file", "photo", "text", "number", "date")


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a field of type ``choice``, or one mark on a ballot's scale."""

    code: str
    title: Words


@dataclass(frozen=True, slots=True)
class Field:
    """A value the case carries. ``why``: for what it is needed and why it cannot be taken from elsewhere.

    ``personal``: masked on public pages and notices.
    """

    key: str
    type: str
    title: Words
    why: Words
    required: bool = False
    personal: bool = False
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Who:
    """Whose step it is.

    ``roles`` at the level ``at`` of the case's unit (or at the unit in the field named by ``unit_field``). ``deputies``:
    roles that stand in where the post is vacant or its holder is excluded. ``starter``: the account that began the case.
    """

    roles: tuple[str, ...] = ()
    at: str = "unit"
    unit_field: str = ""
    deputies: tuple[str, ...] = ()
    starter: bool = False


@dataclass(frozen=True, slots=True)
class SignOff:
    """One of several who must agree, each on their own."""

    key: str
    title: Words
    who: Who


@dataclass(frozen=True, slots=True)
class Evidence:
    """What has to be shown before a step can end, and why. A photo is never required (domain facts §11)."""

    key: str
    title: Words
    why: Words
    type: str = "file"
    required: bool = True
    when: str = ""


@dataclass(frozen=True, slots=True)
class Branch:
    """Where it goes from here when ``when`` (CEL, empty = always) holds: all of ``to`` open together."""

    to: tuple[str, ...]
    when: str = ""


@dataclass(frozen=True, slots=True)
class BallotSpec:
    """A secret ballot.

    ``form``: "question" (for, against, abstain), "scale" (each subject gets one mark of ``scale``) or "choice" (up to
    ``seats`` of the subjects). ``subjects``: case field (list, people) that names who or what is voted on. ``scale_rule``: rule
    key of a table code → words; ``remote_rule``: rule key (bool) that allows remote voting at all.
    """

    form: str = "question"
    subjects: str = ""
    scale: tuple[Choice, ...] = ()
    scale_rule: str = ""
    seats_rule: str = ""
    remote_rule: str = "procedures.ballot.remote"


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Which parts are used depends on its kind; the loader refuses the others.

    ``limit``: rule key of its time limit. ``when``: entered only where this holds, else skipped. ``join``: opens when all of
    these have ended well (or on a way to it). ``fields``: case fields filled in or corrected here. ``bodies``: meetings and ballots: which
    bodies may decide it (codes of ``bodies.BODIES``; the record names the one that met). ``sign_offs``/``units_field``/
    ``units_rule``: who signs off in parallel. ``days``: publicity and wait: rule key of the least number of days.
    ``answer``: publicity: rule key of the days within which an objection is answered. ``until``: wait: case field
    (date). ``signal``: wait: name of the signal another module sends. ``exclude``: fields (person, people) or "starter"
    whose holders and near kin may not act here; ``exclude_basis`` names the article. ``rounds``: rule key of how often it may
    be repeated. ``documents``: codes of the documents that can be drawn up. ``leaves``: what is entered leaves the unit
    (check-answers first).
    """

    key: str
    kind: Kind
    title: Words
    who: Who = field(default_factory=Who)
    ways: Mapping[str, tuple[Branch, ...]] = field(default_factory=dict)
    basis: str = ""
    limit: str = ""
    when: str = ""
    join: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    bodies: tuple[str, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    units_field: str = ""
    units_rule: str = ""
    ballot: BallotSpec | None = None
    days: str = ""
    answer: str = ""
    until: str = ""
    signal: str = ""
    exclude: tuple[str, ...] = ()
    exclude_basis: str = ""
    rounds: str = ""
    documents: tuple[str, ...] = ()
    leaves: bool = False
    note: Words = field(default_factory=lambda: Words(""))

    @property
    def good(self) -> str:
        """The outcome that means the step went well."""
        return OUTCOMES[self.kind][0]

    def targets(self) -> Iterator[tuple[str, Branch, str]]:
        """(outcome, branch, target) of every way out."""
        for outcome, branches in self.ways.items():
            for branch in branches:
                for target in branch.to:
                    yield outcome, branch, target


@dataclass(frozen=True, slots=True)
class Definition:
    """A procedure in one version. ``steps[0]`` is where a case begins.

    ``level``: level of the unit a case belongs to ("" = any). ``rules``: short name in guards → rule key. ``restricted``: only
    those who take part and their units see it. ``takes_over``: earlier versions whose running cases may be moved here,
    version → {old step key: new step key} (same keys need no entry).
    """

    code: str
    version: int
    title: Words
    steps: tuple[Step, ...]
    basis: tuple[str, ...] = ()
    level: str = ""
    starters: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    restricted: bool = False
    takes_over: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    note: Words = field(default_factory=lambda: Words(""))

    def step(self, key: str) -> Step:
        """The step with this key; KeyError when there is none."""
        for each in self.steps:
            if each.key == key:
                return each
        raise KeyError(key)

    def has(self, key: str) -> bool:
        """Whether a step has this key."""
        return any(each.key == key for each in self.steps)

    def field(self, key: str) -> Field | None:
        """The case field with this key, or None."""
        return next((each for each in self.fields if each.key == key), None)

    @property
    def first(self) -> Step:
        """Where a case begins."""
        return self.steps[0]

    def rule_keys(self) -> frozenset[str]:
        """Every rule key it reads."""
        found = set(self.rules.values())
        for step in self.steps:
            found |= {step.limit, step.days, step.answer, step.rounds, step.units_rule}
            if step.ballot:
                found |= {step.ballot.scale_rule, step.ballot.seats_rule, step.ballot.remote_rule}
        return frozenset(found - {""})
