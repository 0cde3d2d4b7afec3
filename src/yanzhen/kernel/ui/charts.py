"""From a ChartSpec to ECharts options. One palette that keeps its order, no animation, aria description on."""

from __future__ import annotations

from typing import Any

from yanzhen.kernel.ui.components import ChartSpec, Series

# Distinct in lightness as well as in hue, so that it survives a black-and-white printer.
PALETTE = ("#1f4e8c", "#c07a1e", "#4f7f6b", "#8a3b3b", "#6b6f9c", "#3c3c3c")


def _series(series: Series, spec: ChartSpec) -> dict[str, Any]:
    out: dict[str, Any] = {"name": str(series.name), "type": series.kind, "data": list(series.values)}
    if series.kind == "bar":
        out["barMaxWidth"] = 28
    if series.color:
        out["itemStyle"] = {"color": series.color}
    if spec.stacked:
        out["stack"] = "total"
    if series.urls:
        out["urls"] = list(series.urls)
    return out


def option(spec: ChartSpec) -> dict[str, Any]:
    """The options as plain data; ``urls`` of a series are read by the page's script (a click opens the records)."""
    category: dict[str, Any] = {
        "type": "category",
        "data": [str(name) for name in spec.categories],
        "axisTick": {"show": False},
    }
    value: dict[str, Any] = {"type": "value"}  # the unit stands in the figure's title
    if spec.horizontal:
        category["inverse"] = True
        category["axisLabel"] = {"interval": 0}  # every unit is named, however small its bar
    out: dict[str, Any] = {
        "color": list(PALETTE),
        "animation": False,
        "aria": {"enabled": True, "label": {"description": f"{spec.title} {spec.conclusion}"}},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "legend": {"show": len(spec.series) > 1, "top": 0, "left": 0},
        "grid": {"left": 8, "right": 24, "top": 40, "bottom": 8, "containLabel": True},
        "xAxis": value if spec.horizontal else category,
        "yAxis": category if spec.horizontal else value,
        "series": [_series(series, spec) for series in spec.series],
    }
    return {**out, **dict(spec.option or {})}
