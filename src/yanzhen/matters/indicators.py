"""Figures of the loop: 响应率 解决率 满意率 with what stands behind them, and counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import Actor, UnitRef
from yanzhen.matters.selectors import rates
from yanzhen.matters.selectors.scope import visible
from yanzhen.measures.api import NOW, Indicator, Leaf, declare
from yanzhen.measures.api import period as parse_period

_BASIS = "《北京市接诉即办工作条例》第三十二条"


class Matters:
    """The group ``matters``; a matter belongs to its place and to the month in which it was received."""

    group = "matters"
    indicators: tuple[Indicator, ...] = (
        Indicator("matters.received", _("收到"), "count", "件", "none", "本平台登记"),
        Indicator("matters.open", _("在办"), "count", "件", "none", "本平台登记", stock=True),
        Indicator("matters.overdue", _("超期"), "count", "件", "down", "规则 matters.limit.*", stock=True),
        Indicator("matters.closed", _("办结"), "count", "件", "none", "本平台登记"),
        Indicator(
            "matters.response", _("响应率"), "rate", "%", "up", _BASIS, _("期限内答复当事人"), _("有效事项（已答复或已超期）")
        ),
        Indicator("matters.solved", _("解决率"), "rate", "%", "up", _BASIS, _("回访认为已解决"), _("有效回访")),
        Indicator("matters.satisfied", _("满意率"), "rate", "%", "up", _BASIS, _("各档评价分值之和"), _("有评价的有效回访")),
        Indicator(
            "matters.days", _("平均办理天数"), "mean", "天", "down", "本平台登记", _("从收到到答复的天数之和"), _("已答复事项")
        ),
    )

    def leaves(self, period: str, unit_ids: list[int] | None) -> Iterable[Leaf]:
        """Sums by place."""
        return rates.leaves(period, unit_ids)

    def rows_url(self, indicator: str, unit_id: int, period: str, part: str) -> str:
        """The list of matters narrowed to exactly the rows of a figure."""
        query = {"tab": "all", "place": unit_id, "indicator": indicator, "part": part}
        if period != NOW:
            found = parse_period(period)
            last = found.after - timedelta(days=1)
            query |= {"received_from": found.first.isoformat(), "received_to": last.isoformat()}
        return f"/matters/?{urlencode(query)}"

    def count(self, viewer: Actor, indicator: str, unit: UnitRef, period: str, part: str) -> int:
        """How many rows that list holds for the viewer."""
        return rates.rate_rows(unit, period, indicator, part).filter(visible(viewer)).count()


SOURCE = Matters()
declare(SOURCE)
