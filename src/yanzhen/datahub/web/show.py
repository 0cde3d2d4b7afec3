"""From the lake's answers to components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.datahub import selectors
from yanzhen.datahub.models import AccessRequest
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.lake.api import Asked, Contract, Line

REFRESH = {
    "daily": gettext_lazy("每天"), "weekly": gettext_lazy("每周"), "monthly": gettext_lazy("每月"),
    "quarterly": gettext_lazy("每季"), "yearly": gettext_lazy("每年"), "once": gettext_lazy("一次性"),
}  # fmt: skip
SENSITIVITY = {
    "open": gettext_lazy("公开"), "internal": gettext_lazy("内部"), "personal": gettext_lazy("个人信息"),
    "sensitive": gettext_lazy("敏感个人信息"),
}  # fmt: skip
STATES = {
    "asked": gettext_lazy("待审批"), "granted": gettext_lazy("已同意"), "refused": gettext_lazy("不同意"),
    "ended": gettext_lazy("已终止"),
}  # fmt: skip
TONES = {"asked": "warning", "granted": "success", "refused": "danger", "ended": "neutral"}
RUN_STATES = {
    "kept": gettext_lazy("已入湖"), "known": gettext_lazy("已有，跳过"), "stopped": gettext_lazy("问题过多，已停"),
    "empty": gettext_lazy("空"), "dry": gettext_lazy("试运行"),
}  # fmt: skip


def share(part: float, whole: float) -> str:
    """A share as people read it."""
    return f"{part / whole:.1%}" if whole else "—"


def day(text: str) -> str:
    return text[:10]


def figures(page: selectors.BookPage) -> list[c.Figure]:
    """The head of a book."""
    return [
        c.Figure(_("数据来源"), len(page.lines), unit=_("个")),
        c.Figure(_("记录"), f"{page.rows:,}", unit=_("条")),
        c.Figure(_("落到网格"), share(page.to_grid, page.rows)),
        c.Figure(_("逾期未更新"), page.late, unit=_("个"), light="red" if page.late else "green"),
    ]


def book_table(page: selectors.BookPage, viewer: Actor) -> c.CaseTable:
    """One line a source."""
    opens = viewer.has("datahub.rows")
    return c.CaseTable(
        caption=_("%(unit)s的数据账本") % {"unit": page.unit.name},
        columns=[
            c.Column(_("数据")), c.Column(_("部门与系统")), c.Column(_("记录"), kind="num"), c.Column(_("落到网格"), kind="num"),
            c.Column(_("更新")), c.Column(_("近几次变化")),
        ],
        rows=[_book_row(line, opens) for line in page.lines],
        empty=c.Empty(_("还没有数据落到这里"), _("部门的数据入湖并落到本区域后，会出现在这里。")),
        id="book",
    )  # fmt: skip


def _book_row(line: Line, opens: bool) -> c.Row:
    lamp = c.Lamp("red", day(line.as_of)) if line.late else c.Lamp("green", day(line.as_of) or "—")
    trend = "　".join(f"{at[5:]} {count:+,}" for at, count in line.trend[-3:])
    full = sum(line.complete.values()) / len(line.complete) if line.complete else None
    return c.Row(
        line.title, reverse("data_rows", args=[line.source]) if opens else "",
        [
            c.Cell(line.department, note=line.system), c.Cell(f"{line.rows:,}"), c.Cell(share(line.located.get("grid", 0), line.rows)),
            c.Cell(lamp=lamp, note=str(REFRESH.get(line.refresh, ""))), c.Cell(trend or "—"),
        ],
        note=_("完整率 %(n)s") % {"n": f"{full:.0%}"} if full is not None else "",
    )  # fmt: skip


def rows_table(contract: Contract, found: Any) -> c.CaseTable:
    """Rows as they are shown: masked values stay masked."""
    titles = selectors.titles(contract)
    names = selectors.place_names({row["place"] for row in found.rows if row.get("place")})
    return c.CaseTable(
        caption=contract.title,
        columns=[c.Column(titles.get(name, name)) for name in found.columns],
        rows=[
            c.Row(names.get(row["place"], _("未落到本级")), "", [c.Cell(cell(row[name])) for name in found.columns[1:]])
            for row in found.rows
        ],
        empty=c.Empty(_("这个范围里没有记录"), ""),
        id="rows",
    )


def cell(given: Any) -> str:
    """A value in words."""
    if given is None:
        return "—"
    if isinstance(given, bool):
        return _("是") if given else _("否")
    if isinstance(given, datetime):
        return f"{given:%Y-%m-%d %H:%M}"
    return str(given)


def found_tables(found: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[tuple[Contract, c.CaseTable]]:
    """One table a source for what a look-up found."""
    made = []
    for name, rows in found.items():
        contract = selectors.contract_of(name)
        titles = selectors.titles(contract)
        columns = [key for key in rows[0] if key in titles and key not in ("person", "place")]
        names = selectors.place_names({row["place"] for row in rows if row.get("place")})
        made.append(
            (
                contract,
                c.CaseTable(
                    caption=contract.title, columns=[c.Column(_("地点")), *(c.Column(titles[key]) for key in columns)],
                    rows=[c.Row(names.get(row["place"], "—"), "", [c.Cell(cell(row[key])) for key in columns]) for row in rows],
                    id=name,
                ),
            )
        )  # fmt: skip
    return made


def catalogue_table(words: str) -> c.CaseTable:
    """Sources of the catalogue."""
    rows = []
    for contract, batch in selectors.catalogue(words):
        rows.append(
            c.Row(
                contract.title, reverse("data_source", args=[contract.name]),
                [
                    c.Cell(contract.department, note=contract.system), c.Cell(str(SENSITIVITY.get(contract.sensitivity, ""))),
                    c.Cell(str(REFRESH.get(contract.refresh, ""))), c.Cell(day(batch.at) if batch else "—"),
                    c.Cell(f"{batch.arrived:,}" if batch else "—"), c.Cell(share(batch.held, batch.arrived) if batch else "—"),
                ],
            )
        )  # fmt: skip
    return c.CaseTable(
        caption=_("数据来源"),
        columns=[
            c.Column(_("数据")), c.Column(_("部门与系统")), c.Column(_("敏感级别")), c.Column(_("更新频率")), c.Column(_("最近入湖")),
            c.Column(_("最近一批"), kind="num"), c.Column(_("扣下"), kind="num"),
        ],
        rows=rows,
        empty=c.Empty(_("没有符合的数据来源"), _("换一个词再找，或在契约目录里登记新的来源。")),
        id="sources",
    )  # fmt: skip


def columns_table(contract: Contract) -> c.CaseTable:
    """The columns of a contract."""
    return c.CaseTable(
        caption=_("数据项"),
        columns=[c.Column(_("数据项")), c.Column(_("原列名")), c.Column(_("类型")), c.Column(_("必填")), c.Column(_("遮盖"))],
        rows=[
            c.Row(
                column.title or column.source, "",
                [c.Cell(column.source), c.Cell(column.type), c.Cell(_("是") if column.required else ""), c.Cell(column.mask or "—")],
            )
            for column in contract.columns
        ],
        id="columns",
    )  # fmt: skip


def run_rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The batches of a run, each with the way its rows took."""
    found = []
    for each in report["outcomes"]:
        steps = [
            (_("到达"), each["arrived"]), (_("扣下"), each["held"]), (_("保留"), each["kept"]),
            (_("关联到人"), sum(each["ties"].values())), (_("落到地点"), sum(each["how"].values())),
        ]  # fmt: skip
        found.append(
            {
                **each, "steps": steps, "state_words": RUN_STATES.get(each["state"], each["state"]),
                "balanced": each["arrived"] == each["kept"] + each["held"], "cpu_s": round(sum(each["cpu"].values()), 1),
                "reason_rows": sorted(each["reasons"].items(), key=lambda pair: -pair[1])[:8],
                "how_rows": sorted(each["how"].items(), key=lambda pair: -pair[1]),
            }
        )  # fmt: skip
    return found


