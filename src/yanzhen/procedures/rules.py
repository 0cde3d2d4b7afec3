"""Rules of procedures: quorums, notices, limits, days on the board, each with its basis; local numbers marked as our default.

A threshold is text that ``domain/bodies.py`` reads (``>1/2 due``). Where the law sets it, only the law's value and stricter ones
can be chosen; where it does not, the county chooses.
"""

from __future__ import annotations

from yanzhen.kernel.rulebook.api import Rule, declare

#: Unit of measure of a limit → measure of ``worktime.deadline``.
MEASURES = {"工作小时": "working_hours", "工作日": "working_days", "小时": "hours", "日": "days"}
DIMS = ("procedure", "step")

_VALID = (">1/2 due", ">=2/3 due", ">=3/4 due", ">=4/5 due", "all due")
_PASSES = (">1/2 present", ">=2/3 present", ">1/2 due", ">=2/3 due", ">=3/4 due", "all present", "all due")
_SELF = "《中华人民共和国村民委员会组织法》（2025年修正）"
_ECONOMIC = "《中华人民共和国农村集体经济组织法》"
_RURAL = "《中国共产党农村基层组织工作条例》"
_LOCAL = "本平台默认值，由县级按当地规定确定"


def _at_least(choices: tuple[str, ...], value: str) -> tuple[str, ...]:
    """The value and what is stricter: a share of those present never stands in for a share of all."""
    return tuple(c for c in choices[choices.index(value) :] if value.endswith("present") or c.endswith("due"))


def _body(
    code: str, title: str, *, valid: str, passes: str, notice: int, valid_basis: str, passes_basis: str, notice_basis: str,
    valid_law: bool = False, passes_law: bool = False, notice_law: bool = False,
) -> None:  # fmt: skip
    declare(
        f"procedures.body.{code}.valid", f"{title}：到会人数", type="text", default=valid, basis=valid_basis,
        mark="law" if valid_law else "default", choices=_at_least(_VALID, valid) if valid_law else _VALID,
    )  # fmt: skip
    declare(
        f"procedures.body.{code}.passes", f"{title}：通过票数", type="text", default=passes, basis=passes_basis,
        mark="law" if passes_law else "default", choices=_at_least(_PASSES, passes) if passes_law else _PASSES,
    )  # fmt: skip
    declare(
        f"procedures.body.{code}.notice", f"{title}：提前通知天数", type="int", default=notice, measure="日", basis=notice_basis,
        mark="law" if notice_law else "default", minimum=notice if notice_law else 0, maximum=60,
    )  # fmt: skip


