"""Actions of the working calendar in the trail."""

from yanzhen.kernel.trail.api import declare

PROPOSED = declare("worktime.days.proposed", "提出工作日历变更")
APPROVED = declare("worktime.days.approved", "批准工作日历变更")
REJECTED = declare("worktime.days.rejected", "不同意工作日历变更")
