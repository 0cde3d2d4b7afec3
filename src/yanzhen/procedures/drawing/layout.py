"""Places boxes in rows from top to bottom and leads the arrows around them.

Rows are the longest way from the start (Sugiyama's first step); an arrow to the next row goes straight down, one that leaps
rows runs in a channel on the right, one that goes back runs in a channel on the left, an exit stands beside its step. No arrow
crosses a box. Units are pixels of the drawing; nothing here is random, so the same version always looks the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from yanzhen.procedures.drawing.graph import Edge, Graph, Node

GAP = 34  # between two rows, before the tracks of arrows that run in it
TRACK = 17  # between two arrows that run side by side
COLUMN = 36  # between two columns
PORT = 30  # between two arrows that leave the same side of a box
MARGIN = 14

Point = tuple[int, int]
Size = Callable[[Node], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies."""

    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def bottom(self) -> int:
        return self.y + self.height

    @property
    def right(self) -> int:
        return self.x + self.width


@dataclass(frozen=True, slots=True)
class Path:
    """How an arrow runs, and where its words stand (``anchor``: start, middle, end)."""

    points: tuple[Point, ...]
    label_at: Point
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole sheet; ``paths`` in the order of the graph's edges."""

    width: int
    height: int
    boxes: dict[str, Box]
    paths: tuple[Path, ...]


@dataclass(slots=True)
class _Sheet:
    """What is known while placing."""

    graph: Graph
    rank: dict[str, int]
    rows: list[list[str]]
    column: dict[str, int]
    exits: dict[str, list[str]]
    exit_gap: int = COLUMN
    lanes: dict[int, int] = field(default_factory=dict)  # number of the edge → lane in its channel, 0 next to the boxes
    boxes: dict[str, Box] = field(default_factory=dict)
    gap_top: dict[int, int] = field(default_factory=dict)  # y under row r (gap -1 lies above the first row)
    tracks: dict[int, int] = field(default_factory=dict)


def back_edges(graph: Graph) -> set[int]:
    """Numbers of the edges that lead to an earlier box. The order of the boxes is the author's; what leads against it is a way
    back."""
    order = {node.code: at for at, node in enumerate(graph.nodes)}
    return {number for number, edge in enumerate(graph.edges) if order[edge.target] <= order[edge.source]}


def ranks(graph: Graph) -> dict[str, int]:
    """Row of each box: the longest way to it, leaving out the ways back. An exit shares the row of its step."""
    back = back_edges(graph)
    kept = [e for n, e in enumerate(graph.edges) if n not in back]
    rank = {node.code: 0 for node in graph.nodes}
    for _ in graph.nodes:
        moved = False
        for edge in kept:
            step = 0 if graph_beside(graph, edge.target) == edge.source else 1
            if rank[edge.target] < rank[edge.source] + step:
                rank[edge.target] = rank[edge.source] + step
                moved = True
        if not moved:
            break
    return rank


def graph_beside(graph: Graph, code: str) -> str:
    """The step that an exit stands beside, "" for any other box."""
    return graph.node(code).beside


def _rows(graph: Graph, rank: dict[str, int]) -> list[list[str]]:
    """Boxes of each row from left to right: in the order of those that lead to them."""
    rows: list[list[str]] = [[] for _ in range(max(rank.values(), default=0) + 1)]
    for node in graph.nodes:
        if not node.beside:
            rows[rank[node.code]].append(node.code)
    place: dict[str, float] = {}
    given = {node.code: at for at, node in enumerate(graph.nodes)}
    for row in rows:
        for code in row:
            before = [place[e.source] for e in graph.edges if e.target == code and e.source in place]
            place[code] = sum(before) / len(before) if before else 0.0
        row.sort(key=lambda code: (place[code], given[code]))
        for at, code in enumerate(row):
            place[code] = float(at)
    return [row for row in rows if row]


