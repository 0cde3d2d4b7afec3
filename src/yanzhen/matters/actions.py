"""Actions of the loop in the trail: one for each act of ``domain/loop.py``, and those around it."""

from yanzhen.kernel.trail.api import declare
from yanzhen.matters.domain.loop import ACTS

REPORTED = declare("matters.matter.reported", "登记事项")
IMPORTED = declare("matters.matter.imported", "批量导入事项")
IMPORT_RUN = declare("matters.import.run", "导入留言文件")
ACT = {code: declare(f"matters.matter.{code}", act.words) for code, act in ACTS.items()}
DECIDED = {kind: ACT[f"decide_{kind}"] for kind in ("extension", "unsolvable", "exclusion")}
OVERDUE = declare("matters.matter.overdue", "记为超期")
RECLOCKED = declare("matters.matter.reclocked", "因工作日历变动重算时限")
MOVED = declare("matters.matter.moved", "因区划变动更新归属")
UNMASKED = declare("matters.matter.unmasked", "查看当事人联系方式")

CATEGORIES_IMPORTED = declare("matters.category.imported", "导入类别表")
TRAINED = declare("matters.triage.trained", "训练研判模型")

ADMISSION_APPLIED = declare("matters.admission.applied", "申请网格准入")
ADMISSION_REVIEWED = declare("matters.admission.reviewed", "准入初审")
ADMISSION_JOINT = declare("matters.admission.joint", "准入联审评估")
ADMISSION_PUBLISHED = declare("matters.admission.published", "准入公示结束，生效")
ADMISSION_URGENT = declare("matters.admission.urgent", "紧急准入同意")
ADMISSION_ENDED = declare("matters.admission.ended", "准入失效")
DUTY_CHANGED = declare("matters.duty.changed", "维护履职事项清单")

FILTER_SAVED = declare("matters.filter.saved", "保存常用筛选")
FILTER_DROPPED = declare("matters.filter.dropped", "删除常用筛选")
FEEDBACK_ANSWERED = declare("matters.feedback.answered", "答复意见建议")
FEEDBACK_GIVEN = declare("matters.feedback.given", "提出对平台的意见建议")

TOKEN_ISSUED = declare("matters.token.issued", "签发接口令牌")
TOKEN_ENDED = declare("matters.token.ended", "吊销接口令牌")
WEBHOOK_ADDED = declare("matters.webhook.added", "添加事件推送")
WEBHOOK_CHANGED = declare("matters.webhook.changed", "修改事件推送")
WEBHOOK_ENDED = declare("matters.webhook.ended", "删除事件推送")
WEBHOOK_RESENT = declare("matters.webhook.resent", "重新推送")
