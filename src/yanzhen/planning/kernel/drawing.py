"""Drawings of a report as inline SVG: maps, bars, lines, dots with intervals. Colours differ in lightness too, for grey printing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from yanzhen.planning.kernel.html import Cell, both, svg_text
from yanzhen.planning.kernel.text import Text, number

#: Distinct on screen for colour-blind eyes too (Okabe and Ito 2008), the first ones darkest.
COLOURS = ("#0b5394", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#7a3e9d", "#5f6b76")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Dots:
    """A layer of points (longitude/latitude, or any plane). ``sizes`` in pixels of radius; ``titles`` appear on hover."""

    name: Text
    points: Sequence[Point]
    colour: str = COLOURS[0]
    sizes: Sequence[float] | float = 3.0
    titles: Sequence[Cell] = ()
    shape: str = "circle"  # circle, square, ring
    labels: Sequence[Cell] = ()


@dataclass(frozen=True, slots=True)
class Links:
    """A layer of straight lines between places."""

    name: Text
    pairs: Sequence[tuple[Point, Point]]
    colour: str = "#5f6b76"
    width: float = 1.0
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Shapes:
    """A layer of polygons (GeoJSON-like: anything with ``__geo_interface__`` or a mapping); ``fills`` one a shape."""

    name: Text
    shapes: Sequence[Any]
    fills: Sequence[str] | str = "#dfe7ef"
    stroke: str = "#41525f"
    titles: Sequence[Cell] = ()
    labels: Sequence[Cell] = ()


@dataclass(frozen=True, slots=True)
class Map:
    """Layers drawn over each other, the first at the bottom. ``degrees``: coordinates are longitude and latitude and are drawn
    equidistant at their middle latitude; the legend is made from the layers' names."""

    layers: Sequence[Dots | Links | Shapes]
    caption: Text
    degrees: bool = True
    width: int = 760
    legend: Sequence[tuple[str, Text]] = ()
    focus: Sequence[int] = ()  # layers that the frame is fitted to (all, when empty); the rest runs off the edge

    def html(self) -> Markup:
        """As HTML."""
        fitted = [self.layers[index] for index in self.focus] or list(self.layers)
        points = [point for layer in fitted for point in _points(layer)] or [
            point for layer in self.layers for point in _points(layer)
        ]
        if not points:
            return Markup("")
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        squeeze = math.cos(math.radians((min(ys) + max(ys)) / 2)) if self.degrees else 1.0
        wide, tall = max((max(xs) - min(xs)) * squeeze, 1e-9), max(max(ys) - min(ys), 1e-9)
        margin = 14.0
        inner = self.width - 2 * margin
        scale = min(inner / wide, inner / tall)
        height = tall * scale + 2 * margin
        left = margin + (inner - wide * scale) / 2

        def place(point: Point) -> Point:
            return left + (point[0] - min(xs)) * squeeze * scale, height - margin - (point[1] - min(ys)) * scale

        parts = [_layer(layer, place) for layer in self.layers]
        legend = list(self.legend) or [
            (
                layer.colour
                if not isinstance(layer, Shapes)
                else (layer.fills if isinstance(layer.fills, str) else COLOURS[0]),
                layer.name,
            )
            for layer in self.layers
        ]
        return Markup(
            '<figure><svg viewBox="0 0 {w} {h:.0f}" role="img" aria-label="{a}">{body}</svg>{legend}<figcaption>{c}</figcaption></figure>'
        ).format(
            w=self.width,
            h=height,
            a=self.caption.zh,
            body=Markup("").join(parts),
            legend=_legend(legend),
            c=both(self.caption),
        )


def _points(layer: Dots | Links | Shapes) -> list[Point]:
    if isinstance(layer, Dots):
        return list(layer.points)
    if isinstance(layer, Links):
        return [point for pair in layer.pairs for point in pair]
    return [point for shape in layer.shapes for ring in _rings(shape) for point in ring]


def _rings(shape: Any) -> list[list[Point]]:
    data: Mapping[str, Any] = shape if isinstance(shape, Mapping) else shape.__geo_interface__
    kind = data["type"]
    if kind == "GeometryCollection":
        return [ring for part in data["geometries"] for ring in _rings(part)]
    coordinates = data["coordinates"]
    if kind == "Polygon":
        return [[(p[0], p[1]) for p in ring] for ring in coordinates]
    if kind == "MultiPolygon":
        return [[(p[0], p[1]) for p in ring] for polygon in coordinates for ring in polygon]
    if kind == "LineString":
        return [[(p[0], p[1]) for p in coordinates]]
    if kind == "MultiLineString":
        return [[(p[0], p[1]) for p in line] for line in coordinates]
    return []


