"""Reading a definition from TOML, or from a mapping that a BPMN reader made, with every problem in words and by line.

``load(text, known=…)`` returns the definition or raises :class:`DefinitionErrors`, which holds all problems at once: a county
that writes its own procedure sees the whole list beside the lines. ``dump`` writes TOML that reads back equal.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain import guards, paths
from yanzhen.procedures.domain.bodies import BODIES
from yanzhen.procedures.domain.definition import (
    ENDS,
    EVIDENCE_TYPES,
    FIELD_TYPES,
    OUTCOMES,
    PLACES,
    RESOLVED,
    BallotSpec,
    Branch,
    Choice,
    Definition,
    Evidence,
    Field,
    Kind,
    SignOff,
    Step,
    Who,
    Words,
)

_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.\-]+)\s*\]\]?")
_PAIR = re.compile(r"\s*([\w\-]+(?:\.[\w\-]+)*)\s*=")

_TOP = {
    "code", "version", "title", "title_en", "basis", "level", "starters", "fields", "rules", "restricted", "takes_over",
    "note", "note_en", "steps",
}  # fmt: skip
_FIELD = {"key", "type", "title", "title_en", "why", "why_en", "required", "personal", "choices"}
_WHO = {"roles", "at", "unit_field", "deputies", "starter"}
_SIGN_OFF = {"key", "title", "title_en", "who"}
_EVIDENCE = {"key", "title", "title_en", "why", "why_en", "type", "required", "when"}
_BALLOT = {"form", "subjects", "scale", "scale_rule", "seats_rule", "remote_rule"}
_COMMON = {
    "key", "kind", "title", "title_en", "who", "ways", "basis", "limit", "when", "join", "fields", "evidence", "exclude",
    "exclude_basis", "rounds", "documents", "leaves", "note", "note_en",
}  # fmt: skip
#: What only steps of a kind have.
_OF_KIND: Mapping[Kind, set[str]] = {
    Kind.SIGN_OFFS: {"sign_offs", "units_field", "units_rule"},
    Kind.MEETING: {"bodies"},
    Kind.BALLOT: {"bodies", "ballot"},
    Kind.PUBLICITY: {"days", "answer"},
    Kind.WAIT: {"days", "until", "signal"},
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which line (0 = not in one line), in which part, in words (a Chinese msgid and its data)."""

    line: int
    where: str
    template: str
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The sentence with its data filled in."""
        return self.template.format(**self.data) if self.data else self.template


class DefinitionErrors(DomainError):
    """A definition that cannot be used. ``problems`` holds all of them, by line."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(problems, key=lambda each: each.line)
        first = self.problems[0]
        super().__init__(
            "procedures.definition.wrong",
            "程序定义有 {count} 处问题，第一处在第 {line} 行：{first}",
            count=len(self.problems),
            line=first.line,
            first=first.message,
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What a definition may refer to. None = not checked (reading without a rulebook at hand)."""

    rules: Collection[str] | None = None
    roles: Collection[str] | None = None


class _Lines:
    """Where in the text a part begins: ("steps", 3, "ways") → line. The TOML reader itself does not tell."""

    def __init__(self, text: str) -> None:
        self.at: dict[tuple[str | int, ...], int] = {}
        counts: dict[tuple[str | int, ...], int] = {}
        base: tuple[str | int, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            header = _HEADER.match(line)
            if header:
                base = ()
                names = header.group(2).split(".")
                for position, name in enumerate(names):
                    base = (*base, name)
                    last = position == len(names) - 1
                    if last and header.group(1) == "[[":
                        counts[base] = counts.get(base, -1) + 1
                    if base in counts:
                        base = (*base, counts[base])
                self.at[base] = number
                continue
            pair = _PAIR.match(line)
            if pair:
                path = base
                for name in pair.group(1).split("."):
                    path = (*path, name)
                    self.at.setdefault(path, number)

    def find(self, path: tuple[str | int, ...]) -> int:
        """The line of the part, or of the nearest part around it."""
        while path:
            if path in self.at:
                return self.at[path]
            path = path[:-1]
        return 0


class _Reader:
    """Reads a mapping part by part and gathers what is wrong."""

    def __init__(self, lines: _Lines | None) -> None:
        self.problems: list[Problem] = []
        self.lines = lines

    def wrong(self, path: tuple[str | int, ...], template: str, **data: Any) -> None:
        """Note a problem."""
        where = ".".join(str(each + 1 if isinstance(each, int) else each) for each in path)
        self.problems.append(Problem(self.lines.find(path) if self.lines else 0, where, template, data))

    def keys(self, raw: Mapping[str, Any], allowed: set[str], path: tuple[str | int, ...]) -> None:
        """No unknown keys: a misspelt one would silently do nothing."""
        for key in raw:
            if key not in allowed:
                self.wrong((*path, key), "不认识的项目“{key}”，请检查拼写。", key=key)

    def text(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...], *, needed: bool = False) -> str:
        """A text."""
        value = raw.get(key, "")
        if not isinstance(value, str):
            self.wrong((*path, key), "“{key}”应为文字。", key=key)
            return ""
        if needed and not value.strip():
            self.wrong((*path, key) if key in raw else path, "缺少“{key}”。", key=key)
        return value.strip()

    def texts(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...]) -> tuple[str, ...]:
        """A list of texts; one text stands for a list of one."""
        value = raw.get(key, ())
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
            self.wrong((*path, key), "“{key}”应为文字或文字列表。", key=key)
            return ()
        return tuple(value)

    def yes(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...], default: bool = False) -> bool:
        """true or false."""
        value = raw.get(key, default)
        if not isinstance(value, bool):
            self.wrong((*path, key), "“{key}”应为 true 或 false。", key=key)
            return default
        return value

    def parts(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...]) -> list[Mapping[str, Any]]:
        """A list of tables."""
        value = raw.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
            self.wrong((*path, key), "“{key}”应为表的列表（[[{key}]]）。", key=key)
            return []
        return value

    def words(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...], *, needed: bool = False) -> Words:
        """A text in two languages."""
        return Words(self.text(raw, key, path, needed=needed), self.text(raw, f"{key}_en", path))

    def key(self, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> str:
        """The key of a part."""
        value = self.text(raw, "key", path, needed=True)
        if value and not _KEY.fullmatch(value):
            self.wrong(
                (*path, "key"),
                "“{value}”不能用作代号：应以小写字母开头，只含小写字母、数字、下划线，最长30位。",
                value=value,
            )
        return value

    # --- parts ---------------------------------------------------------------------------------------------------

    def who(self, raw: Any, path: tuple[str | int, ...]) -> Who:
        """Whose step."""
        if raw is None:
            return Who()
        if not isinstance(raw, Mapping):
            self.wrong(path, '“who”应为表，例如 who = {{ roles = ["village_secretary"], at = "village" }}。')
            return Who()
        self.keys(raw, _WHO, path)
        found = Who(
            self.texts(raw, "roles", path), self.text(raw, "at", path) or "unit", self.text(raw, "unit_field", path),
            self.texts(raw, "deputies", path), self.yes(raw, "starter", path),
        )  # fmt: skip
        if found.at not in PLACES:
            self.wrong((*path, "at"), "不认识的层级“{at}”，可用：{places}。", at=found.at, places="、".join(PLACES))
        if not found.roles and not found.starter:
            self.wrong(path, "没有写明由谁办理：请填写 roles（角色）或 starter = true（发起人）。")
        return found

    def choices(self, raw: Mapping[str, Any], key: str, path: tuple[str | int, ...]) -> tuple[Choice, ...]:
        """Values to choose from: ``[{ code, title, title_en }]``."""
        found = []
        for at, each in enumerate(self.parts(raw, key, path)):
            here = (*path, key, at)
            self.keys(each, {"code", "title", "title_en"}, here)
            found.append(
                Choice(self.text(each, "code", here, needed=True), self.words(each, "title", here, needed=True))
            )
        return tuple(found)

    def field(self, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> Field:
        """A field of the case."""
        self.keys(raw, _FIELD, path)
        kind = self.text(raw, "type", path, needed=True)
        if kind and kind not in FIELD_TYPES:
            self.wrong(
                (*path, "type"), "不认识的字段类型“{type}”，可用：{types}。", type=kind, types="、".join(FIELD_TYPES)
            )
        required = self.yes(raw, "required", path)
        found = Field(
            self.key(raw, path), kind, self.words(raw, "title", path, needed=True), self.words(raw, "why", path, needed=required),
            required, self.yes(raw, "personal", path), self.choices(raw, "choices", path),
        )  # fmt: skip
        if kind == "choice" and not found.choices:
            self.wrong(path, "选择字段“{key}”没有列出可选项（choices）。", key=found.key)
        return found

    def evidence(self, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> Evidence:
        """Something to be shown."""
        self.keys(raw, _EVIDENCE, path)
        kind = self.text(raw, "type", path) or "file"
        if kind not in EVIDENCE_TYPES:
            self.wrong(
                (*path, "type"), "不认识的佐证类型“{type}”，可用：{types}。", type=kind, types="、".join(EVIDENCE_TYPES)
            )
        found = Evidence(
            self.key(raw, path), self.words(raw, "title", path, needed=True), self.words(raw, "why", path, needed=True), kind,
            self.yes(raw, "required", path, True), self.text(raw, "when", path),
        )  # fmt: skip
        if kind == "photo" and found.required:
            self.wrong(
                path,
                '不得强制上传照片（{basis}）：请改为 required = false，或改用 type = "file"。',
                basis="国办函〔2026〕12号",
            )
        return found

    def ballot(self, raw: Any, path: tuple[str | int, ...]) -> BallotSpec | None:
        """A secret ballot."""
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            self.wrong(path, "“{key}”应为表的列表（[[{key}]]）。", key="ballot")
            return None
        self.keys(raw, _BALLOT, path)
        found = BallotSpec(
            self.text(raw, "form", path) or "question", self.text(raw, "subjects", path), self.choices(raw, "scale", path),
            self.text(raw, "scale_rule", path), self.text(raw, "seats_rule", path),
            self.text(raw, "remote_rule", path) or "procedures.ballot.remote",
        )  # fmt: skip
        if found.form not in ("question", "scale", "choice"):
            self.wrong((*path, "form"), "投票形式应为 question（赞成反对）、scale（评等次）或 choice（选人）。")
        if found.form == "scale" and not (found.scale or found.scale_rule):
            self.wrong(path, "评等次的投票没有写明等次（scale 或 scale_rule）。")
        if found.form != "question" and not found.subjects:
            self.wrong(path, "没有写明对谁投票（subjects 指向一个字段）。")
        return found

    def ways(self, raw: Any, kind: Kind, path: tuple[str | int, ...]) -> dict[str, tuple[Branch, ...]]:
        """Ways out by outcome: a target, several targets, or branches with guards."""
        if not isinstance(raw, Mapping):
            self.wrong(path, '“ways”应为表，例如 ways.{good} = "下一步的代号"。', good=OUTCOMES[kind][0])
            return {}
        found: dict[str, tuple[Branch, ...]] = {}
        for outcome, value in raw.items():
            here = (*path, outcome)
            if outcome not in (*OUTCOMES[kind], "skipped"):
                self.wrong(
                    here, "这类步骤没有“{outcome}”这个结果，可用：{outcomes}。",
                    outcome=outcome, outcomes="、".join((*OUTCOMES[kind], "skipped")),
                )  # fmt: skip
                continue
            if isinstance(value, str):
                found[outcome] = (Branch((value,)),)
            elif isinstance(value, list) and value and all(isinstance(each, str) for each in value):
                found[outcome] = (Branch(tuple(value)),)
            elif isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
                branches = []
                for at, each in enumerate(value):
                    self.keys(each, {"to", "when"}, (*here, at))
                    to = self.texts(each, "to", (*here, at))
                    if not to:
                        self.wrong((*here, at), "缺少“{key}”。", key="to")
                    branches.append(Branch(to, self.text(each, "when", (*here, at))))
                found[outcome] = tuple(branches)
            else:
                self.wrong(here, "去向应为步骤代号、代号列表，或带条件的 {{ when, to }} 列表。")
        return found

    def step(self, raw: Mapping[str, Any], path: tuple[str | int, ...]) -> Step | None:
        """A step."""
        kind_code = self.text(raw, "kind", path, needed=True)
        if kind_code not in set(Kind):
            if kind_code:
                self.wrong(
                    (*path, "kind"), "不认识的步骤类型“{kind}”，可用：{kinds}。", kind=kind_code, kinds="、".join(Kind)
                )
            return None
        kind = Kind(kind_code)
        self.keys(raw, _COMMON | _OF_KIND.get(kind, set()), path)
        offs = []
        for at, each in enumerate(self.parts(raw, "sign_offs", path)):
            here = (*path, "sign_offs", at)
            self.keys(each, _SIGN_OFF, here)
            offs.append(
                SignOff(
                    self.key(each, here),
                    self.words(each, "title", here, needed=True),
                    self.who(each.get("who"), (*here, "who")),
                )
            )
        return Step(
            key=self.key(raw, path), kind=kind, title=self.words(raw, "title", path, needed=True),
            who=self.who(raw.get("who"), (*path, "who")), ways=self.ways(raw.get("ways"), kind, (*path, "ways")),
            basis=self.text(raw, "basis", path), limit=self.text(raw, "limit", path), when=self.text(raw, "when", path),
            join=self.texts(raw, "join", path), fields=self.texts(raw, "fields", path),
            evidence=tuple(
                self.evidence(each, (*path, "evidence", at)) for at, each in enumerate(self.parts(raw, "evidence", path))
            ),
            bodies=self.texts(raw, "bodies", path), sign_offs=tuple(offs), units_field=self.text(raw, "units_field", path),
            units_rule=self.text(raw, "units_rule", path), ballot=self.ballot(raw.get("ballot"), (*path, "ballot")),
            days=self.text(raw, "days", path), answer=self.text(raw, "answer", path), until=self.text(raw, "until", path),
            signal=self.text(raw, "signal", path), exclude=self.texts(raw, "exclude", path),
            exclude_basis=self.text(raw, "exclude_basis", path), rounds=self.text(raw, "rounds", path),
            documents=self.texts(raw, "documents", path), leaves=self.yes(raw, "leaves", path), note=self.words(raw, "note", path),
        )  # fmt: skip

    def definition(self, raw: Mapping[str, Any]) -> Definition | None:
        """The whole."""
        self.keys(raw, _TOP, ())
        code = self.text(raw, "code", (), needed=True)
        if code and not _CODE.fullmatch(code):
            self.wrong(("code",), "程序代号应为“模块.名称”，只含小写字母、数字、下划线，例如 cadres.filing。")
        version = raw.get("version")
        if not isinstance(version, int) or isinstance(version, bool) or version < 1:
            self.wrong(("version",), "版本号应为从1开始的整数。")
            version = 1
        level = self.text(raw, "level", ())
        if level and level not in PLACES[2:]:
            self.wrong(("level",), "不认识的层级“{at}”，可用：{places}。", at=level, places="、".join(PLACES[2:]))
        rules = raw.get("rules", {})
        if not isinstance(rules, Mapping) or not all(isinstance(each, str) for each in rules.values()):
            self.wrong(("rules",), '“rules”应为 简称 = "规则代号" 的表。')
            rules = {}
        takes: dict[int, dict[str, str]] = {}
        raw_takes = raw.get("takes_over", {})
        for old, renamed in raw_takes.items() if isinstance(raw_takes, Mapping) else ():
            if str(old).isdigit() and isinstance(renamed, Mapping):
                takes[int(old)] = {str(key): str(value) for key, value in renamed.items()}
            else:
                self.wrong(("takes_over",), '“takes_over”应为 旧版本号 → {{ 旧步骤 = "新步骤" }} 的表。')
        fields = [self.field(each, ("fields", at)) for at, each in enumerate(self.parts(raw, "fields", ()))]
        steps = [self.step(each, ("steps", at)) for at, each in enumerate(self.parts(raw, "steps", ()))]
        if not steps:
            self.wrong((), "没有任何步骤（[[steps]]）。")
        if not steps or any(each is None for each in steps):
            return None
        return Definition(
            code=code, version=version, title=self.words(raw, "title", (), needed=True),
            steps=tuple(each for each in steps if each is not None), basis=self.texts(raw, "basis", ()), level=level,
            starters=self.texts(raw, "starters", ()), fields=tuple(fields), rules=dict(rules),
            restricted=self.yes(raw, "restricted", ()), takes_over=takes, note=self.words(raw, "note", ()),
        )  # fmt: skip


def load(text: str, *, known: Known | None = None) -> Definition:
    """The definition written in ``text``; :class:`DefinitionErrors` with every problem otherwise."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+)", str(error))
        raise DefinitionErrors(
            [
                Problem(
                    int(at.group(1)) if at else text.count("\n") + 1,
                    "",
                    "不是有效的 TOML 文件：{why}",
                    {"why": str(error)},
                )
            ]
        ) from error
    return build(raw, known=known, lines=_Lines(text))


