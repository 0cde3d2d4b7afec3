"""A version as a BPMN 2.0 file with its drawing, which any BPMN editor opens."""

from __future__ import annotations

import json
import tomllib
from typing import Any
from xml.etree import ElementTree  # writing only; what is uploaded is read by xml.py

from yanzhen.procedures.domain import writer
from yanzhen.procedures.domain.definition import ENDS, Branch, Definition, Kind, Step
from yanzhen.procedures.drawing import bpmn, svg
from yanzhen.procedures.drawing.graph import Edge, Graph, Node, Shape
from yanzhen.procedures.drawing.layout import Plan, place
from yanzhen.procedures.drawing.of import said

_PREFIXES = {
    "bpmn": bpmn.BPMN,
    "bpmndi": bpmn.BPMNDI,
    "dc": bpmn.DC,
    "di": bpmn.DI,
    "xsi": bpmn.XSI,
    "yz": bpmn.OURS,
}
for prefix, space in _PREFIXES.items():
    ElementTree.register_namespace(prefix, space)

EVENT = 36
GATE = 50


def _tag(name: str, space: str = bpmn.BPMN) -> str:
    return f"{{{space}}}{name}"


class _Writer:
    """Elements of the process and, beside them, what has to be drawn."""

    def __init__(self, definition: Definition, language: str) -> None:
        self.definition, self.language = definition, language
        self.root = ElementTree.Element(
            _tag("definitions"), {"id": "definitions", "targetNamespace": bpmn.OURS, "exporter": "Yanzhen"}
        )
        self.signals: set[str] = set()
        self.process = ElementTree.SubElement(
            self.root,
            _tag("process"),
            {"id": definition.code.replace(".", "__"), "name": definition.title.said(language), "isExecutable": "true"},
        )
        self.nodes: list[Node] = []
        self.ends: list[Node] = []
        self.flows: list[tuple[str, Edge, str]] = []
        self.waiting: list[tuple[str, str, str, str]] = []

    # --- parts ---------------------------------------------------------------------------------------------------

    def element(self, name: str, code: str, label: str, shape: Shape, *, beside: str = "", **more: str) -> Any:
        """A flow node; it is drawn as well."""
        given = {"id": code} | ({"name": label} if label else {}) | more
        made = ElementTree.SubElement(self.process, _tag(name), given)
        node = Node(code, label, shape, beside=beside)
        (self.ends if shape in {Shape.END, Shape.EXIT} else self.nodes).append(node)
        return made

    def flow(self, source: str, target: str, label: str = "", condition: str = "") -> None:
        """An arrow; elements come first in the file, so it is written at the end."""
        self.waiting.append((source, target, label, condition))

    def detail(self, element: Any, name: str, value: dict[str, Any]) -> None:
        """What BPMN has no place for."""
        box = ElementTree.SubElement(element, _tag("extensionElements"))
        made = ElementTree.SubElement(box, _tag(name, bpmn.OURS))
        made.text = json.dumps(value, ensure_ascii=False, sort_keys=True)

    # --- the whole -----------------------------------------------------------------------------------------------

    def write(self) -> bytes:
        raw = tomllib.loads(writer.dump(self.definition))
        self.detail(self.process, "procedure", {key: value for key, value in raw.items() if key != "steps"})
        self.element("startEvent", "start", "", Shape.START)
        for step, given in zip(self.definition.steps, raw["steps"], strict=True):
            if step.join:
                self.element("parallelGateway", f"join_{step.key}", "", Shape.GATE)
                self.flow(f"join_{step.key}", step.key)
            self.step(step, given)
        self.flow("start", self.definition.first.key)
        for number, (source, target, label, condition) in enumerate(self.waiting, 1):
            self._flow(f"flow_{number}", source, target, label, condition)
        for signal in sorted(self.signals):
            ElementTree.SubElement(self.root, _tag("signal"), {"id": f"signal_{signal}", "name": signal})
        self._diagram()
        ElementTree.indent(self.root, " ")
        body: bytes = ElementTree.tostring(self.root, encoding="UTF-8", xml_declaration=True)
        return body + b"\n"

    def step(self, step: Step, raw: dict[str, Any]) -> None:
        """One step with its gateways and its ends."""
        kind = {_tag("kind", bpmn.OURS): str(step.kind)}
        made = self.element(bpmn.ELEMENT[step.kind], step.key, step.title.said(self.language), Shape.STEP, **kind)
        if step.note.zh:
            ElementTree.SubElement(made, _tag("documentation")).text = step.note.said(self.language)
        self.detail(made, "step", {key: value for key, value in raw.items() if key not in {"ways"}})
        branches = [(outcome, branch) for outcome, found in step.ways.items() for branch in found]
        source = step.key
        if len(branches) > 1:
            source = f"way_{step.key}"
            self.element("exclusiveGateway", source, "", Shape.GATE)
            self.flow(step.key, source)
        for number, (outcome, branch) in enumerate(branches, 1):
            self.way(step, source, outcome, branch, number, plain=len(branches) == 1)
        self._kind_parts(step, made)

    def _kind_parts(self, step: Step, made: Any) -> None:
        if step.kind is Kind.SIGN_OFFS:
            many = ElementTree.SubElement(made, _tag("multiInstanceLoopCharacteristics"), {"isSequential": "false"})
            count = ElementTree.SubElement(many, _tag("loopCardinality"))
            count.text = str(max(len(step.sign_offs), 1))
        if step.kind is Kind.WAIT and step.signal:
            name = "".join(char if char.isalnum() else "_" for char in step.signal)
            self.signals.add(name)
            ElementTree.SubElement(made, _tag("signalEventDefinition"), {"signalRef": f"signal_{name}"})
        elif step.kind is Kind.WAIT:
            timer = ElementTree.SubElement(made, _tag("timerEventDefinition"))
            until = ElementTree.SubElement(timer, _tag("timeDate" if step.until else "timeDuration"))
            until.text = step.until or step.days

    def way(self, step: Step, source: str, outcome: str, branch: Branch, number: int, *, plain: bool) -> None:
        """One branch: an arrow with its condition, over a fork where several steps open together. ``plain``: the only one."""
        condition = "" if plain else f"outcome == '{outcome}'" + (f" && ({branch.when})" if branch.when else "")
        label = said(outcome, self.language)
        targets = [self._end(step, target) if target in ENDS else self._entry(step, target) for target in branch.to]
        if len(targets) == 1:
            self.flow(source, targets[0], label, condition)
            return
        fork = f"fork_{step.key}_{number}"
        self.element("parallelGateway", fork, "", Shape.GATE)
        self.flow(source, fork, label, condition)
        for target in targets:
            self.flow(fork, target)

    def _entry(self, step: Step, target: str) -> str:
        """Where an arrow to a step ends: at its gateway if the step waits for this one."""
        joined = self.definition.step(target).join
        return f"join_{target}" if joined and step.key in joined else target

    def _end(self, step: Step, target: str) -> str:
        code = f"end_{step.key}_{target[1:]}"
        if all(node.code != code for node in self.ends):
            last = step is self.definition.steps[-1] and target == "@resolved"
            beside = "" if last else self._leaving(step)
            shape = Shape.EXIT if beside else Shape.END
            self.element(
                "endEvent", code, ENDS[target].said(self.language), shape, beside=beside,
                **{_tag("end", bpmn.OURS): target},
            )  # fmt: skip
        return code

    def _leaving(self, step: Step) -> str:
        return f"way_{step.key}" if sum(len(found) for found in step.ways.values()) > 1 else step.key

    def _flow(self, code: str, source: str, target: str, label: str, condition: str) -> None:
        given = {"id": code, "sourceRef": source, "targetRef": target} | ({"name": label} if label else {})
        made = ElementTree.SubElement(self.process, _tag("sequenceFlow"), given)
        if condition:
            expression = ElementTree.SubElement(
                made, _tag("conditionExpression"), {_tag("type", bpmn.XSI): "bpmn:tFormalExpression"}
            )
            expression.text = condition
        self.flows.append((code, Edge(source, target, label), condition))

    # --- the drawing ---------------------------------------------------------------------------------------------

    def _diagram(self) -> None:
        graph = Graph("", (*self.nodes, *self.ends), tuple(edge for _code, edge, _condition in self.flows))
        plan = place(graph, _size)
        diagram = ElementTree.SubElement(self.root, _tag("BPMNDiagram", bpmn.BPMNDI), {"id": "diagram"})
        plane = ElementTree.SubElement(
            diagram, _tag("BPMNPlane", bpmn.BPMNDI), {"id": "plane", "bpmnElement": self.process.attrib["id"]}
        )
        self._shapes(plane, graph, plan)
        for (code, _edge, _condition), path in zip(self.flows, plan.paths, strict=True):
            made = ElementTree.SubElement(
                plane, _tag("BPMNEdge", bpmn.BPMNDI), {"id": f"{code}_di", "bpmnElement": code}
            )
            for x, y in path.points:
                ElementTree.SubElement(made, _tag("waypoint", bpmn.DI), {"x": str(x), "y": str(y)})

    def _shapes(self, plane: Any, graph: Graph, plan: Plan) -> None:
        for node in graph.nodes:
            box = plan.boxes[node.code]
            made = ElementTree.SubElement(
                plane, _tag("BPMNShape", bpmn.BPMNDI), {"id": f"{node.code}_di", "bpmnElement": node.code}
            )
            bounds = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
            ElementTree.SubElement(made, _tag("Bounds", bpmn.DC), {key: str(value) for key, value in bounds.items()})


def _size(node: Node) -> tuple[int, int]:
    if node.shape is Shape.STEP:
        return 140, max(60, 24 + 18 * len(svg.wrap(node.label, 9)))
    return (GATE, GATE) if node.shape is Shape.GATE else (EVENT, EVENT)


def write(definition: Definition, language: str = "zh-hans") -> bytes:
    """The version as a BPMN 2.0 file (UTF-8)."""
    return _Writer(definition, language).write()
