"""Actions of village democracy in the trail."""

from yanzhen.kernel.trail.api import declare

SEATED = declare("democracy.seat.taken", "登记任职")
UNSEATED = declare("democracy.seat.left", "登记离任")
DELEGATED = declare("democracy.household.delegated", "指定户代表")
SEATS_IMPORTED = declare("democracy.seat.imported", "批量导入任职")

DRAFTED = declare("democracy.disclosure.drafted", "村务公开拟稿")
REDRAFTED = declare("democracy.disclosure.changed", "修改公开稿")
SUBMITTED = declare("democracy.disclosure.submitted", "公开稿送监委会审核")
REVIEWED = declare("democracy.disclosure.reviewed", "监委会审核公开稿")
PUBLISHED = declare("democracy.disclosure.published", "公布村务")
PUBLICITY_ENDED = declare("democracy.disclosure.ended", "公布期满")
REPLACED = declare("democracy.disclosure.replaced", "更正替换公开内容")
OBJECTED = declare("democracy.objection.made", "对公开内容提出异议")
UPHELD = declare("democracy.objection.upheld", "认定公开异议成立")
OBJECTION_ANSWERED = declare("democracy.objection.answered", "答复公开异议")

PROPOSED = declare("democracy.decision.proposed", "提出决策事项")
DECIDING = declare("democracy.decision.started", "启动四议两公开")
DECISION_STEP = declare("democracy.decision.step", "议事步骤进展")
DECISION_ENDED = declare("democracy.decision.ended", "终止决策事项")
CARRIED = declare("democracy.decision.carried", "登记决议实施情况")
CARRIED_OUT = declare("democracy.decision.done", "决议实施结果公开")
SKIPPED = declare("democracy.decision.skipped", "登记未按程序决策")

INQUIRED = declare("democracy.inquiry.made", "监督质询、检查")
INQUIRY_ANSWERED = declare("democracy.inquiry.answered", "答复监督质询")
INQUIRY_CLOSED = declare("democracy.inquiry.closed", "监督结论")
SUPERVISION_REPORTED = declare("democracy.supervision.reported", "签发监督半年报告")

EVALUATION_CALLED = declare("democracy.evaluation.called", "组织民主评议")
CADRE_REPORTED = declare("democracy.evaluation.reported", "登记述职报告")
EVALUATION_COUNTED = declare("democracy.evaluation.counted", "登记评议票数")
EVALUATION_TOLD = declare("democracy.evaluation.told", "反馈评议结果")

AUDIT_PLANNED = declare("democracy.audit.planned", "制定审计巡察计划")
AUDIT_MOVED = declare("democracy.audit.moved", "调整审计巡察安排")
AUDITED = declare("democracy.audit.done", "登记审计巡察")
FOUND = declare("democracy.audit.found", "登记审计巡察问题")
FOLLOWED = declare("democracy.followed", "跟踪事项办结")