def build(raw: Mapping[str, Any], *, known: Known | None = None, lines: Any = None) -> Definition:
    """The definition that a mapping describes (the shape of the TOML file)."""
    reader = _Reader(lines)
    found = reader.definition(raw)
    if found is not None:
        check(found, reader, known or Known())
    if reader.problems or found is None:
        raise DefinitionErrors(reader.problems)
    return found


def check(definition: Definition, reader: _Reader, known: Known) -> None:
    """What the parts must be to each other."""
    _check_keys(definition, reader)
    for at, step in enumerate(definition.steps):
        _check_step(definition, step, ("steps", at), reader, known)
    if known.rules is not None:
        for short, key in definition.rules.items():
            if key not in known.rules:
                reader.wrong(("rules", short), "规则库里没有“{key}”。", key=key)
    if reader.problems:
        return
    for at, step in enumerate(definition.steps):
        if step.key not in paths.reachable(definition):
            reader.wrong(("steps", at), "没有任何去向通到步骤“{key}”。", key=step.key)
        elif not paths.leads_out(definition, step.key):
            reader.wrong(("steps", at), "从步骤“{key}”出发永远到不了结束。", key=step.key)
    if not any(target == RESOLVED for step in definition.steps for _, _, target in step.targets()):
        reader.wrong((), "没有任何去向通到办结（{end}）。", end=RESOLVED)


