"""Rules of the loop, each with its legal basis; local thresholds are marked as our default.

Limits are whole numbers; ``measure`` says of what. The dimension ``category`` takes a category code and holds for
everything below that category.
"""

from yanzhen.kernel.rulebook.api import Rule, declare

#: Unit of measure of a limit → measure of ``worktime.deadline``.
MEASURES = {"工作小时": "working_hours", "工作日": "working_days", "小时": "hours", "日": "days"}

WEIFANG = "《潍坊市12345政务服务便民热线条例》第二十条"
BEIJING = "《北京市接诉即办工作条例》"
LETTERS = "《信访工作条例》"
LIGHTER = "《整治形式主义为基层减负若干规定》"


def _limit(code: str, title: str, default: int, measure: str, basis: str, mark: str = "default") -> Rule:
    return declare(
        f"matters.limit.{code}", title, type="int", default=default, measure=measure, basis=basis, mark=mark,
        dims=("category",), minimum=0, maximum=400,
    )  # fmt: skip


_HINT = "本平台默认值，由县级按当地考核办法确定"
_limit("triage.urgent", "研判时限（紧急）", 1, "工作小时", _HINT)
_limit("triage.pressing", "研判时限（较急）", 4, "工作小时", _HINT)
_limit("triage.normal", "研判时限（一般）", 1, "工作日", _HINT)
_limit("accept.urgent", "签收时限（紧急）", 1, "工作小时", _HINT)
_limit("accept.pressing", "签收时限（较急）", 4, "工作小时", _HINT)
_limit("accept.normal", "签收时限（一般）", 1, "工作日", _HINT)
_limit("respond.urgent", "首次联系当事人时限（紧急）", 2, "小时", "通行做法（2小时内响应），由县级确定")
_limit("respond.pressing", "首次联系当事人时限（较急）", 24, "小时", "通行做法（24小时内响应），由县级确定")
_limit("respond.normal", "首次联系当事人时限（一般）", 1, "工作日", _HINT)
_limit("solve.urgent", "办理时限（紧急）", 1, "工作日", _HINT)
_limit("solve.pressing", "办理时限（较急）", 3, "工作日", _HINT)
_limit("solve.normal", "办理时限（一般）", 5, "工作日", f"{WEIFANG}：五个工作日内办结", "law")
_limit("settle", "裁定异议时限", 1, "工作日", _HINT)
_limit("call_back", "回访时限", 5, "工作日", f"{BEIJING}第二十三条：办理期限届满后回访；天数为默认值")
_limit("press_reply", "督办回复时限", 2, "工作日", _HINT)
_limit("dispute", "对交办提出异议的时限", 5, "工作日", f"{LETTERS}第二十二条：自收到转送、交办之日起五个工作日内提出", "law")

declare(
    "matters.extension.max_days", "单次延期最多", type="int", default=10, measure="工作日", minimum=1, maximum=120,
    basis=f"{BEIJING}第十五条：不能按时办结的说明理由、告知当事人；天数由当地规定", mark="default", dims=("category",),
)  # fmt: skip
declare(
    "matters.extension.max_times", "最多延期次数", type="int", default=1, measure="次", minimum=0, maximum=5,
    basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.reopen.days", "归档后可要求重新办理的期限", type="int", default=30, measure="日", minimum=1, maximum=400,
    basis=f"{LETTERS}第三十五条：三十日内可请求复查；参照适用", mark="default",
)  # fmt: skip
declare(
    "matters.archive.days", "回访期满后自动归档", type="int", default=5, measure="工作日", minimum=1, maximum=120,
    basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.callback.tries", "联系不上时的回访次数", type="int", default=2, measure="次", minimum=1, maximum=9,
    basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.press.levels", "督办级别名称", type="table", default={"1": "提醒督办", "2": "发函督办", "3": "挂牌督办"},
    basis="《信访工作条例》第三十九条：督办；级别名称由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.press.least", "各级督办由哪一级以上发出", type="table",
    default={"1": "village", "2": "township", "3": "county"}, basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.press.auto", "超期自动督办（超期满几个工作日升到第几级）", type="table", default={"1": 0, "2": 3, "3": 7},
    measure="工作日", basis="《信访工作条例》第三十九条：未按规定期限办结的应当督办；天数由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.raise.top", "最高提级到", type="text", default="city", choices=("township", "county", "city", "province"),
    basis=f"{BEIJING}第十二条：区域能够确定而单位不能确定的，由区级协调", mark="default",
)  # fmt: skip
declare(
    "matters.assign.whistle", "乡镇可否直接交办县级部门（吹哨报到）", type="text", default="lead",
    choices=("none", "assist", "lead"), basis=f"{BEIJING}第三十三条：街乡吹哨、部门报到", mark="default",
)  # fmt: skip
declare(
    "matters.duty.without_list", "尚未公布履职清单的乡镇、村可否交办", type="text", default="refuse",
    choices=("refuse", "allow"), mark="law",
    basis=f"《潍坊市12345政务服务便民热线条例》第二十四条、{BEIJING}第十七条：清单之外不得交由乡镇、村（社区）办理",
)  # fmt: skip
declare(
    "matters.admission.publicity_days", "准入事项公示天数", type="int", default=7, measure="日", minimum=1, maximum=60,
    basis="网格事项准入办法：准入事项应当公示；天数由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.admission.urgent_days", "紧急准入最长天数", type="int", default=30, measure="日", minimum=1, maximum=180,
    basis="网格事项准入办法：紧急事项经同意并明确截止日期；天数由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.admission.years", "长期准入最长年数", type="int", default=3, measure="年", minimum=1, maximum=10,
    basis="网格事项准入办法：准入清单动态调整；年数由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.rate.grades", "满意率中各档的分值（百分数）", type="table", default={"good": 100, "basic": 80, "bad": 0},
    measure="%", basis=f"{BEIJING}第三十二条：响应率、解决率、满意率；分值由当地规定", mark="default",
)  # fmt: skip
declare(
    "matters.similar.days", "查重往前看多少天", type="int", default=60, measure="日", minimum=1, maximum=400,
    basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.similar.share", "查重的相似程度", type="int", default=45, measure="%", minimum=10, maximum=100,
    basis=_HINT, mark="default",
)  # fmt: skip
declare(
    "matters.remind.kinds", "向谁提醒临期与超期", type="list", default=["holder", "desk"], basis=f"{LIGHTER}：合并提醒，静默时段不打扰",
    mark="default",
)  # fmt: skip

