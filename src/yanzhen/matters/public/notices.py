"""What each public form asks for and why: the notice that the law wants before anybody fills it in.

Source: 个人信息保护法 Art. 6, 13, 17, 19, 35, 44–47; 网络安全法 on logs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of information: what, why, whether it must be given."""

    what: Any
    why: Any
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """The notice of one form."""

    kind: str
    title: Any
    items: tuple[Item, ...]
    facts: tuple[tuple[Any, Any], ...]


_RIGHTS = (
    _("您的权利"),
    _("您可以查看、复制、更正、补充、删除自己的信息，也可以撤回反映的事项：凭编号和查询码在本平台办理，或到村委会、乡镇便民服务中心办理。"),
)
_WHO = (
    _("谁来处理、给谁看"),
    _("由事发地的村、乡镇、县级治理机构和承办部门处理，各单位只能看到自己辖区或自己承办的事项；联系方式平时遮住，查看要写明用途并留下记录。不向境外提供，不用于其他目的，不做自动化决定。"),
)
_BASIS = (_("处理依据"), _("为履行法定职责所必需（个人信息保护法第十三条第一款第三项），不需要另行取得同意；选填的内容由您自己决定。"))
_KEEP = (_("保存多久"), _("只保存到办理、复查和档案规定所必需的期限，到期删除或去掉能认出您的内容。"))
_SAFE = (_("怎样保护"), _("姓名、电话加密保存；照片会去掉拍摄位置、设备等隐藏信息；所有查看和改动都有不可篡改的记录。"))
_IP = Item(_("网络地址"), _("防止机器恶意提交，只以无法还原的形式保留不超过一天；操作记录按网络安全法保存"))
_TEXT = Item(_("事情经过"), _("弄清是什么事、由谁办。请不要写身份证号、银行卡号"), True)
_NAME = Item(_("称呼"), _("便于与您联系时称呼，可以只写姓"))
_PHONE = Item(_("电话"), _("办理前向您核实，办完后听您说解决没有。不填也受理"))

NOTICES: dict[str, Notice] = {
    notice.kind: notice
    for notice in (
        Notice(
            "report", _("反映事情时的个人信息告知书"),
            (
                _TEXT,
                Item(_("村（社区）"), _("确定由哪个单位研判和办理"), True),
                Item(_("具体位置、大致坐标"), _("便于到现场找到。坐标由您按按钮才取，只取一次，只精确到约100米，不记录行踪")),
                _NAME, _PHONE,
                Item(_("照片"), _("帮助看清现场，从不强制")),
                Item(_("是否保密"), _(
                    "您要求保密的，只有研判和办理单位能看到；不要求保密的，同村的人反映同一件事时可能看到本件的标题和进展（看不到姓名、电话）"
                )),
                _IP,
            ),
            (_WHO, _BASIS, _KEEP, _SAFE, _RIGHTS),
        ),
        Notice(
            "join", _("附议时的个人信息告知书"),
            (Item(_("补充的情况"), _("让办理单位了解得更全面")), _NAME, _PHONE, _IP),
            (_WHO, _BASIS, _KEEP, _SAFE, _RIGHTS),
        ),
        Notice(
            "follow", _("查询、评价时的个人信息告知书"),
            (
                Item(_("受理编号、查询码"), _("确认是反映人本人"), True),
                Item(_("评价、补充、理由"), _("计算解决率、满意率，决定是否重办")),
                _IP,
            ),
            (_WHO, _BASIS, _KEEP, _SAFE, _RIGHTS),
        ),
        Notice(
            "feedback", _("提意见时的个人信息告知书"),
            (
                Item(_("意见内容"), _("改进平台（国办函〔2026〕12号要求提供投诉建议功能）"), True),
                Item(_("联系方式"), _("就这条意见联系您，不填也答复")),
                _IP,
            ),
            (_WHO, _BASIS, _KEEP, _SAFE, _RIGHTS),
        ),
    )
}  # fmt: skip
