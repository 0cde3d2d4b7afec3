"""Figures of village democracy: decisions by step and age, disclosure on time, objections answered, coverage."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from yanzhen.democracy.domain.bodies import LAW
from yanzhen.democracy.present import present
from yanzhen.democracy.selectors import figures
from yanzhen.kernel.scope.api import Actor, UnitRef, only, which
from yanzhen.measures.api import Indicator, Leaf, declare


class Democracy:
    """The group ``democracy``; everything belongs to its village."""

    group = "democracy"
    indicators: tuple[Indicator, ...] = (
        Indicator("democracy.decisions", _("提出决策"), "count", "件", "none", "四议两公开"),
        Indicator("democracy.open", _("在议在办决策"), "count", "件", "none", "四议两公开", stock=True),
        Indicator("democracy.stuck", _("停滞决策"), "count", "件", "down", "规则 democracy.stuck_days", stock=True),
        Indicator(
            "democracy.disclosed",
            _("村务公开及时率"),
            "rate",
            "%",
            "up",
            f"{LAW}第三十五条",
            _("按时公布"),
            _("应公布且已到期或已公布"),
        ),
        Indicator(
            "democracy.objections",
            _("异议按时答复率"),
            "rate",
            "%",
            "up",
            "规则 democracy.objection.answer_days",
            _("按时答复"),
            _("已答复或已超期的异议"),
        ),
        Indicator(
            "democracy.covered",
            _("审计巡察覆盖率"),
            "rate",
            "%",
            "up",
            f"{LAW}第四十条",
            _("已完成"),
            _("计划到本季度应完成的村"),
            stock=True,
        ),
        Indicator(
            "democracy.findings",
            _("审计巡察整改率"),
            "rate",
            "%",
            "up",
            f"{LAW}第四十条",
            _("已整改"),
            _("发现的问题"),
            stock=True,
        ),
    )

    def leaves(self, period: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
        """Sums by village."""
        return figures.leaves(period, unit_ids)

    def rows_url(self, indicator: str, unit_id: int, period: str, part: str) -> str:
        """The list of records behind a figure."""
        query = {"indicator": indicator, "unit": unit_id, "period": period, "part": part}
        return f"/democracy/rows/?{urlencode(query)}"

    def count(self, viewer: Actor, indicator: str, unit: UnitRef, period: str, part: str) -> int:
        """How many rows that list holds for the viewer."""
        villages = figures.villages_of(unit.path)
        seen = set(only([each.path for each in villages], which(viewer, "democracy.view")))
        return len(
            figures.rows_of(indicator, [each for each in villages if each.path in seen], period, part, present())
        )


SOURCE = Democracy()
declare(SOURCE)