# --- public and field pages ---

_GUARD = "防止恶意提交，本平台默认值，由县级按当地情况确定"
declare(
    "matters.public.per_ip", "同一网络地址每小时最多提交", type="int", default=40, measure="件", minimum=1, maximum=1000,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.per_phone", "同一电话号码每天最多提交", type="int", default=10, measure="件", minimum=1, maximum=100,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.follow_tries", "同一网络地址每小时最多查询", type="int", default=60, measure="次", minimum=5, maximum=1000,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.wrong_codes", "同一编号每小时最多输错查询码", type="int", default=10, measure="次", minimum=3, maximum=100,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.least_seconds", "填写表单最少用时", type="int", default=2, measure="秒", minimum=0, maximum=60,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.work_bits", "安全验证的计算量", type="int", default=13, measure="位", minimum=4, maximum=22,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.public.emergency", "应当立即拨打电话的字词（电话：字词）", type="table",
    default={
        "119": ["火灾", "着火", "起火", "失火", "溺水", "落水", "塌方", "坍塌", "被困"],
        "110": ["救命", "杀人", "打人", "持刀", "抢劫", "绑架", "轻生", "自杀", "跳楼", "家暴", "爆炸"],
        "120": ["昏迷", "晕倒", "大出血", "中毒", "触电", "没有呼吸", "心梗", "难产"],
        "122": ["车祸", "撞人", "翻车"],
    },
    basis="《北京市接诉即办工作条例》第十一条：紧急事项立即转110、119、120、122；字词为默认值", mark="default",
)  # fmt: skip
declare(
    "matters.field.bundle_days", "离线保存的事项在手机上最多保留", type="int", default=7, measure="日", minimum=1, maximum=60,
    basis="《个人信息保护法》第十九条：保存期限为实现目的所必要的最短时间；天数为默认值", mark="default",
)  # fmt: skip
declare(
    "matters.field.bundle_most", "一次最多离线保存", type="int", default=60, measure="件", minimum=5, maximum=500,
    basis=_GUARD, mark="default",
)  # fmt: skip
declare(
    "matters.field.late_days", "离线上报最多按多少天前的填写时间计收到", type="int", default=30, measure="日", minimum=1, maximum=120,
    basis="离线填写的以填写时间为准，手机时钟不准的不予采信；天数为默认值", mark="default",
)  # fmt: skip

# --- programs: tokens, webhooks, Open311 ---

_PROGRAMS = "本平台默认值，由县级按接入系统的情况确定"
declare(
    "matters.api.per_minute", "同一接口令牌每分钟最多调用", type="int", default=600, measure="次", minimum=1, maximum=100_000,
    basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.api.token_days", "接口令牌最长有效期", type="int", default=365, measure="日", minimum=1, maximum=1100,
    basis="《网络数据安全管理条例》第九条：采取访问控制等措施；天数为默认值", mark="default",
)  # fmt: skip
declare(
    "matters.webhook.first_wait", "推送失败后首次重试间隔", type="int", default=60, measure="秒", minimum=1, maximum=3600,
    basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.webhook.longest_wait", "推送重试最长间隔", type="int", default=21_600, measure="秒", minimum=1, maximum=86_400,
    basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.webhook.tries", "一次推送最多尝试", type="int", default=12, measure="次", minimum=1, maximum=50,
    basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.webhook.keep_days", "已送达的推送记录保留", type="int", default=30, measure="日", minimum=1, maximum=400,
    basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.open311.unit", "Open311 收件单位的代码（auto：自动取总辖区）", type="text", default="auto", basis=_PROGRAMS, mark="default",
)  # fmt: skip
declare(
    "matters.open311.jurisdiction", "Open311 辖区标识（any：不检查）", type="text", default="any",
    basis="Open311 GeoReport v2：只服务一个辖区的可忽略该参数", mark="default",
)  # fmt: skip
declare(
    "matters.open311.key_required", "Open311 提交是否必须带密钥", type="bool", default=False,
    basis="Open311 GeoReport v2：提交须带 api_key；公众页面本就不要求登录，故默认不要求", mark="default",
)  # fmt: skip
declare(
    "matters.open311.publish_text", "Open311 是否公开诉求原文与答复", type="bool", default=False,
    basis="《个人信息保护法》第二十五条：不得公开处理的个人信息；默认只公开类别与进度", mark="default",
)  # fmt: skip
declare(
    "matters.open311.per_ip", "Open311 同一网络地址每小时最多提交", type="int", default=40, measure="件", minimum=1, maximum=1000,
    basis=_GUARD, mark="default",
)  # fmt: skip