_body(
    "villagers_assembly", "村民会议（十八周岁以上村民）", valid=">1/2 due", passes=">1/2 present", notice=10,
    valid_basis=f"{_SELF}第二十六条：由本村十八周岁以上的村民过半数参加", valid_law=True,
    passes_basis=f"{_SELF}第二十六条：所作决定经到会人员的过半数通过", passes_law=True,
    notice_basis=f"{_SELF}第二十五条：召集村民会议，应当提前十天通知村民", notice_law=True,
)  # fmt: skip
_body(
    "household_delegates", "村民会议（户的代表）", valid=">=2/3 due", passes=">1/2 present", notice=10,
    valid_basis=f"{_SELF}第二十六条：本村三分之二以上的户的代表参加", valid_law=True,
    passes_basis=f"{_SELF}第二十六条：所作决定经到会人员的过半数通过", passes_law=True,
    notice_basis=f"{_SELF}第二十五条：召集村民会议，应当提前十天通知村民", notice_law=True,
)  # fmt: skip
_body(
    "villagers_reps", "村民代表会议", valid=">=2/3 due", passes=">1/2 present", notice=0,
    valid_basis=f"{_SELF}第三十条：有三分之二以上的组成人员参加方可召开", valid_law=True,
    passes_basis=f"{_SELF}第三十条：所作决定经到会人员的过半数同意", passes_law=True, notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "party_members", "党员大会", valid=">=2/3 due", passes=">1/2 due", notice=0,
    valid_basis=f"{_RURAL}（四议两公开）；到会比例为通行做法，由县级确定",
    passes_basis=f"{_RURAL}（四议两公开）；应到党员过半数同意为通行做法，由县级确定", notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "party_admission", "支部党员大会（接收党员）", valid=">1/2 due", passes=">1/2 due", notice=0,
    valid_basis="《中国共产党发展党员工作细则》（党内法规）：有表决权的到会人数必须超过应到会有表决权人数的半数", valid_law=True,
    passes_basis="《中国共产党发展党员工作细则》（党内法规）：赞成人数超过应到会有表决权的正式党员的半数，才能通过", passes_law=True,
    notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "party_committee", "村党组织委员会", valid=">1/2 due", passes=">1/2 due", notice=0, valid_basis=f"{_RURAL}；{_LOCAL}",
    passes_basis=f"{_RURAL}；{_LOCAL}", notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "two_committees", "村“两委”会议", valid=">1/2 due", passes=">1/2 present", notice=0, valid_basis=f"{_RURAL}；{_LOCAL}",
    passes_basis=f"{_RURAL}：根据议题采取口头、举手、投票等方式，多数同意；{_LOCAL}", notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "supervision", "村务监督委员会会议", valid=">1/2 due", passes=">1/2 due", notice=0, valid_basis=f"{_SELF}；{_LOCAL}",
    passes_basis=f"{_SELF}；{_LOCAL}", notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "members_assembly", "成员大会", valid=">=2/3 due", passes=">=2/3 due", notice=10,
    valid_basis=f"{_ECONOMIC}第二十七条：有三分之二以上具有完全民事行为能力的成员参加", valid_law=True,
    passes_basis=f"{_ECONOMIC}第二十七条：应当经全体成员三分之二以上同意", passes_law=True,
    notice_basis=f"{_ECONOMIC}第二十七条：会议召开十日前通知全体成员", notice_law=True,
)  # fmt: skip
_body(
    "members_reps", "成员代表大会", valid=">=2/3 due", passes=">=2/3 due", notice=10,
    valid_basis=f"{_ECONOMIC}第二十八条：须经全体成员代表三分之二以上同意，到会不足即不能通过；{_LOCAL}",
    passes_basis=f"{_ECONOMIC}第二十八条：应当经全体成员代表三分之二以上同意", passes_law=True,
    notice_basis=f"{_ECONOMIC}第二十七条，参照成员大会；{_LOCAL}",
)  # fmt: skip
_body(
    "council", "理事会", valid=">=2/3 due", passes=">1/2 due", notice=0,
    valid_basis=f"{_ECONOMIC}第三十一条：应当有三分之二以上的理事会成员出席", valid_law=True,
    passes_basis=f"{_ECONOMIC}第三十一条：应当经全体理事的过半数同意", passes_law=True, notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "share_assembly", "成员大会（非成员出资份额）", valid=">=2/3 due", passes=">=3/4 due", notice=10,
    valid_basis=f"{_ECONOMIC}第二十七条：有三分之二以上具有完全民事行为能力的成员参加", valid_law=True,
    passes_basis=f"{_ECONOMIC}第十五条：应当经全体成员四分之三以上同意", passes_law=True,
    notice_basis=f"{_ECONOMIC}第二十七条：会议召开十日前通知全体成员", notice_law=True,
)  # fmt: skip
_body(
    "recall", "罢免投票", valid=">1/2 due", passes=">1/2 present", notice=0,
    valid_basis=f"{_SELF}第十九条：须有登记参加选举的村民过半数投票", valid_law=True,
    passes_basis=f"{_SELF}第十九条：须经投票的村民过半数通过", passes_law=True, notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "joint_review", "联审", valid="all due", passes="all due", notice=0, valid_basis=f"联审办法：全部单位回复；{_LOCAL}",
    passes_basis=f"联审办法：全部单位通过；{_LOCAL}", notice_basis=_LOCAL,
)  # fmt: skip
_body(
    "meeting", "一般会议", valid=">1/2 due", passes=">1/2 present", notice=0, valid_basis=_LOCAL, passes_basis=_LOCAL,
    notice_basis=_LOCAL,
)  # fmt: skip


