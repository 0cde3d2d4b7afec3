"""The drawing as inline SVG: no script, no style attribute, nothing loaded, so that a strict content security policy lets it pass.

Colours come from classes (``static/procedures/procedures.css`` takes them from the tokens of the UI kit); the attributes written
here are the black-on-white fallback for a saved file and for paper. What a mark means is told by a sign and a word and the
thickness of the line, never by colour alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from html import escape

from yanzhen.procedures.drawing.graph import Graph, Mark, Node, Shape
from yanzhen.procedures.drawing.layout import Box, Path, Plan, place

FONT = 14
SMALL = 12
LINE = 19
PAD = 12
STEP_WIDTH = 248
EXIT_WIDTH = 132
GATE = 40

#: Signs of the marks; their words are handed in, because they are in the reader's language.
SIGNS: Mapping[Mark, str] = {Mark.DONE: "✓", Mark.NOW: "▶", Mark.AHEAD: "○", Mark.SKIPPED: "–"}


def columns(text: str) -> float:
    """Width of a text in letters: a Chinese one counts 1, a Latin one 0.56."""
    return sum(1.0 if unicodedata.east_asian_width(char) in "WFA" else 0.56 for char in text)


def wrap(text: str, letters: float) -> list[str]:
    """Lines of at most ``letters``; Latin words stay whole where they fit, no line begins with closing punctuation."""
    lines, line = [], ""
    for word in _pieces(text):
        if line and columns(line + word) > letters and word not in "，。；：、）】》”！？,.;:)%":
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
        while columns(line) > letters + 1:
            cut = next(n for n in range(len(line), 0, -1) if columns(line[:n]) <= letters)
            lines.append(line[:cut])
            line = line[cut:]
    if line.strip():
        lines.append(line.rstrip())
    return lines or [""]


def _pieces(text: str) -> list[str]:
    pieces: list[str] = []
    for char in " ".join(text.split()):
        latin = char.isascii() and char != " "
        if latin and pieces and pieces[-1].isascii() and not pieces[-1].endswith(" "):
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _lines(node: Node) -> tuple[list[str], list[str]]:
    """Lines of the name and lines of the notes."""
    if node.shape is Shape.STEP:
        inner = STEP_WIDTH - 2 * PAD
        sign = SIGNS.get(node.mark, "")
        name = wrap(f"{sign} {node.label}".strip(), inner / FONT)
        return name, [line for note in node.notes if note for line in wrap(note, inner / SMALL)]
    width = EXIT_WIDTH if node.shape is Shape.EXIT else STEP_WIDTH
    return wrap(node.label, (width - 2 * PAD) / SMALL), []


def size(node: Node) -> tuple[int, int]:
    """How large a box has to be."""
    name, notes = _lines(node)
    if node.shape is Shape.STEP:
        return STEP_WIDTH, 2 * PAD + LINE * len(name) + (LINE - 2) * len(notes) - 2
    if node.shape is Shape.GATE:
        return GATE, GATE
    widest = max(columns(line) for line in name)
    limit = EXIT_WIDTH if node.shape is Shape.EXIT else STEP_WIDTH
    return min(limit, max(64, int(widest * SMALL) + 2 * PAD + 6)), 12 + (LINE - 2) * len(name)


def _text(x: int, y: int, text: str, kind: str, *, size_px: int, anchor: str = "start", weight: str = "") -> str:
    bold = f' font-weight="{weight}"' if weight else ""
    place_at = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text class="{kind}" x="{x}" y="{y}" font-size="{size_px}"{bold}{place_at}>{escape(text)}</text>'


def _box(node: Node, box: Box) -> list[str]:
    name, notes = _lines(node)
    kind = f"ypd-box ypd-box--{node.shape} ypd-box--{node.mark}"
    thick = {Mark.NOW: "3", Mark.DONE: "1.5"}.get(node.mark, "1")
    dash = ' stroke-dasharray="5 4"' if node.mark in {Mark.AHEAD, Mark.SKIPPED} else ""
    radius = 6 if node.shape is Shape.STEP else box.height // 2
    out = [
        (
            f'<rect class="{kind}" x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="{radius}"'
            f' fill="#fff" stroke="#1d232b" stroke-width="{thick}"{dash}/>'
        )
    ]
    if node.mark is Mark.NOW:
        out.append(
            f'<rect class="ypd-now" x="{box.x}" y="{box.y}" width="6" height="{box.height}" rx="3" fill="#1d232b"/>'
        )
    if node.shape is Shape.STEP:
        y = box.y + PAD + FONT - 1
        weight = "700" if node.mark is Mark.NOW else "600"
        for line in name:
            out.append(_text(box.x + PAD, y, line, "ypd-name", size_px=FONT, weight=weight))
            y += LINE
        for line in notes:
            out.append(_text(box.x + PAD, y - 1, line, "ypd-note", size_px=SMALL))
            y += LINE - 2
    else:
        y = box.y + 6 + SMALL
        for line in name:
            out.append(_text(box.middle, y, line, "ypd-end", size_px=SMALL, anchor="middle"))
            y += LINE - 2
    return out


def _arrow(path: Path, label: str, *, walked: bool, marker: str) -> list[str]:
    points = " ".join(f"{x},{y}" for x, y in path.points)
    kind = "ypd-way ypd-way--walked" if walked else "ypd-way"
    width = "2.5" if walked else "1.25"
    out = [
        (
            f'<polyline class="{kind}" points="{points}" fill="none" stroke="#56606b" stroke-width="{width}"'
            f' stroke-linejoin="round" marker-end="url(#{marker})"/>'
        )
    ]
    if label:
        x, y = path.label_at
        out.append(_text(x, y, label, "ypd-label", size_px=SMALL, anchor=path.anchor))
    return out


def draw(graph: Graph, *, ident: str = "ypd", description: str = "", frame: bool = False) -> str:
    """The drawing as one ``<svg>`` element.

    ``ident`` makes its ids unique on a page; ``description``: the text version in short, read out instead of the boxes;
    ``frame``: with a white ground and the namespace, for a file of its own.
    """
    plan = place(graph, size, lambda text: int(columns(text) * SMALL))
    width = _widened(graph, plan)
    head = 'xmlns="http://www.w3.org/2000/svg" ' if frame else ""
    out = [
        (
            f'<svg {head}class="ypd" role="img" aria-labelledby="{ident}-t {ident}-d" viewBox="0 0 {width} {plan.height}"'
            f' width="{width}" height="{plan.height}" font-family="PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif">'
        ),
        f'<title id="{ident}-t">{escape(graph.title)}</title>',
        f'<desc id="{ident}-d">{escape(description)}</desc>',
        (
            f'<defs><marker id="{ident}-a" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9"'
            ' markerUnits="userSpaceOnUse" orient="auto"><path class="ypd-tip" d="M0 0 10 5 0 10z" fill="#56606b"/></marker></defs>'
        ),
    ]
    if frame:
        out.append(f'<rect width="{width}" height="{plan.height}" fill="#fff"/>')
    for edge, path in zip(graph.edges, plan.paths, strict=True):
        if not edge.walked:
            out += _arrow(path, edge.label, walked=False, marker=f"{ident}-a")
    for edge, path in zip(graph.edges, plan.paths, strict=True):  # the way that was walked lies on top
        if edge.walked:
            out += _arrow(path, edge.label, walked=True, marker=f"{ident}-a")
    for node in graph.nodes:
        out += _box(node, plan.boxes[node.code])
    out.append("</svg>")
    return "".join(out)


def _widened(graph: Graph, plan: Plan) -> int:
    """The sheet's width with the words beside the arrows."""
    ends = [
        path.label_at[0] + int(columns(edge.label) * SMALL) + 8
        for edge, path in zip(graph.edges, plan.paths, strict=True)
        if edge.label and path.anchor == "start"
    ]
    return max([plan.width, *ends])