def _measure(sheet: _Sheet, size: Size) -> None:
    """Boxes with their places; rows as high as their highest box, gaps as high as the arrows in them need."""
    graph, sizes = sheet.graph, {node.code: size(node) for node in sheet.graph.nodes}
    left = [sheet.lanes[n] for n, e in enumerate(graph.edges) if _side(sheet, n, e) == "left"]
    lanes_left = max(left, default=-1) + 1
    widths: dict[int, int] = defaultdict(int)
    for row in sheet.rows:
        for at, code in enumerate(row):
            beside = [sizes[each][0] for each in sheet.exits.get(code, ())]
            widths[at] = max(widths[at], sizes[code][0] + (sheet.exit_gap + max(beside) if beside else 0))
    own = {at: max(sizes[row[at]][0] for row in sheet.rows if at < len(row)) for at in widths}
    lefts, x = {}, MARGIN + (TRACK * lanes_left + 16 if lanes_left else 0)
    for at in sorted(widths):
        lefts[at] = x
        x += widths[at] + COLUMN
    above = sheet.tracks.get(-1, 0)
    y = MARGIN + (GAP + TRACK * above if above else 0)
    sheet.gap_top[-1] = MARGIN
    for number, row in enumerate(sheet.rows):
        heights = []
        for at, code in enumerate(row):
            width, height = sizes[code]
            height = max(height, PORT * len(sheet.exits.get(code, ())) if code in sheet.exits else 0)
            heights.append(height)
            sheet.boxes[code] = Box(lefts[at] + (own[at] - width) // 2, y, width, height)
            _place_exits(sheet, code, sizes)
        y += max(heights)
        sheet.gap_top[number] = y
        y += GAP + TRACK * sheet.tracks.get(number, 0)


def _place_exits(sheet: _Sheet, code: str, sizes: dict[str, tuple[int, int]]) -> None:
    box, exits = sheet.boxes[code], sheet.exits.get(code, [])
    for at, each in enumerate(exits):
        width, height = sizes[each]
        middle = box.y + box.height * (2 * at + 1) // (2 * len(exits))
        sheet.boxes[each] = Box(box.right + sheet.exit_gap, middle - height // 2, width, height)


def _side(sheet: _Sheet, number: int, edge: Edge) -> str:
    """Where an arrow runs: down, beside, left (back) or right (leaps rows)."""
    if sheet.graph.node(edge.target).beside == edge.source:
        return "beside"
    leap = sheet.rank[edge.target] - sheet.rank[edge.source]
    if leap <= 0:
        return "left"
    return "down" if leap == 1 else "right"


def _share_lanes(sheet: _Sheet, sides: list[str]) -> None:
    """Arrows beside each other get lanes of their own; those that never meet share one. Short ones run next to the boxes."""
    for side in ("left", "right"):
        spans = []
        for number, edge in enumerate(sheet.graph.edges):
            if sides[number] == side:
                ends = (sheet.rank[edge.source], sheet.rank[edge.target] - 1)
                spans.append((max(ends) - min(ends), min(ends), max(ends), number))
        taken: list[list[tuple[int, int]]] = []
        for _length, first, last, number in sorted(spans):
            free = (at for at, lane in enumerate(taken) if all(last < a or b < first for a, b in lane))
            lane = next(free, len(taken))
            if lane == len(taken):
                taken.append([])
            taken[lane].append((first, last))
            sheet.lanes[number] = lane


def _rank_rows(sheet: _Sheet) -> None:
    """Empty rows are gone: number the rows anew."""
    for number, row in enumerate(sheet.rows):
        for at, code in enumerate(row):
            sheet.rank[code], sheet.column[code] = number, at
    for code, exits in sheet.exits.items():
        for each in exits:
            sheet.rank[each] = sheet.rank[code]


def place(graph: Graph, size: Size, reach: Callable[[str], int] = len) -> Plan:
    """The sheet of a graph; ``size`` says how large a box has to be for its words, ``reach`` how long the words of an arrow
    are."""
    rank = ranks(graph)
    exits: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes:
        if node.beside:
            exits[node.beside].append(node.code)
    sheet = _Sheet(graph, rank, _rows(graph, rank), {}, dict(exits))
    _rank_rows(sheet)
    sides = [_side(sheet, number, edge) for number, edge in enumerate(graph.edges)]
    told = [reach(edge.label) for side, edge in zip(sides, graph.edges, strict=True) if side == "beside"]
    sheet.exit_gap = max([COLUMN, *(each + 18 for each in told)])
    for side, edge in zip(sides, graph.edges, strict=True):
        if side in {"left", "right"}:
            sheet.tracks[sheet.rank[edge.source]] = sheet.tracks.get(sheet.rank[edge.source], 0) + 1
            above = sheet.rank[edge.target] - 1
            sheet.tracks[above] = sheet.tracks.get(above, 0) + 1
        elif side == "down" and edge.label:
            sheet.tracks.setdefault(sheet.rank[edge.source], 1)
    _share_lanes(sheet, sides)
    _measure(sheet, size)
    return _lead(sheet, sides)


def _lead(sheet: _Sheet, sides: list[str]) -> Plan:
    """The arrows, and how large the sheet became."""
    right_edge = max(box.right for box in sheet.boxes.values()) + 16
    used: dict[int, int] = defaultdict(int)
    left_of: dict[tuple[str, str], int] = defaultdict(int)  # arrows that already leave a box on this side
    left_edge = min(box.x for box in sheet.boxes.values()) - 16
    rightmost = right_edge
    paths = []
    for number, (side, edge) in enumerate(zip(sides, sheet.graph.edges, strict=True)):
        source, target = sheet.boxes[edge.source], sheet.boxes[edge.target]
        if side == "beside":
            y = target.y + target.height // 2
            paths.append(Path(((source.right, y), (target.x, y)), ((source.right + target.x) // 2, y - 5), "middle"))
        elif side == "down":
            paths.append(_down(sheet, edge, source, target))
        else:
            below, above = sheet.rank[edge.source], sheet.rank[edge.target] - 1
            used[below] += 1
            leave = sheet.gap_top[below] + 20 + TRACK * (used[below] - 1)
            used[above] += 1
            enter = sheet.gap_top[above] + 20 + TRACK * (used[above] - 1)
            shift = min(14 * left_of[edge.source, side], source.width // 4)
            left_of[edge.source, side] += 1
            if side == "left":
                lane = left_edge - TRACK * sheet.lanes[number]
                out_x, in_x, anchor = source.x + source.width // 3 - shift, target.x + target.width // 3, "end"
            else:
                lane = right_edge + TRACK * sheet.lanes[number]
                rightmost = max(rightmost, lane)
                out_x, in_x, anchor = (
                    source.x + 2 * source.width // 3 + shift,
                    target.x + 2 * target.width // 3,
                    "start",
                )
            points = (
                (out_x, source.bottom),
                (out_x, leave),
                (lane, leave),
                (lane, enter),
                (in_x, enter),
                (in_x, target.y),
            )
            paths.append(Path(points, (out_x + (-6 if side == "left" else 6), leave - 3), anchor))
    width = rightmost + MARGIN
    height = max([box.bottom for box in sheet.boxes.values()] + [y for path in paths for _x, y in path.points]) + MARGIN
    return Plan(width, height, sheet.boxes, tuple(paths))


def _down(sheet: _Sheet, edge: Edge, source: Box, target: Box) -> Path:
    start, end = (source.middle, source.bottom), (target.middle, target.y)
    if start[0] == end[0]:
        return Path((start, end), (start[0] + 6, end[1] - 17), "start")
    turn = target.y - 12
    side = "start" if end[0] > start[0] else "end"
    label_x = end[0] + (6 if side == "start" else -6)
    return Path((start, (start[0], turn), (end[0], turn), end), (label_x, turn - 4), side)
