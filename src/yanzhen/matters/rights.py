"""Rights of the loop. Which role holds which: ``registry/roles.toml``."""

from yanzhen.kernel.scope.api import declare

declare("matters.view", "看事项")
declare("matters.search", "查找事项")
declare("matters.report", "登记事项")
declare("matters.triage", "研判")
declare("matters.assign", "交办、改派、裁定异议")
declare("matters.handle", "签收、办理、反馈")
declare("matters.press", "督办")
declare("matters.decide", "审批延期与无法解决")
declare("matters.rate", "回访、退回重办、归档")
declare("matters.review", "审核剔除统计")
declare("matters.admission", "网格准入与履职清单")
declare("matters.import", "批量导入事项")
declare("matters.feedback", "答复对平台的意见建议")
declare("matters.train", "训练研判模型")
declare("matters.integrate", "管理接口令牌与事件推送")