def _check_keys(definition: Definition, reader: _Reader) -> None:
    keys = {"steps": [each.key for each in definition.steps], "fields": [each.key for each in definition.fields]}
    for part, listed in keys.items():
        for at, key in enumerate(listed):
            if key in listed[:at]:
                reader.wrong((part, at, "key"), "代号“{key}”用了两次。", key=key)


def _check_guard(text: str, definition: Definition, path: tuple[str | int, ...], reader: _Reader) -> None:
    if not text:
        return
    try:
        unknown = guards.unknown_names(text)
    except guards.GuardError as error:
        reader.wrong(path, error.template, **error.data)
        return
    for name in unknown:
        reader.wrong(path, "条件“{text}”用了不认识的“{name}”，可用 case、step、steps、rule。", text=text, name=name)
    for name in guards.unknown_functions(text):
        reader.wrong(path, "条件“{text}”用了不能用的函数“{name}”。", text=text, name=name)
    for number in guards.numbers_in(text):
        reader.wrong(
            path, "条件“{text}”里写死了数字 {number}：数字应放进规则库，在 [rules] 里引用。", text=text, number=number
        )
    offered = {
        "case": {each.key for each in definition.fields} | {"level"},
        "rule": set(definition.rules),
        "steps": {each.key for each in definition.steps},
    }
    for kind, name in sorted(guards.names_in(text)):
        if name not in offered[kind]:
            reader.wrong(path, "条件“{text}”用了没有声明的“{name}”。", text=text, name=f"{kind}.{name}")


