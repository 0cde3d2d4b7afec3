"""The subset of BPMN 2.0 (OMG formal/2013-12-09, ISO/IEC 19510:2013) that procedures use, and its words.

| procedure | BPMN |
|---|---|
| beginning | startEvent |
| submit, review, decision | userTask |
| meeting, ballot, signature | manualTask |
| sign-offs | task, parallel multi-instance |
| publicity, filing | task |
| wait | intermediateCatchEvent with timer or signal |
| outcomes and guards | exclusiveGateway, conditionExpression ``outcome == 'passed' && (guard)`` |
| several targets, ``join`` | parallelGateway |
| ends | endEvent |

What BPMN has no place for (rules, evidence, bodies …) stands as JSON in ``extensionElements`` under our namespace; somebody
who draws in a plain editor may write the same things as TOML into the documentation of an element.
"""

from __future__ import annotations

from collections.abc import Mapping

from yanzhen.procedures.domain.definition import Kind

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
DI = "http://www.omg.org/spec/DD/20100524/DI"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
OURS = "urn:yanzhen:procedures:1"

#: Element of each kind.
ELEMENT: Mapping[Kind, str] = {
    Kind.SUBMIT: "userTask",
    Kind.REVIEW: "userTask",
    Kind.DECISION: "userTask",
    Kind.MEETING: "manualTask",
    Kind.BALLOT: "manualTask",
    Kind.SIGNATURE: "manualTask",
    Kind.SIGN_OFFS: "task",
    Kind.PUBLICITY: "task",
    Kind.FILING: "task",
    Kind.WAIT: "intermediateCatchEvent",
}
#: Kind of an element that somebody else drew, unless the drawing says it.
KIND_OF: Mapping[str, Kind] = {
    "userTask": Kind.REVIEW,
    "manualTask": Kind.MEETING,
    "task": Kind.REVIEW,
    "sendTask": Kind.PUBLICITY,
    "serviceTask": Kind.FILING,
    "businessRuleTask": Kind.DECISION,
    "receiveTask": Kind.WAIT,
    "intermediateCatchEvent": Kind.WAIT,
}
#: Words in the name of a task that tell its kind.
KIND_SIGNS: tuple[tuple[str, Kind], ...] = (
    ("无记名", Kind.BALLOT), ("投票", Kind.BALLOT), ("ballot", Kind.BALLOT),
    ("会签", Kind.SIGN_OFFS), ("联审", Kind.SIGN_OFFS), ("sign-off", Kind.SIGN_OFFS),
    ("公示", Kind.PUBLICITY), ("公开", Kind.PUBLICITY), ("public notice", Kind.PUBLICITY),
    ("备案", Kind.FILING), ("归档", Kind.FILING), ("filing", Kind.FILING),
    ("签字", Kind.SIGNATURE), ("签署", Kind.SIGNATURE), ("signature", Kind.SIGNATURE),
    ("大会", Kind.MEETING), ("会议", Kind.MEETING), ("meeting", Kind.MEETING),
    ("审批", Kind.DECISION), ("批准", Kind.DECISION), ("decision", Kind.DECISION),
    ("提交", Kind.SUBMIT), ("申请", Kind.SUBMIT), ("提议", Kind.SUBMIT), ("submit", Kind.SUBMIT),
)  # fmt: skip
