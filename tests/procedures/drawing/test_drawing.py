"""Boxes, arrows and words: nothing overlaps, nothing is lost, nothing needs colour or a style attribute."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from yanzhen.procedures.domain import loader
from yanzhen.procedures.drawing import of, reading, svg
from yanzhen.procedures.drawing.graph import Edge, Graph, Mark, Node, Shape
from yanzhen.procedures.drawing.layout import Box, place
from yanzhen.procedures.drawing.of import Standing

EXAMPLE = loader.load((Path(__file__).parent / "example.toml").read_text(encoding="utf-8"))


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Any steps with any arrows, some with exits."""
    count = draw(st.integers(1, 9))
    nodes = [
        Node("start", "开始", Shape.START),
        *(Node(f"s{n}", f"步骤{n}", notes=("甲",) * draw(st.integers(0, 3))) for n in range(count)),
    ]
    edges = [Edge("start", "s0")]
    for n in range(count):
        targets = draw(st.sets(st.integers(0, count - 1), max_size=3))
        edges += [Edge(f"s{n}", f"s{target}", draw(st.sampled_from(["", "通过", "退回修改"]))) for target in targets]
        for number in range(draw(st.integers(0, 2))):
            nodes.append(Node(f"x{n}_{number}", "终止", Shape.EXIT, beside=f"s{n}"))
            edges.append(Edge(f"s{n}", f"x{n}_{number}", "不同意"))
    return Graph("任意", tuple(nodes), tuple(edges))


def apart(one: Box, other: Box) -> bool:
    return one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y


def inside(x: float, y: float, box: Box) -> bool:
    return box.x < x < box.right and box.y < y < box.bottom


@settings(max_examples=60, deadline=None)
@given(graphs())
def test_boxes_stand_apart_and_arrows_go_around(graph: Graph) -> None:
    plan = place(graph, svg.size, lambda text: 12 * len(text))
    boxes = list(plan.boxes.items())
    assert len(boxes) == len(graph.nodes)
    for at, (_code, box) in enumerate(boxes):
        assert min(box.x, box.y) >= 0
        assert box.right <= plan.width
        assert box.bottom <= plan.height
        assert all(apart(box, other) for _other, other in boxes[at + 1 :])
    for path in plan.paths:
        for (x1, y1), (x2, y2) in zip(path.points, path.points[1:], strict=False):
            assert x1 == x2 or y1 == y2, "arrows run straight or turn by right angles"
            middle = ((x1 + x2) / 2, (y1 + y2) / 2)
            assert not any(inside(*middle, box) for _code, box in boxes)
    channels = [
        (path.points[2][0], *sorted((path.points[2][1], path.points[3][1])))
        for path in plan.paths
        if len(path.points) == 6
    ]
    for at, (x, top, bottom) in enumerate(channels):
        beside = [other for other in channels[at + 1 :] if other[0] == x]
        assert all(bottom <= first or last <= top for _x, first, last in beside), "no two arrows run on one line"
    assert place(graph, svg.size, lambda text: 12 * len(text)) == plan


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_svg_is_sound_and_needs_no_style(graph: Graph) -> None:
    text = svg.draw(graph, ident="a", description="<说明>", frame=True)
    ElementTree.fromstring(text)  # noqa: S314 our own
    assert "style=" not in text
    assert "<script" not in text
    assert "href" not in text
    for node in graph.nodes:
        assert node.label in text


def test_every_step_and_every_way_is_drawn() -> None:
    graph = of.graph_of(EXAMPLE)
    drawn = {(edge.source, edge.target) for edge in graph.edges}
    for step in EXAMPLE.steps:
        for _outcome, _branch, target in step.targets():
            assert any(
                source == step.key and (to == target or graph.node(to).shape in {Shape.EXIT, Shape.END})
                for source, to in drawn
            )
    assert sum(node.shape is Shape.STEP for node in graph.nodes) == len(EXAMPLE.steps)


def test_where_the_case_stands_is_told_by_sign_word_and_line() -> None:
    stands = {
        "propose": Standing(Mark.DONE, ("2026-11-01 提交",), frozenset({("submitted", "check")})),
        "discuss": Standing(Mark.NOW, ("村书记", "缺：会议记录")),
        "meet": Standing(Mark.AHEAD),
    }
    graph = of.graph_of(EXAMPLE, standing=stands)
    text = svg.draw(graph)
    assert "▶ 两委商议" in text
    assert "✓ 党组织提议" in text
    assert "缺：会议记录" in text
    assert [edge.walked for edge in graph.edges if (edge.source, edge.target) == ("propose", "check")] == [True]
    assert [edge.walked for edge in graph.edges if (edge.source, edge.target) == ("propose", "discuss")] == [False]
    said = reading.lines(EXAMPLE, standing=stands)
    assert [line.key for line in said if line.mark is Mark.NOW] == ["discuss"]
    assert "第 3 步“两委商议”" in reading.summary(said)


def test_the_text_version_tells_every_way() -> None:
    said = reading.lines(EXAMPLE)
    assert [line.title for line in said] == [step.title.zh for step in EXAMPLE.steps]
    for line, step in zip(said, EXAMPLE.steps, strict=True):
        assert len(line.ways) == sum(len(branches) for branches in step.ways.values())
    english = reading.lines(EXAMPLE, "en")
    assert "step 2 “部门会签” and step 3 “两委商议”" in english[0].ways[0], "titles without a translation stay Chinese"
    assert reading.summary(english, english=True) == "7 steps."


@given(st.text(max_size=60), st.integers(4, 30))
def test_wrapping_loses_no_letter(text: str, letters: int) -> None:
    lines = svg.wrap(text, letters)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert all(svg.columns(line) <= letters + 1.01 for line in lines)
