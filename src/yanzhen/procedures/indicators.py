"""Figures of procedures: how many were begun, run, are late, how they end and how long it takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.measures.api import NOW, Indicator, Leaf, declare
from yanzhen.measures.api import period as parse_period
from yanzhen.procedures.selectors import figures, sight

_OWN = "本平台登记"


class Procedures:
    """The group ``procedures``; a case belongs to its unit and to the month in which it was begun."""

    group = "procedures"
    indicators: tuple[Indicator, ...] = (
        Indicator("procedures.started", _("发起的程序事项"), "count", "件", "none", _OWN),
        Indicator("procedures.running", _("在办程序事项"), "count", "件", "none", _OWN, stock=True),
        Indicator(
            "procedures.overdue", _("超期程序事项"), "count", "件", "down", "规则 procedures.limit.*", stock=True
        ),
        Indicator("procedures.resolved", _("办结率"), "rate", "%", "up", _OWN, _("办结"), _("已结束")),
        Indicator(
            "procedures.repeated", _("退回重办率"), "rate", "%", "down", _OWN, _("有步骤重办"), _("发起的程序事项")
        ),
        Indicator(
            "procedures.days", _("平均办理日数"), "mean", "天", "down", _OWN, _("从发起到结束的日数之和"), _("已结束")
        ),
    )

    def leaves(self, period: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
        """Sums by unit."""
        return figures.leaves(period, unit_ids)

    def rows_url(self, indicator: str, unit_id: int, period: str, part: str) -> str:
        """The list of cases narrowed to exactly the rows of a figure."""
        query: dict[str, object] = {"tab": "all", "unit": unit_id, "indicator": indicator, "part": part}
        if period != NOW:
            found = parse_period(period)
            query |= {"since": found.first.isoformat(), "until": (found.after - timedelta(days=1)).isoformat()}
        return f"/procedures/?{urlencode(query)}"

    def count(self, viewer: Actor, indicator: str, unit: UnitRef, period: str, part: str) -> int:
        """How many rows that list holds for the viewer."""
        return figures.rows_of(unit, period, indicator, part).filter(sight.over(viewer)).count()


SOURCE = Procedures()
declare(SOURCE)
