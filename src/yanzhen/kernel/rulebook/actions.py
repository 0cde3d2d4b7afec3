"""Actions of the rulebook in the trail."""

from yanzhen.kernel.trail.api import declare

PROPOSED = declare("rulebook.value.proposed", "提出规则变更")
APPROVED = declare("rulebook.value.approved", "批准规则变更")
REJECTED = declare("rulebook.value.rejected", "不同意规则变更")
WITHDRAWN = declare("rulebook.value.withdrawn", "撤回规则变更")
CLOSED = declare("rulebook.value.closed", "规则取值到期")
EXPORTED = declare("rulebook.value.exported", "导出规则")