def _layer(layer: Dots | Links | Shapes, place: Any) -> Markup:
    parts: list[Markup] = []
    if isinstance(layer, Links):
        dash = Markup(' stroke-dasharray="4 3"') if layer.dashed else ""
        for one, two in layer.pairs:
            (x, y), (u, v) = place(one), place(two)
            parts.append(Markup('<line x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>').format(x, y, u, v))
        return Markup('<g stroke="{}" stroke-width="{}" stroke-opacity="0.7"{}>{}</g>').format(
            layer.colour, layer.width, dash, Markup("").join(parts)
        )
    if isinstance(layer, Dots):
        for index, point in enumerate(layer.points):
            x, y = place(point)
            size = layer.sizes if isinstance(layer.sizes, (int, float)) else layer.sizes[index]
            title = Markup("<title>{}</title>").format(svg_text(layer.titles[index])) if layer.titles else ""
            if layer.shape == "square":
                parts.append(
                    Markup('<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}">{}</rect>').format(
                        x - size, y - size, 2 * size, 2 * size, title
                    )
                )
            else:
                parts.append(Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}">{}</circle>').format(x, y, size, title))
            if layer.labels:
                parts.append(_label(x + size + 2, y + 4, layer.labels[index]))
        look = ("none", layer.colour) if layer.shape == "ring" else (layer.colour, "#fff")
        return Markup('<g fill="{}" stroke="{}" stroke-width="{}">{}</g>').format(
            *look, 1.6 if layer.shape == "ring" else 0.6, Markup("").join(parts)
        )
    for index, shape in enumerate(layer.shapes):
        path = " ".join(
            "M" + "L".join("{:.1f} {:.1f}".format(*place(point)) for point in ring) + "Z" for ring in _rings(shape)
        )
        fill = layer.fills if isinstance(layer.fills, str) else layer.fills[index]
        title = Markup("<title>{}</title>").format(svg_text(layer.titles[index])) if layer.titles else ""
        parts.append(Markup('<path d="{}" fill="{}">{}</path>').format(path, fill, title))
        if layer.labels and _rings(shape):
            ring = [place(point) for point in _rings(shape)[0]]
            x, y = sum(p[0] for p in ring) / len(ring), sum(p[1] for p in ring) / len(ring)
            parts.append(_label(x, y, layer.labels[index], middle=True))
    return Markup('<g stroke="{}" stroke-width="0.8" fill-rule="evenodd" stroke-linejoin="round">{}</g>').format(
        layer.stroke, Markup("").join(parts)
    )


def _label(x: float, y: float, words: Cell, *, middle: bool = False) -> Markup:
    anchor = Markup(' text-anchor="middle"') if middle else ""
    return Markup('<text x="{:.1f}" y="{:.1f}"{}>{}</text>').format(x, y, anchor, svg_text(words))


def _legend(items: Sequence[tuple[str, Text]]) -> Markup:
    if not items:
        return Markup("")
    parts = [
        Markup('<li><svg viewBox="0 0 12 12" class="key"><rect width="12" height="12" fill="{}"/></svg>{}</li>').format(
            colour, both(name)
        )
        for colour, name in items
    ]
    return Markup('<ul class="legend">{}</ul>').format(Markup("").join(parts))


@dataclass(frozen=True, slots=True)
class Bars:
    """Horizontal bars, one row a label; several series side by side (before/after). ``reference``: a vertical line."""

    labels: Sequence[Cell]
    series: Sequence[tuple[Text, Sequence[float]]]
    caption: Text
    unit: Text = Text("", "")  # noqa: RUF009 - frozen
    reference: float | None = None

    def html(self) -> Markup:
        """As HTML."""
        if not self.labels:
            return Markup("")
        thick, pad, left, right, width = 14, 8, 170, 80, 760
        rows = len(self.series)
        row = thick * rows + pad
        height = row * len(self.labels) + 10
        top = max([value for _, values in self.series for value in values] + [self.reference or 0.0, 1e-9])
        scale = (width - left - right) / top
        parts: list[Markup] = []
        for index, label in enumerate(self.labels):
            y = 6 + index * row
            parts.append(
                Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(
                    left - 6, y + thick * rows / 2 + 4, svg_text(label)
                )
            )
            for place, (_, values) in enumerate(self.series):
                value, colour = values[index], COLOURS[place % len(COLOURS)]
                parts.append(
                    Markup('<rect x="{}" y="{}" width="{:.1f}" height="{}" fill="{}"/>').format(
                        left, y + place * thick, max(0.0, value) * scale, thick - 2, colour
                    )
                )
                parts.append(
                    Markup('<text x="{:.1f}" y="{}">{}</text>').format(
                        left + max(0.0, value) * scale + 4, y + place * thick + thick - 3, number(value)
                    )
                )
        if self.reference is not None:
            x = left + self.reference * scale
            parts.append(Markup('<line class="ref" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1}"/>').format(x, height))
        return _figure(width, height, parts, self.caption, self.unit, self.series)