def _check_step(definition: Definition, step: Step, path: tuple[str | int, ...], reader: _Reader, known: Known) -> None:
    _check_guard(step.when, definition, (*path, "when"), reader)
    for at, each in enumerate(step.evidence):
        _check_guard(each.when, definition, (*path, "evidence", at, "when"), reader)
    if step.good not in step.ways:
        reader.wrong((*path, "ways"), "步骤“{key}”没有写明结果“{outcome}”之后去哪里。", key=step.key, outcome=step.good)
    for outcome, branches in step.ways.items():
        for number, branch in enumerate(branches):
            here = (*path, "ways", outcome)
            _check_guard(branch.when, definition, (*here, number), reader)
            for target in branch.to:
                if target.startswith("@"):
                    if target not in ENDS:
                        reader.wrong(
                            here, "不认识的结束“{target}”，可用：{ends}。", target=target, ends="、".join(ENDS)
                        )
                    elif len(branch.to) > 1:
                        reader.wrong(here, "结束不能与其他步骤并行。")
                elif not definition.has(target):
                    reader.wrong(here, "没有步骤“{target}”。", target=target)
        if branches and branches[-1].when:
            reader.wrong(
                (*path, "ways", outcome), "结果“{outcome}”的最后一个去向应当没有条件，以免无路可走。", outcome=outcome
            )
    _check_names(definition, step, path, reader)
    _check_kind(definition, step, path, reader)
    _check_known(step, path, reader, known)


