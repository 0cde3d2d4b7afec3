"""Numbers of the data books, with their basis."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.rulebook.api import declare

declare(
    "datahub.access.days", _("数据使用授权最长期限"), type="int", default=365, measure="天", minimum=1, maximum=3650,
    basis="《中华人民共和国个人信息保护法》第六条、第十九条：最小必要，保存期限为实现目的所必要的最短时间；期限由本地规定，此为默认值",
    mark="default",
)  # fmt: skip
declare(
    "datahub.purpose.least", _("用途说明的最少字数"), type="int", default=8, measure="字", minimum=1, maximum=100,
    basis="《中华人民共和国个人信息保护法》第六条：处理个人信息应当具有明确、合理的目的；字数为默认值", mark="default",
)  # fmt: skip
declare(
    "datahub.asked_once.complete", _("视为已掌握的最低完整率"), type="int", default=80, measure="百分比", minimum=1, maximum=100,
    basis="中办、国办《整治形式主义为基层减负若干规定》（2024）：能通过数据共享获取的不得要求基层重复填报；比例为默认值",
    mark="default",
)  # fmt: skip
