"""Rules of the registers."""

from yanzhen.kernel.rulebook.api import declare

declare(
    "posts.delegation_days", "代行最长天数", type="int", default=90, measure="天", minimum=1, maximum=366,
    basis="平台默认：请假代行应有期限", mark="default", steward="security",
)  # fmt: skip

SUB_LEVEL_NAMES = declare(
    "units.sub_level_names",
    "村以下各级的名称",
    type="table",
    default={"sub1": "网格", "sub2": "微网格", "sub3": "联户"},
    basis="各地网格化服务管理办法；层级二至四级，名称由县（市、区）确定",
    mark="default",
)
GRID_CODE_DIGITS = declare(
    "units.grid_code_digits",
    "村以下各级编号的位数",
    type="int",
    default=3,
    measure="位",
    basis="在12位统计用区划代码之后逐级加顺序号",
    mark="default",
    minimum=2,
    maximum=3,
)
UNMASK_PER_DAY = declare(
    "people.unmask_per_day",
    "一个账号一天最多查看隐去信息的次数",
    type="int",
    default=50,
    measure="次",
    basis="个人信息保护法第五十一条（合理确定操作权限）",
    mark="default",
    minimum=0,
)
UNMASK_PURPOSES = declare(
    "people.unmask_purposes",
    "查看隐去信息的用途",
    type="table",
    default={
        "contact": "联系本人办理诉求",
        "verify": "核对身份",
        "help": "帮扶救助申请与核查",
        "legal": "法定职责要求的报送",
        "correct": "更正本人信息",
    },
    basis="个人信息保护法第六条（目的明确、最小必要）",
    mark="default",
)