def _check_names(definition: Definition, step: Step, path: tuple[str | int, ...], reader: _Reader) -> None:
    for key in step.join:
        if not definition.has(key):
            reader.wrong((*path, "join"), "没有步骤“{target}”。", target=key)
        elif step.key not in {target for _, _, target in definition.step(key).targets()}:
            reader.wrong((*path, "join"), "汇合的步骤“{target}”没有去向通到这里。", target=key)
    typed: dict[str, tuple[str, ...]] = {"units_field": ("units",), "until": ("date",)}
    for name, types in typed.items():
        key = getattr(step, name)
        found = definition.field(key) if key else None
        if key and (found is None or found.type not in types):
            reader.wrong((*path, name), "“{key}”不是类型为 {types} 的字段。", key=key, types="、".join(types))
    for key in step.fields:
        if definition.field(key) is None:
            reader.wrong((*path, "fields"), "没有字段“{key}”。", key=key)
    for key in step.exclude:
        found = definition.field(key)
        if key != "starter" and (found is None or found.type not in ("person", "people")):
            reader.wrong((*path, "exclude"), "“{key}”不是类型为 {types} 的字段。", key=key, types="person、people")
    if step.exclude and not step.exclude_basis:
        reader.wrong((*path, "exclude"), "回避须写明依据（exclude_basis）。")
    for who in (step.who, *(each.who for each in step.sign_offs)):
        found = definition.field(who.unit_field) if who.unit_field else None
        if who.unit_field and (found is None or found.type != "unit"):
            reader.wrong((*path, "who"), "“{key}”不是类型为 {types} 的字段。", key=who.unit_field, types="unit")
    if step.ballot and step.ballot.subjects:
        found = definition.field(step.ballot.subjects)
        if found is None or found.type not in ("list", "people"):
            reader.wrong(
                (*path, "ballot"), "“{key}”不是类型为 {types} 的字段。", key=step.ballot.subjects, types="list、people"
            )


