"""From runs to components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.intake import selectors
from yanzhen.kernel.intake.models import ImportRun
from yanzhen.kernel.ui import components as ui

_TONES = {
    ImportRun.COMMITTED: "success", ImportRun.FAILED: "danger", ImportRun.CHECKED: "info", ImportRun.UPLOADED: "info",
}  # fmt: skip
WORKING = (ImportRun.CHECKING, ImportRun.COMMITTING)


def words(error: DomainError) -> str:
    """An error's sentence in the reader's language."""
    text = _(error.template)
    return text.format(**error.data) if error.data else text


def state(run: ImportRun) -> ui.Badge:
    """The state of a run as a badge."""
    return ui.Badge(_(dict(ImportRun.STATES)[run.state]), _TONES.get(run.state, "neutral"))


def runs_table(runs: Sequence[ImportRun], next_url: str) -> ui.CaseTable:
    """The list of runs."""
    rows = [
        ui.Row(
            run.name,
            reverse("import_run", args=[run.pk]),
            (
                ui.Cell(_title(run)),
                ui.Cell(badge=state(run)),
                ui.Cell(run.rows),
                ui.Cell(run.bad),
                ui.Cell(run.account_name),
                ui.Cell(localtime(run.created_at).strftime("%Y-%m-%d %H:%M")),
            ),
        )
        for run in runs
    ]
    heads = [
        ui.Column(_("文件")), ui.Column(_("种类")), ui.Column(_("状态")), ui.Column(_("行数"), "num"),
        ui.Column(_("有错"), "num"), ui.Column(_("上传人")), ui.Column(_("上传时间"), "date"),
    ]  # fmt: skip
    empty = ui.Empty(_("还没有导入"), _("选择上面的一种导入，先下载模板，再上传填好的表格。"))
    return ui.CaseTable(_("导入记录"), heads, rows, next_url=next_url, empty=empty)


def _title(run: ImportRun) -> str:
    importer = selectors.importers().get(run.importer)
    return _(str(importer.title)) if importer else run.importer


def unused(run: ImportRun) -> list[str]:
    """Headings of the file that are not taken."""
    taken = set(selectors.mapping(run).values())
    return [name for at, name in enumerate(selectors.headings(run)) if name and at not in taken]


def run_page(run: ImportRun) -> dict[str, Any]:
    """Everything the page of a run shows."""
    importer = selectors.importer_of(run)
    good = run.rows - run.bad
    figures = [
        ui.Figure(_("数据行"), run.rows),
        ui.Figure(_("可导入"), good),
        ui.Figure(_("有错"), run.bad, light="red" if run.bad else ""),
    ]
    checked = run.state in (ImportRun.CHECKED, ImportRun.COMMITTING, ImportRun.COMMITTED)
    return {
        "run": run,
        "error": _(run.error) if run.error else "",
        "title": _title(run),
        "state": state(run),
        "working": run.state in WORKING,
        "figures": figures if checked else [],
        "good": good,
        "bad": selectors.bad_rows(run) if run.bad else [],
        "columns": importer.columns,
        "preview": selectors.preview(run) if run.state == ImportRun.CHECKED else [],
        "may_confirm": run.state == ImportRun.CHECKED and good > 0 and (importer.partial or not run.bad),
        "may_discard": run.state in (ImportRun.UPLOADED, ImportRun.CHECKED, ImportRun.FAILED),
        "counts": [ui.AnswerRow(_(name), number) for name, number in selectors.counts(run).items()],
        "percent": round(100 * run.done / run.rows) if run.rows and run.state == ImportRun.COMMITTING else None,
    }