def _limit(
    code: str, title: str, default: int, measure: str = "工作日", basis: str = _LOCAL, mark: str = "default"
) -> Rule:
    return declare(
        f"procedures.limit.{code}", title, type="int", default=default, measure=measure, basis=basis, mark=mark, dims=DIMS,
        minimum=0, maximum=400,
    )  # fmt: skip


_limit("submit", "提交、补正时限", 10)
_limit("review", "审核时限", 5)
_limit("sign_offs", "会签、联审时限", 5)
_limit("meeting", "召开会议时限", 20)
_limit("ballot", "投票时限", 20)
_limit("posting", "张贴公示时限", 5)
_limit("decision", "决定时限", 5)
_limit("signature", "签字时限", 3)
_limit("filing", "备案时限", 10)
_limit("answer", "答复异议时限", 5, basis="《山东省村务公开条例》：五日内答复；其他地方由县级确定")
_limit("work", "实施时限", 60)

declare(
    "procedures.publicity.days", "公示最少天数", type="int", default=7, measure="日", basis=_LOCAL, mark="default", dims=DIMS,
    minimum=1, maximum=365,
)  # fmt: skip
declare(
    "procedures.publicity.village", "村务公开最少天数", type="int", default=15, measure="日", mark="law", dims=DIMS, minimum=15,
    maximum=365, basis=f"{_SELF}第三十五条：公布的时间不少于十五日",
)  # fmt: skip
declare(
    "procedures.wait.days", "等待天数", type="int", default=30, measure="日", basis=_LOCAL, mark="default", dims=DIMS, minimum=0,
    maximum=4000,
)  # fmt: skip
declare(
    "procedures.rounds", "同一步骤最多办理次数", type="int", default=3, measure="次", basis=_LOCAL, mark="default", dims=DIMS,
    minimum=1, maximum=20,
)  # fmt: skip
declare(
    "procedures.joint.departments", "参加联审的单位（单位代码或名称，一行一个）", type="list", default=[], mark="default", dims=DIMS,
    basis=f"联审办法（组织、纪检监察、政法、公安、检察、法院、民政、信访、自然资源、农业农村、卫健、税务等）；{_LOCAL}",
)  # fmt: skip
declare(
    "procedures.joint.codes", "联审不通过的情形", type="table", mark="default",
    default={
        "expelled": "被开除党籍", "criminal": "受过刑事处罚", "clan": "涉宗族、黑恶势力违法活动", "cult": "参与非法宗教、邪教活动",
        "sanction": "处分影响期未满", "inquiry": "正在立案审查调查", "debt": "失信被执行", "arrears": "拖欠集体资金", "other": "其他",
    },
    basis=f"{_SELF}第十八条（前四项为法定情形）；其余由当地规定",
)  # fmt: skip
declare(
    "procedures.spend.tiers", "资金支出分级审批限额（元）", type="table", default={"small": 2000, "middle": 20000, "large": 100000},
    measure="元", basis=f"村级财务管理制度：分级审批；限额{_LOCAL}", mark="default", dims=DIMS,
)  # fmt: skip
declare(
    "procedures.leave.tiers", "请假分级审批天数", type="table", default={"short": 1, "middle": 3}, measure="日",
    basis=f"请假制度：一天以内、三天以内、三天以上分级审批；{_LOCAL}", mark="default", dims=DIMS,
)  # fmt: skip
declare(
    "procedures.ballot.remote", "是否允许远程投票", type="bool", default=False, mark="default", dims=("procedure",),
    basis=f"{_SELF}第二十六条规定到会表决；当地另有规定的方可开通，默认不开通",
)  # fmt: skip
declare(
    "procedures.ballot.least", "票数少于多少时不公布分项得票", type="int", default=3, measure="票", minimum=1, maximum=50,
    basis="《个人信息保护法》第六条：对个人权益影响最小；票数过少时合计也会暴露个人意见，默认值", mark="default",
)  # fmt: skip
declare(
    "procedures.definition.two_people", "自定义程序须另一人批准", type="bool", default=True, choices=(True,),
    basis="《网络数据安全管理条例》：内部管理制度；程序变更由两人办理，默认值", mark="default",
)  # fmt: skip