def _check_kind(definition: Definition, step: Step, path: tuple[str | int, ...], reader: _Reader) -> None:
    if step.kind in (Kind.MEETING, Kind.BALLOT):
        if not step.bodies:
            reader.wrong(path, "没有写明由哪个会议决定（bodies），可用：{bodies}。", bodies="、".join(BODIES))
        for each in step.bodies:
            if each not in BODIES:
                reader.wrong(
                    (*path, "bodies"), "不认识的会议“{body}”，可用：{bodies}。", body=each, bodies="、".join(BODIES)
                )
    if step.kind is Kind.BALLOT and step.ballot is None:
        reader.wrong(path, "无记名投票没有写明票面（ballot）。")
    if step.kind is Kind.SIGN_OFFS:
        given = [bool(step.sign_offs), bool(step.units_field), bool(step.units_rule)]
        if sum(given) != 1:
            reader.wrong(
                path, "会签须且只须写明一种：sign_offs（逐个列出）、units_field（字段）或 units_rule（规则）。"
            )
        seen = [each.key for each in step.sign_offs]
        if len(seen) != len(set(seen)):
            reader.wrong((*path, "sign_offs"), "代号“{key}”用了两次。", key=next(k for k in seen if seen.count(k) > 1))
    if step.kind is Kind.PUBLICITY and not step.days:
        reader.wrong(path, "公示没有写明最少天数的规则（days）。")
    if step.kind is Kind.WAIT and not (step.days or step.until or step.signal):
        reader.wrong(path, "等待没有写明等到什么：days（天数规则）、until（日期字段）或 signal（通知）。")
    if definition.first is step and (step.join or step.when):
        reader.wrong(path, "第一步不能有 when 或 join。")


def _check_known(step: Step, path: tuple[str | int, ...], reader: _Reader, known: Known) -> None:
    if known.rules is not None:
        for name in ("limit", "days", "answer", "rounds", "units_rule"):
            key = getattr(step, name)
            if key and key not in known.rules:
                reader.wrong((*path, name), "规则库里没有“{key}”。", key=key)
        for key in (step.ballot.scale_rule, step.ballot.seats_rule, step.ballot.remote_rule) if step.ballot else ():
            if key and key not in known.rules:
                reader.wrong((*path, "ballot"), "规则库里没有“{key}”。", key=key)
    if known.roles is not None:
        for who in (step.who, *(each.who for each in step.sign_offs)):
            for role in (*who.roles, *who.deputies):
                if role not in known.roles:
                    reader.wrong((*path, "who"), "没有角色“{role}”。", role=role)
