"""Rules of village democracy, each with its legal basis; local thresholds are marked as our default.

Articles of the 村民委员会组织法 are those after the amendment of 2025-10-28.
"""

from yanzhen.democracy.domain.bodies import LAW
from yanzhen.kernel.rulebook.api import declare

_LOCAL = "由县级按当地办法确定，本平台默认值"

# --- disclosure -------------------------------------------------------------------------------------------------------
declare(
    "democracy.disclosure.days", "公布时间不少于", type="int", default=15, measure="日", minimum=15, maximum=365,
    basis=f"{LAW}第三十五条：公布的时间不得少于十五日", mark="law",
)  # fmt: skip
declare(
    "democracy.disclosure.every", "公开频次（目录代码：month quarter half year）", type="table", default={"finance": "month"},
    basis=f"{LAW}第三十五条：一般事项至少每季度公布一次；收支较多的财务每月公布一次；可按当地规定加密", mark="default",
)  # fmt: skip
declare(
    "democracy.disclosure.grace", "期满后多少日内公布算及时", type="int", default=0, measure="日", minimum=0, maximum=90,
    basis=f"{_LOCAL}；0 表示按公开目录", mark="default", dims=("item",),
)  # fmt: skip
declare(
    "democracy.objection.answer_days", "公开异议答复时限", type="int", default=5, measure="工作日", minimum=1, maximum=30,
    basis="《山东省村务公开条例》：异议五日内提出，五日内答复", mark="default",
)  # fmt: skip
# --- supervision ------------------------------------------------------------------------------------------------------
declare(
    "democracy.supervision.review_days", "公布前监委会审核时限", type="int", default=3, measure="工作日", minimum=1, maximum=15,
    basis=f"{LAW}第三十七条：监督村务公开等制度的落实；天数{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.supervision.answer_days", "质询答复时限", type="int", default=5, measure="工作日", minimum=1, maximum=30,
    basis=f"{LAW}第三十七条；天数{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.size", "委员会人数（最少、最多）", type="table",
    default={"committee": [3, 7], "supervision": [3, 5], "directors": [3, 7]},
    basis=f"{LAW}第六条：村民委员会三至七人；《农村集体经济组织法》第二十九条：理事会三至七名单数；监委会三或五人", mark="law",
)  # fmt: skip
declare(
    "democracy.term_years", "每届任期", type="int", default=5, measure="年", minimum=1, maximum=10,
    basis=f"{LAW}第十四条：村民委员会每届任期五年", mark="law",
)  # fmt: skip
declare(
    "democracy.handover_days", "工作移交时限", type="int", default=10, measure="日", minimum=1, maximum=30,
    basis=f"{LAW}第二十四条：自新一届产生之日起十日内完成移交", mark="law",
)  # fmt: skip
declare(
    "democracy.recall.propose", "提出罢免要求的最少比例", type="table", default={"voters": "1/5", "representatives": "1/3"},
    basis=f"{LAW}第十九条：五分之一以上有选举权的村民或者三分之一以上的村民代表联名", mark="law",
)  # fmt: skip
# --- decisions --------------------------------------------------------------------------------------------------------
declare(
    "democracy.review.amount", "多少元以上须经乡镇合法性审查", type="int", default=50_000, measure="元", minimum=1, maximum=100_000_000,
    basis=f"县级村级财务管理办法；{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.stuck_days", "一个步骤多少日没有进展算停滞", type="int", default=15, measure="日", minimum=1, maximum=180,
    basis=_LOCAL, mark="default",
)  # fmt: skip
declare(
    "democracy.carry_days", "决议实施期限", type="int", default=180, measure="日", minimum=1, maximum=1500,
    basis=f"决议未写明期限的，{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.reps_per_quarter", "村民代表会议每季度至少召开", type="int", default=1, measure="次", minimum=1, maximum=12,
    basis=f"{LAW}第三十条：村民代表会议每季度召开一次", mark="law",
)  # fmt: skip
for _key, _title, _days, _measure in (
    ("propose", "提议后商议时限", 15, "日"), ("discuss", "两委商议时限", 15, "日"), ("party", "党员大会审议时限", 20, "日"),
    ("review", "乡镇合法性审查时限", 5, "工作日"), ("resolve", "村民（代表）会议决议时限", 30, "日"),
    ("publish", "决议后公布时限", 3, "工作日"), ("report", "先办后议的补议时限", 7, "日"),
):  # fmt: skip
    declare(
        f"democracy.limit.{_key}", _title, type="int", default=_days, measure=_measure, minimum=1, maximum=365, basis=_LOCAL,
        mark="default",
    )  # fmt: skip
declare(
    "democracy.rounds", "修改后重新议事最多", type="int", default=3, measure="次", minimum=1, maximum=9, basis=_LOCAL, mark="default",
)  # fmt: skip
# --- evaluation -------------------------------------------------------------------------------------------------------
declare(
    "democracy.evaluation.scale", "民主评议等次（按代号从好到差）", type="table",
    default={"1": "优秀", "2": "称职", "3": "基本称职", "4": "不称职"},
    basis=f"{LAW}第三十八条：民主评议；等次{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.evaluation.valid_percent", "参加投票的最低比例", type="int", default=67, measure="%", minimum=50, maximum=100,
    basis=_LOCAL, mark="default",
)  # fmt: skip
declare(
    "democracy.evaluation.warn_percent", "最低等次超过多少提出诫勉", type="int", default=33, measure="%", minimum=10, maximum=100,
    basis=_LOCAL, mark="default",
)  # fmt: skip
declare(
    "democracy.evaluation.fail_percent", "最低等次超过多少评为不称职", type="int", default=50, measure="%", minimum=20, maximum=100,
    basis=_LOCAL, mark="default",
)  # fmt: skip
declare(
    "democracy.evaluation.remote", "评议可否远程投票", type="bool", default=False,
    basis=f"CONSUL 的教训：默认不开放（domain facts §7）；{_LOCAL}", mark="default",
)  # fmt: skip
declare(
    "democracy.by_election.seats", "一次补选的名额", type="int", default=1, measure="名", minimum=1, maximum=7,
    basis=f"{LAW}第二十三条；按出缺名额", mark="default",
)  # fmt: skip