def request_table(rows: Sequence[AccessRequest], titles: Mapping[str, str]) -> c.CaseTable:
    """Requests, newest first."""
    return c.CaseTable(
        caption=_("数据使用申请"),
        columns=[c.Column(_("数据")), c.Column(_("单位")), c.Column(_("用途")), c.Column(_("用到")), c.Column(_("状态"))],
        rows=[
            c.Row(
                titles.get(row.source, row.source), reverse("data_request", args=[row.pk]),
                [
                    c.Cell(row.unit.name, note=row.place.name), c.Cell(row.purpose[:60]), c.Cell(row.until.isoformat()),
                    c.Cell(badge=c.Badge(STATES[row.state], TONES[row.state])),
                ],
            )
            for row in rows
        ],
        empty=c.Empty(_("还没有申请"), _("在数据目录里打开一个来源，可以提出使用申请。")),
        id="requests",
    )  # fmt: skip


def asked_rows(found: Asked, titles: Mapping[str, str]) -> list[c.AnswerRow]:
    """Where each field stands already."""
    return [
        c.AnswerRow(
            titles.get(each.element, each.element),
            _("%(who)s · %(system)s 已有，完整率 %(full)s，截至 %(day)s")
            % {"who": each.department, "system": each.system, "full": f"{each.complete:.0%}", "day": each.as_of or "—"},
        )
        for each in found.held
    ]
