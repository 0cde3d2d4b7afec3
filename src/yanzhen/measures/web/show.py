"""From a board to components: figures, table, chart, map, workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from yanzhen.kernel.intake.api import ExportColumn, export_workbook, workbook_response
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as ui
from yanzhen.measures.board import Board, Line
from yanzhen.measures.domain.periods import month_of, previous
from yanzhen.measures.selectors import Figure

_SHOWN_MONTHS = 13
LEADS = {"green": _lazy("达标"), "yellow": _lazy("关注"), "red": _lazy("落后"), "grey": _lazy("样本不足")}


def words(figure: Figure) -> str:
    """A figure as people read it: ``93.4%``, ``1,204``, ``3.2 天``; a dash where there is nothing to divide."""
    if figure.value is None:
        return "—"
    if figure.indicator.kind == "rate":
        return f"{figure.value * 100:.{figure.indicator.places}f}%"
    if figure.indicator.kind == "mean":
        return f"{figure.value:.{figure.indicator.places}f}"
    return f"{int(figure.value):,}"


def doubt(figure: Figure) -> str:
    """What stands beside a rate: of how many, and how sure."""
    if figure.indicator.kind != "rate" or not figure.denominator:
        return ""
    text = f"n={figure.denominator:,}"
    if figure.interval:
        text += f" [{figure.interval.low * 100:.0f}–{figure.interval.high * 100:.0f}%]"
    return text


def _delta(now: Figure, then: Figure) -> str:
    if now.value is None or then.value is None or not (then.denominator or then.numerator):
        return "—"
    if now.indicator.kind == "rate":
        return f"{(now.value - then.value) * 100:+.1f} pp"
    return f"{now.value - then.value:+,.{now.indicator.places if now.indicator.kind == 'mean' else 0}f}"


def query(board: Board, **changes: str) -> str:
    """The board's query string with changes."""
    return urlencode({"period": board.period, "by": board.chosen.code} | changes)


def heading_figures(board: Board) -> list[ui.Figure]:
    """The unit's own figures, each with the period before and the year before, each opening its rows."""
    return [
        ui.Figure(
            label=found.name, value=words(board.whole[found.code]), url=_opens(board.whole[found.code]),
            unit=_(found.measure) if found.kind != "rate" else "", light=_lamp(board.whole[found.code]),
            note=" · ".join(filter(None, [
                doubt(board.whole[found.code]),
                "" if found.stock else _("环比 %(a)s　同比 %(b)s") % {
                    "a": _delta(board.whole[found.code], board.before[found.code]),
                    "b": _delta(board.whole[found.code], board.year_ago[found.code]),
                },
            ])),
        )
        for found in board.columns
    ]  # fmt: skip


def _opens(figure: Figure) -> str:
    """The rows behind a figure: all that was counted, or the denominator of a rate."""
    return figure.url("numerator" if figure.indicator.kind == "count" else "denominator")


def _lamp(figure: Figure) -> str:
    return "" if figure.light == "none" else figure.light


def table(board: Board) -> ui.CaseTable:
    """One row a unit below, one column an indicator; the head of a column chooses it for map, chart and order."""
    url = reverse("unit_board", args=[board.unit.id])
    columns = [ui.Column(_("单位"))]
    columns += [
        ui.Column(found.name, kind="num", sort_url=f"{url}?{query(board, by=found.code)}",
                  sorted="descending" if found.code == board.chosen.code else "")
        for found in board.columns
    ]  # fmt: skip
    columns.append(ui.Column(_("位次"), kind="num"))
    return ui.CaseTable(
        caption=_("%(unit)s所辖单位，%(period)s") % {"unit": board.unit.name, "period": board.period},
        columns=columns,
        rows=[_row(board, line) for line in board.lines],
        empty=ui.Empty(_("下面没有更小的区域"), _("点上面的数字可以打开对应的事项清单。")),
        id="below",
    )


def _row(board: Board, line: Line) -> ui.Row:
    cells = []
    for found in board.columns:
        figure = line.figures[found.code]
        lamp = ui.Lamp(figure.light, words(figure), LEADS[figure.light]) if figure.light != "none" else None
        cells.append(
            ui.Cell("" if lamp else words(figure), lamp=lamp, note=doubt(figure),
                    url=_opens(figure) if figure.denominator or figure.numerator else "")
        )  # fmt: skip
    if line.rank is None:
        cells.append(ui.Cell("—", note=_("样本不足 %(n)s") % {"n": board.min_n}))
    else:
        cells.append(ui.Cell(str(line.rank), note=_("并列") if line.tied else ""))
    return ui.Row(line.unit.name, f"{reverse('unit_board', args=[line.unit.id])}?{query(board)}", cells)


