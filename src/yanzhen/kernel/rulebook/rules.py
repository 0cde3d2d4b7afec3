"""Rules about rules."""

from yanzhen.kernel.rulebook.selectors import declare

declare(
    "rulebook.backdate_days", "规则取值最多可追溯的天数", type="int", default=0, measure="天", minimum=0, maximum=366,
    basis="平台默认：规则只对今后生效；文件已先行生效的地方可放宽", mark="default",
)  # fmt: skip
