"""Actions of procedures in the trail: one for each act, and those around it."""

from yanzhen.kernel.trail.api import declare

STARTED = declare("procedures.case.started", "发起程序")
ACT = {
    code: declare(f"procedures.step.{code}", words)
    for code, words in {
        "submit": "提交",
        "judge": "办理步骤",
        "answer": "会签",
        "announce": "发出会议通知",
        "hold": "登记会议",
        "publish": "登记公示",
        "object": "提出异议",
        "reply": "答复异议",
        "close": "步骤期满",
        "signal": "收到通知，结束等待",
        "amend": "修改内容",
    }.items()
}
ENDED = declare("procedures.case.ended", "终止程序事项")
MOVED = declare("procedures.case.moved", "转入新版程序")
OVERDUE = declare("procedures.case.overdue", "程序步骤超期")
REHOMED = declare("procedures.case.rehomed", "因区划变动更新归属")
INTEREST = declare("procedures.case.interest", "登记利害关系，回避")

PROPOSED = declare("procedures.definition.proposed", "提出自定义程序")
APPROVED = declare("procedures.definition.approved", "批准自定义程序")
REFUSED = declare("procedures.definition.refused", "不批准自定义程序")
RETIRED = declare("procedures.definition.retired", "停用自定义程序")
SHIPPED = declare("procedures.definition.shipped", "装入平台自带程序")

BALLOT_PREPARED = declare("procedures.ballot.prepared", "准备无记名投票")
BALLOT_KEYED = declare("procedures.ballot.keyed", "计票人设定口令")
BALLOT_CODES = declare("procedures.ballot.codes", "印制一次性投票码")
BALLOT_OPENED = declare("procedures.ballot.opened", "开始投票")
BALLOT_TOOK = declare("procedures.ballot.took", "领取选票或投票码")
BALLOT_CLOSED = declare("procedures.ballot.closed", "截止投票")
BALLOT_COUNTED = declare("procedures.ballot.counted", "计票人报出计票结果")
BALLOT_RECOUNT = declare("procedures.ballot.recount", "重新计票")
BALLOT_AGREED = declare("procedures.ballot.agreed", "计票结果一致")