def chart(board: Board) -> ui.ChartSpec | None:
    """The chosen indicator across the units below, with its sentence."""
    shown = [line for line in board.lines if line.figures[board.chosen.code].value is not None][:40]
    if len(shown) < 2:
        return None
    code, scale = board.chosen.code, 100 if board.chosen.kind == "rate" else 1
    figures = [line.figures[code] for line in shown]
    best = max(shown, key=lambda line: line.figures[code].value or 0)
    least = min(shown, key=lambda line: line.figures[code].value or 0)
    return ui.ChartSpec(
        id="by-unit", title=board.chosen.name,
        conclusion=_("最高 %(best)s（%(high)s），最低 %(least)s（%(low)s）；样本小的单位差别可能只是偶然。") % {
            "best": best.unit.name, "high": words(best.figures[code]),
            "least": least.unit.name, "low": words(least.figures[code]),
        },
        categories=[line.unit.name for line in shown],
        series=[ui.Series(board.chosen.name, [round((f.value or 0) * scale, 1) for f in figures], [f.url() for f in figures])],
        unit="%" if board.chosen.kind == "rate" else _(board.chosen.measure),
        as_of=date_words(board.data_time), coverage=coverage(board), horizontal=len(shown) > 8,
    )  # fmt: skip


def date_words(when: datetime | None) -> str:
    """Data time in local time."""
    return timezone.localtime(when).strftime("%Y-%m-%d %H:%M") if when else "—"


def legend() -> list[ui.Lamp]:
    """The lights of the map with their words."""
    return [ui.Lamp(light, "", lead) for light, lead in LEADS.items()]


def coverage(board: Board) -> str:
    """``18/20 个单位有数据``."""
    return _("%(n)s/%(all)s 个单位有数据") % {"n": board.covered, "all": len(board.lines)}


@dataclass(frozen=True, slots=True)
class Area:
    """One clickable outline of the map."""

    path: str
    x: float
    y: float
    name: str
    words: str
    light: str
    url: str


def shapes(board: Board) -> list[Area]:
    """Outlines of the map with the chosen indicator's light and words."""
    if board.drawing is None:
        return []
    lines = {line.unit.id: line for line in board.lines}
    found = []
    for shape in board.drawing.shapes:
        line = lines[shape.key]
        figure = line.figures[board.chosen.code]
        found.append(
            Area(shape.path, shape.x, shape.y, line.unit.name, words(figure), figure.light,
                 f"{reverse('unit_board', args=[line.unit.id])}?{query(board)}")
        )  # fmt: skip
    return found


def months(today: date, chosen: str) -> Sequence[tuple[str, bool]]:
    """Months to choose from, newest first; a quarter or year that was asked for stays in the list."""
    codes = [month_of(today)]
    while len(codes) < _SHOWN_MONTHS:
        codes.append(previous(codes[-1]))
    codes += [f"{today.year}-Q{(today.month + 2) // 3}", str(today.year), str(today.year - 1)]
    if chosen not in codes:
        codes.insert(0, chosen)
    return [(code, code == chosen) for code in codes]


def sheet(board: Board, *, actor: Actor, now: datetime) -> HttpResponse:
    """The board as a workbook."""
    columns = [ExportColumn("unit", _("单位"), 18)]
    for found in board.columns:
        columns.append(ExportColumn(found.code, f"{found.name}（{_(found.measure)}）", 12))
        if found.kind == "rate":
            columns.append(ExportColumn(f"{found.code}.n", _("%(name)s分母") % {"name": found.name}, 10))
            columns.append(ExportColumn(f"{found.code}.x", _("%(name)s剔除") % {"name": found.name}, 10))
    rows = [_cells(board.unit.name, board.whole), *(_cells(line.unit.name, line.figures) for line in board.lines)]
    body = export_workbook(
        title=_("%(unit)s诉求办理情况（%(period)s）") % {"unit": board.unit.name, "period": board.period},
        columns=columns, rows=rows, unit=board.unit.name, as_of=date_words(board.data_time),
        notes=[_("率的分母已剔除经审核的事项；样本少于 %(n)s 件的不参与排序。") % {"n": board.min_n}],
    )  # fmt: skip
    return workbook_response(
        body, f"{board.unit.name}-{board.period}.xlsx", actor=actor, now=now, what="measures.board", rows=len(rows)
    )


def _cells(name: str, figures: dict[str, Figure]) -> dict[str, object]:
    row: dict[str, object] = {"unit": name}
    for code, figure in figures.items():
        value = figure.value
        row[code] = (
            "" if value is None else round(value * 100, 2) if figure.indicator.kind == "rate" else round(value, 2)
        )
        row[f"{code}.n"], row[f"{code}.x"] = figure.denominator, figure.excluded
    return row
