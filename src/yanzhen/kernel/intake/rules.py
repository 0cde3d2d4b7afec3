"""Rules of imports."""

from yanzhen.kernel.rulebook.api import declare

MAX_ROWS = declare(
    "intake.max_rows",
    "一次导入的最多行数",
    type="int",
    default=200_000,
    measure="行",
    basis="系统默认（更大的数据用命令行导入）",
    mark="default",
    minimum=100,
    maximum=2_000_000,
)
KEEP_DAYS = declare(
    "intake.keep_days",
    "导入暂存行的保留天数",
    type="int",
    default=30,
    measure="日",
    basis="个人信息保护法第十九条（保存期限为实现目的所必要的最短时间）；天数为系统默认",
    mark="default",
    minimum=1,
    maximum=365,
)
