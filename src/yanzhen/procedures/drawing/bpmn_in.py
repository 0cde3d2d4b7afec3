"""A BPMN 2.0 file as a definition: our own export, or what somebody drew in any BPMN editor.

What the drawing does not say has to stand in the documentation of the element, as TOML (``who = { roles = […] }``,
``days = "…"``); a lane named ``role, role @ level`` says whose steps lie in it. Whatever is missing or not in the subset comes
back by line of the file, all at once, in the same words as for TOML (``loader.build`` checks both).
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from typing import Any

from yanzhen.procedures.domain import loader
from yanzhen.procedures.domain.definition import ENDS, OUTCOME_WORDS, OUTCOMES, Definition, Kind
from yanzhen.procedures.drawing import bpmn
from yanzhen.procedures.drawing.bpmn import BPMN, OURS
from yanzhen.procedures.drawing.xml import Element, read, refuse

_TASKS = frozenset(bpmn.KIND_OF)
_GATES = frozenset({"exclusiveGateway", "parallelGateway"})
_NODES = _TASKS | _GATES | {"startEvent", "endEvent"}
_SILENT = frozenset(
    {
        "sequenceFlow", "extensionElements", "documentation", "laneSet", "textAnnotation", "association", "group",
        "dataObject", "dataObjectReference", "dataStoreReference", "ioSpecification", "property", "category",
    }
)  # fmt: skip
_CONDITION = re.compile(r"\s*outcome\s*==\s*['\"](\w+)['\"]\s*(?:&&\s*\((.*)\))?\s*\Z", re.DOTALL)
_KEY = re.compile(r"[a-z][a-z0-9_]{0,29}")
_LANE = re.compile(r"\s*([a-z][\w, ，、]*?)\s*(?:[@＠]\s*(\w+))?\s*\Z")

Path = tuple[str | int, ...]


class _Where:
    """Lines of the parts, as the checker asks for them."""

    def __init__(self) -> None:
        self.at: dict[Path, int] = {}

    def find(self, path: Path) -> int:
        """The line of the part, or of the nearest part around it."""
        while path not in self.at and path:
            path = path[:-1]
        return self.at.get(path, 0)


class _Drawing:
    """One process on its way to a mapping."""

    def __init__(self, root: Element) -> None:
        self.problems: list[loader.Problem] = []
        self.where = _Where()
        self.process = self._process(root)
        self.nodes: dict[str, Element] = {}
        self.out: dict[str, list[Element]] = {}
        self.into: dict[str, list[Element]] = {}
        self.lanes = dict(self._lanes())
        self._sort()

    def wrong(self, element: Element, template: str, **data: Any) -> None:
        """Note a problem at an element."""
        self.problems.append(loader.Problem(element.line, element.get("id"), template, data))

    # --- what is in the file --------------------------------------------------------------------------------------

    def _process(self, root: Element) -> Element:
        if root.name != "definitions" or root.space != BPMN:
            raise refuse(root.line, "这不是 BPMN 2.0 文件（根元素应为 definitions）。")
        found = list(root.all("process", space=BPMN))
        if len(found) != 1:
            raise refuse(root.line, "一个文件里应当只有一个流程（process），这里有 {count} 个。", count=len(found))
        return found[0]

    def _sort(self) -> None:
        flows = []
        for each in self.process.children:
            if each.space != BPMN or each.name in _SILENT - {"sequenceFlow"}:
                continue
            if each.name == "sequenceFlow":
                flows.append(each)
            elif each.name in _NODES:
                self.nodes[each.get("id")] = each
            else:
                self.wrong(
                    each,
                    "本平台不支持“{name}”，可用：任务、会合与分支网关、起止事件、定时或信号等待。",
                    name=each.name,
                )
        for flow in flows:
            source, target = flow.get("sourceRef"), flow.get("targetRef")
            if source not in self.nodes or target not in self.nodes:
                self.wrong(flow, "连线“{id}”没有接到步骤上。", id=flow.get("id"))
                continue
            self.out.setdefault(source, []).append(flow)
            self.into.setdefault(target, []).append(flow)

    def _lanes(self) -> Iterable[tuple[str, Element]]:
        for lanes in self.process.all("laneSet", space=BPMN):
            for lane in lanes.all("lane", space=BPMN):
                for ref in lane.all("flowNodeRef", space=BPMN):
                    yield ref.text.strip(), lane

    def tasks(self) -> list[Element]:
        """Tasks in the order of the file, the one after the start first."""
        found = [each for each in self.nodes.values() if each.name in _TASKS]
        starts = [each for each in self.nodes.values() if each.name == "startEvent"]
        if len(starts) != 1:
            self.wrong(self.process, "应当只有一个开始事件，这里有 {count} 个。", count=len(starts))
            return found
        after = [self.nodes[flow.get("targetRef")] for flow in self.out.get(starts[0].get("id"), [])]
        if len(after) != 1 or after[0].name not in _TASKS:
            self.wrong(starts[0], "开始事件应当直接连到第一个步骤。")
            return found
        return [after[0], *(each for each in found if each is not after[0])]

    # --- details --------------------------------------------------------------------------------------------------

    def detail(self, element: Element, name: str) -> dict[str, Any]:
        """What BPMN has no place for: our extension, then what stands in the documentation."""
        given: dict[str, Any] = {}
        box = element.first("extensionElements", BPMN)
        ours = box.first(name, OURS) if box else None
        if ours is not None:
            try:
                value = json.loads(ours.text)
            except (json.JSONDecodeError, RecursionError):
                value = None
            if isinstance(value, dict):
                given = value
            else:
                self.wrong(ours, "扩展内容“{name}”无法读取。", name=name)
        for note in element.all("documentation", space=BPMN):
            given |= self._documented(note, given)
        return given

    def _documented(self, note: Element, given: dict[str, Any]) -> dict[str, Any]:
        text = note.text.strip()
        if not text or text in {given.get("note"), given.get("note_en")}:
            return {}
        if not re.search(r"^\s*[\w.\-]+\s*=", text, re.MULTILINE) and not text.startswith("["):
            return {"note": text}
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            line = note.line + (int(at.group(1)) - 1 if at else 0)
            self.problems.append(
                loader.Problem(line, "documentation", "说明里的 TOML 写法有误：{why}", {"why": str(error)})
            )
            return {}

    def kind(self, element: Element, given: dict[str, Any]) -> str:
        """The kind of a task: said, or told by its element and its name."""
        said = element.get("kind", OURS) or str(given.get("kind", ""))
        if said:
            return said
        name = element.get("name").casefold()
        if element.name in {"userTask", "manualTask", "task"}:
            for word, kind in bpmn.KIND_SIGNS:
                if word in name:
                    return str(kind)
            if element.first("multiInstanceLoopCharacteristics", BPMN):
                return str(Kind.SIGN_OFFS)
        return str(bpmn.KIND_OF[element.name])

    def who(self, element: Element) -> dict[str, Any] | None:
        """Whose step, from the lane it lies in."""
        lane = self.lanes.get(element.get("id"))
        found = _LANE.match(lane.get("name")) if lane else None
        if not found:
            return None
        roles = [each.strip() for each in re.split(r"[,，、]", found.group(1)) if each.strip()]
        return {"roles": roles} | ({"at": found.group(2)} if found.group(2) else {})

    # --- ways -----------------------------------------------------------------------------------------------------

    def ends(self, flow: Element, keys: dict[str, str]) -> list[str]:
        """Targets of an arrow: a step, an end, or the steps behind a fork or a joining gateway."""
        node = self.nodes[flow.get("targetRef")]
        if node.name in _TASKS:
            return [keys[node.get("id")]]
        if node.name == "endEvent":
            return [self._end(node)]
        if node.name == "parallelGateway":
            found = self.out.get(node.get("id"), [])
            return [target for each in found for target in self._direct(each, keys)]
        self.wrong(flow, "两个网关不能直接相连，请在中间放一个步骤。")
        return []

    def _direct(self, flow: Element, keys: dict[str, str]) -> list[str]:
        node = self.nodes[flow.get("targetRef")]
        if node.name in _TASKS:
            return [keys[node.get("id")]]
        if node.name == "parallelGateway":  # a fork that leads straight into a join
            return [keys[t] for t in (each.get("targetRef") for each in self.out.get(node.get("id"), [])) if t in keys]
        self.wrong(flow, "并行网关之后应当是步骤。")
        return []

    def _end(self, node: Element) -> str:
        said = node.get("end", OURS)
        if said:
            return said
        if node.first("terminateEventDefinition", BPMN):
            return "@ended"
        if node.first("errorEventDefinition", BPMN):
            return "@rejected"
        name = node.get("name").strip().casefold()
        return next((end for end, words in ENDS.items() if name in {words.zh, words.en.casefold()}), "@resolved")

    def ways(self, element: Element, kind: str, keys: dict[str, str], at: int) -> dict[str, Any]:
        """Outcome → branches, from the arrows that leave a task or the gateway behind it."""
        flows = self.out.get(element.get("id"), [])
        if len(flows) == 1 and self.nodes[flows[0].get("targetRef")].name == "exclusiveGateway":
            gate = self.nodes[flows[0].get("targetRef")]
            default = gate.get("default")
            flows = sorted(self.out.get(gate.get("id"), []), key=lambda flow: flow.get("id") == default)
        found: dict[str, list[dict[str, Any]]] = {}
        for flow in flows:
            outcome, guard = self._condition(flow, kind, alone=len(flows) == 1)
            if not outcome:
                continue
            path = ("steps", at, "ways", outcome)
            self.where.at.setdefault(path, flow.line)
            self.where.at[(*path, len(found.get(outcome, [])))] = flow.line
            branch: dict[str, Any] = {"to": self.ends(flow, keys)}
            found.setdefault(outcome, []).append(branch | ({"when": guard} if guard else {}))
        return dict(found)

    def _condition(self, flow: Element, kind: str, *, alone: bool) -> tuple[str, str]:
        offered = (*OUTCOMES.get(Kind(kind), ()), "skipped") if kind in set(Kind) else tuple(OUTCOME_WORDS)
        expression = flow.first("conditionExpression", BPMN)
        text = expression.text.strip() if expression else ""
        matched = _CONDITION.match(text)
        if matched:
            return matched.group(1), (matched.group(2) or "").strip()
        name = flow.get("name").strip()
        for outcome in offered:
            words = OUTCOME_WORDS[outcome]
            if name.casefold() in {outcome, words.zh, words.en.casefold()}:
                return outcome, text
        if alone and not name:
            return offered[0], text
        self.wrong(
            flow, "说不清连线“{name}”是哪个结果：请把连线命名为其中之一：{outcomes}。",
            name=name or flow.get("id"), outcomes="、".join(OUTCOME_WORDS[each].zh for each in offered),
        )  # fmt: skip
        return "", ""

    def joins(self, element: Element, keys: dict[str, str], given: Any) -> list[str]:
        """Steps that a joining gateway before this task waits for."""
        gates = [self.nodes[flow.get("sourceRef")] for flow in self.into.get(element.get("id"), [])]
        for gate in gates:
            coming = self.into.get(gate.get("id"), [])
            if gate.name == "parallelGateway" and len(coming) > 1:
                drawn = list(dict.fromkeys(key for flow in coming for key in self._sources(flow, keys)))
                listed = list(given) if isinstance(given, list) else []
                return listed if set(drawn) <= set(listed) else drawn
        return list(given) if isinstance(given, list) else []

    def _sources(self, flow: Element, keys: dict[str, str]) -> list[str]:
        node = self.nodes[flow.get("sourceRef")]
        if node.name in _TASKS:
            return [keys[node.get("id")]]
        if node.name in _GATES:
            return [key for each in self.into.get(node.get("id"), []) for key in self._sources(each, keys)]
        return []

    # --- the whole ------------------------------------------------------------------------------------------------

    def mapping(self) -> dict[str, Any]:
        """The shape of the TOML file."""
        tasks = self.tasks()
        keys: dict[str, str] = {}
        for at, task in enumerate(tasks, 1):
            code = re.sub(r"[^a-z0-9_]", "_", task.get("id").lower())
            keys[task.get("id")] = code if _KEY.fullmatch(code) and code not in keys.values() else f"step_{at}"
        given = self.detail(self.process, "procedure")
        self.where.at[()] = self.process.line
        title = self.process.get("name")
        if title and title not in {given.get("title"), given.get("title_en")}:
            given["title"] = title
        given.setdefault("code", _code(self.process.get("id")))
        given.setdefault("version", 1)
        given["steps"] = [self.step(task, keys, at) for at, task in enumerate(tasks)]
        return given

    def step(self, task: Element, keys: dict[str, str], at: int) -> dict[str, Any]:
        """One step."""
        self.where.at["steps", at] = task.line
        given = self.detail(task, "step")
        given["key"] = keys[task.get("id")]
        given["kind"] = self.kind(task, given) if at or task.get("kind", OURS) or "kind" in given else "submit"
        if task.get("name") and task.get("name") not in {given.get("title"), given.get("title_en")}:
            given["title"] = task.get("name")
            given.pop("title_en", None)
        if "who" not in given and (lane := self.who(task)):
            given["who"] = lane
        joined = self.joins(task, keys, given.get("join"))
        if joined:
            given["join"] = joined
        given["ways"] = self.ways(task, given["kind"], keys, at)
        return given


def _code(ident: str) -> str:
    plain = re.sub(r"[^a-z0-9_]+", "_", ident.lower()).strip("_")
    if "__" in plain:
        return plain.replace("__", ".", 1)
    return f"county.{plain}" if plain[:1].isalpha() else f"county.p{plain}"


def load(data: bytes, *, known: loader.Known | None = None) -> Definition:
    """The definition that a BPMN file draws; :class:`~loader.DefinitionErrors` with every problem by line otherwise."""
    drawing = _Drawing(read(data))
    raw = drawing.mapping()
    try:
        found = loader.build(raw, known=known, lines=drawing.where)
    except loader.DefinitionErrors as errors:
        raise loader.DefinitionErrors([*drawing.problems, *errors.problems]) from errors
    if drawing.problems:
        raise loader.DefinitionErrors(drawing.problems)
    return found
