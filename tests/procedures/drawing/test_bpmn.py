"""BPMN: our drawing opens elsewhere and comes back the same; somebody else's becomes a procedure or a list of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser, BpmnValidator

from yanzhen.procedures.domain import loader
from yanzhen.procedures.domain.definition import Kind
from yanzhen.procedures.drawing import bpmn_in, bpmn_out, xml

HERE = Path(__file__).parent
SHIPPED = sorted((Path(loader.__file__).parents[1] / "definitions").glob("*.toml"))
SOURCES = [HERE / "example.toml", *SHIPPED]
HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="x">'

DRAWN = (
    HEAD
    + """
 <process id="county_leave" name="请假" isExecutable="true">
  <documentation>code = "county.leave"
level = "village"
starters = ["village_secretary"]</documentation>
  <laneSet id="lanes">
   <lane id="l1" name="village_secretary @ village"><flowNodeRef>Activity_1</flowNodeRef></lane>
   <lane id="l2" name="township_secretary、township_organiser @ township"><flowNodeRef>Activity_2</flowNodeRef></lane>
  </laneSet>
  <startEvent id="s"/>
  <userTask id="Activity_1" name="填写请假单"/>
  <userTask id="Activity_2" name="乡镇审批"/>
  <exclusiveGateway id="g"/>
  <endEvent id="yes" name="办结"/><endEvent id="no"><terminateEventDefinition id="t"/></endEvent>
  <sequenceFlow id="f1" sourceRef="s" targetRef="Activity_1"/>
  <sequenceFlow id="f2" sourceRef="Activity_1" targetRef="Activity_2"/>
  <sequenceFlow id="f3" sourceRef="Activity_2" targetRef="g"/>
  <sequenceFlow id="f4" name="同意" sourceRef="g" targetRef="yes"/>
  <sequenceFlow id="f5" name="退回" sourceRef="g" targetRef="Activity_1"/>
  <sequenceFlow id="f6" name="不同意" sourceRef="g" targetRef="no"/>
 </process>
</definitions>"""
)


def problems(body: bytes) -> list[tuple[int, str]]:
    with pytest.raises(loader.DefinitionErrors) as caught:
        bpmn_in.load(body)
    return [(each.line, each.message) for each in caught.value.problems]


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_it_comes_back_the_same(path: Path, language: str) -> None:
    definition = loader.load(path.read_text(encoding="utf-8"))
    assert bpmn_in.load(bpmn_out.write(definition, language)) == definition


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_an_independent_reader_opens_it(path: Path) -> None:
    definition = loader.load(path.read_text(encoding="utf-8"))
    parser = BpmnParser(validator=BpmnValidator())  # checks against the schema of BPMN 2.0
    parser.add_bpmn_str(bpmn_out.write(definition))
    (process,) = parser.get_process_ids()
    specs = parser.get_spec(process).task_specs
    for step in definition.steps:
        assert specs.get(f"{step.key} [child]", specs[step.key]).bpmn_name == step.title.zh


def test_every_element_has_a_place_in_the_drawing() -> None:
    definition = loader.load(SOURCES[0].read_text(encoding="utf-8"))
    root = xml.read(bpmn_out.write(definition))
    process = next(each for each in root.children if each.name == "process")
    ids = {each.get("id") for each in process.children if each.get("id")}
    plane = next(each for each in root.children if each.name == "BPMNDiagram").children[0]
    assert {each.get("bpmnElement") for each in plane.children} == ids


def test_a_drawing_from_elsewhere_becomes_a_procedure() -> None:
    found = bpmn_in.load(DRAWN.encode())
    assert (found.code, found.version, found.title.zh) == ("county.leave", 1, "请假")
    assert [(step.key, step.kind) for step in found.steps] == [
        ("activity_1", Kind.SUBMIT),
        ("activity_2", Kind.DECISION),
    ]
    assert found.steps[0].who.roles == ("village_secretary",)
    assert found.steps[1].who.at == "township"
    assert found.steps[1].who.roles == ("township_secretary", "township_organiser")
    assert {outcome: branches[0].to for outcome, branches in found.steps[1].ways.items()} == {
        "approved": ("@resolved",), "returned": ("activity_1",), "rejected": ("@ended",),
    }  # fmt: skip


def test_an_arrow_moved_in_an_editor_moves_the_way() -> None:
    definition = loader.load(SOURCES[0].read_text(encoding="utf-8"))
    text = bpmn_out.write(definition).decode()
    moved = text.replace('sourceRef="way_review" targetRef="meet"', 'sourceRef="way_review" targetRef="propose"')
    assert moved != text
    changed = bpmn_in.load(moved.encode())
    assert changed.step("review").ways["returned"][0].to == ("propose",)
    assert [step for step in changed.steps if step.key != "review"] == [
        step for step in definition.steps if step.key != "review"
    ]


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ('name="同意"', 'name="也许"', "说不清连线“也许”"),
        ('<endEvent id="yes"', '<scriptTask id="Activity_3" name="程序"/><endEvent id="yes"', "不支持“scriptTask”"),
        ('sourceRef="Activity_1" targetRef="Activity_2"', 'sourceRef="Activity_1" targetRef="nowhere"', "没有接到步骤上"),
        ('sourceRef="g" targetRef="no"', 'sourceRef="g" targetRef="g"', "网关"),
        ('<userTask id="Activity_2"', '<userTask id="Activity_2" xmlns:yz="urn:yanzhen:procedures:1" yz:kind="dance"', "不认识的步骤类型"),
        ('<userTask id="Activity_2" name="乡镇审批"/>', '<userTask id="Activity_2" name="乡镇审批"><documentation>limit = 3</documentation></userTask>', "应为文字"),
        ('<userTask id="Activity_2" name="乡镇审批"/>', '<userTask id="Activity_2" name="乡镇审批"><documentation>limit = oh</documentation></userTask>', "TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_by_line(old: str, new: str, word: str) -> None:
    wrong = DRAWN.replace(old, new)
    assert wrong != DRAWN
    line = wrong[: wrong.index(new)].count("\n") + 1
    found = problems(wrong.encode())
    assert any(at == line and word in message for at, message in found), found


def test_two_beginnings_are_one_too_many() -> None:
    assert any(
        "2 个" in message
        for _line, message in problems(
            DRAWN.replace('<startEvent id="s"/>', '<startEvent id="s"/><startEvent id="t"/>').encode()
        )
    )


def test_roles_of_a_lane_are_checked() -> None:
    with pytest.raises(loader.DefinitionErrors) as caught:
        bpmn_in.load(DRAWN.encode(), known=loader.Known(roles={"village_secretary", "township_secretary"}))
    assert [each.message for each in caught.value.problems] == ["没有角色“township_organiser”。"]


@pytest.mark.parametrize(
    "body",
    [
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        '<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:9/"> %p;]><x/>',
    ],
)
def test_no_document_type_is_read(body: str) -> None:
    (found,) = problems(body.encode())
    assert "DOCTYPE" in found[1]


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "XML"), (b"PK\x03\x04 not xml", "XML"), (b"<a>", "XML"), (b"<html/>", "BPMN"), (b'<?xml version="1.0" encoding="x-none"?><a/>', "XML"),
        (b"<a>" * 100 + b"</a>" * 100, "庞大"), (b"<a>" + b"<b/>" * 20_001 + b"</a>", "庞大"), (b" " * 1_000_001, "庞大"),
        ((HEAD + "<process id='a'/><process id='b'/></definitions>").encode(), "2 个"),
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_words(body: bytes, word: str) -> None:
    assert any(word in message for _line, message in problems(body))