@dataclass(frozen=True, slots=True)
class Curves:
    """Lines over a numeric axis. ``series``: (name, [(x, y), …]); ``steps``: drawn as stairs."""

    series: Sequence[tuple[Text, Sequence[Point]]]
    caption: Text
    x_name: Text
    y_name: Text
    steps: bool = False
    from_zero: bool = True

    def html(self) -> Markup:
        """As HTML."""
        points = [point for _, line in self.series for point in line]
        if not points:
            return Markup("")
        width, height, left, bottom, top = 760, 300, 64, 44, 14
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        x0, x1 = min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1
        y0 = 0.0 if self.from_zero and min(ys) >= 0 else min(ys)
        y1 = max(ys) if max(ys) > y0 else y0 + 1

        def place(point: Point) -> Point:
            return (
                left + (point[0] - x0) / (x1 - x0) * (width - left - 16),
                height - bottom - (point[1] - y0) / (y1 - y0) * (height - bottom - top),
            )

        parts: list[Markup] = []
        for tick in ticks(y0, y1):
            y = place((x0, tick))[1]
            parts.append(
                Markup('<line class="grid" x1="{}" x2="{}" y1="{:.1f}" y2="{:.1f}"/>').format(left, width - 16, y, y)
            )
            parts.append(
                Markup('<text x="{}" y="{:.1f}" text-anchor="end">{}</text>').format(left - 6, y + 4, number(tick))
            )
        for tick in ticks(x0, x1):
            x = place((tick, y0))[0]
            parts.append(
                Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(
                    x, height - bottom + 16, number(tick)
                )
            )
        for index, (_, line) in enumerate(self.series):
            spots = [place(point) for point in line]
            if self.steps:
                spots = [
                    spot
                    for one, two in zip(spots, spots[1:] + spots[-1:], strict=True)
                    for spot in (one, (two[0], one[1]))
                ]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
            dash = ("", "6 3", "2 3", "8 3 2 3")[index % 4]
            parts.append(
                Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2" stroke-dasharray="{}"/>').format(
                    path, COLOURS[index % len(COLOURS)], dash
                )
            )
        parts.append(
            Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>').format(
                (left + width) / 2, height - 8, svg_text(self.x_name)
            )
        )
        return _figure(width, height, parts, self.caption, self.y_name, self.series)


@dataclass(frozen=True, slots=True)
class Intervals:
    """One row a label: a dot with its interval (rank bands, shares with Wilson limits). ``items``: (label, low, middle, high)."""

    items: Sequence[tuple[Cell, float, float, float]]
    caption: Text
    unit: Text = Text("", "")  # noqa: RUF009 - frozen
    from_zero: bool = False

    def html(self) -> Markup:
        """As HTML."""
        if not self.items:
            return Markup("")
        row, left, right, width = 20, 170, 60, 760
        height = row * len(self.items) + 28
        low = 0.0 if self.from_zero else min(item[1] for item in self.items)
        high = max(item[3] for item in self.items)
        scale = (width - left - right) / max(high - low, 1e-9)
        parts: list[Markup] = []
        for tick in ticks(low, high):
            x = left + (tick - low) * scale
            parts.append(
                Markup('<line class="grid" x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="{1}"/>').format(x, height - 20)
            )
            parts.append(
                Markup('<text x="{:.1f}" y="{}" text-anchor="middle">{}</text>').format(x, height - 5, number(tick))
            )
        for index, (label, least, middle, most) in enumerate(self.items):
            y = 10 + index * row
            parts.append(
                Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(left - 6, y + 4, svg_text(label))
            )
            parts.append(
                Markup(
                    '<line x1="{:.1f}" x2="{:.1f}" y1="{}" y2="{}" stroke="{}" stroke-width="3" stroke-opacity="0.45"/>'
                ).format(left + (least - low) * scale, left + (most - low) * scale, y, y, COLOURS[0])
            )
            parts.append(
                Markup('<circle cx="{:.1f}" cy="{}" r="4" fill="{}"/>').format(
                    left + (middle - low) * scale, y, COLOURS[0]
                )
            )
        return _figure(width, height, parts, self.caption, self.unit, ())


def _figure(
    width: int, height: float, parts: Sequence[Markup], caption: Text, unit: Text, series: Sequence[tuple[Text, Any]]
) -> Markup:
    legend = (
        _legend([(COLOURS[i % len(COLOURS)], name) for i, (name, _) in enumerate(series)])
        if len(series) > 1
        else Markup("")
    )
    suffix = Text(f"（{unit.zh}）", f" ({unit.en})") if unit.zh else Text("", "")
    return Markup(
        '<figure><div class="wide" tabindex="0" role="region"><svg class="chart" viewBox="0 0 {w} {h:.0f}" role="img" '
        'aria-label="{a}">{body}</svg></div>{legend}<figcaption>{c}</figcaption></figure>'
    ).format(w=width, h=height, a=caption.zh, body=Markup("").join(parts), legend=legend, c=both(caption + suffix))


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two values."""
    span = high - low
    if span <= 0:
        return [low]
    step = 10 ** math.floor(math.log10(span / about))
    for factor in (1, 2, 5, 10):
        if span / (step * factor) <= about:
            step *= factor
            break
    first = math.ceil(low / step - 1e-9)
    return [round((first + index) * step, 10) for index in range(int((high / step) + 1e-9) - first + 1)]
