"""Rights of procedures. Which role holds which: ``registry/roles.toml``. Whose step it is, is said by the definition."""

from yanzhen.kernel.scope.api import declare

declare("procedures.view", "看程序事项")
declare("procedures.start", "发起程序")
declare("procedures.act", "办理程序步骤")
declare("procedures.end", "终止程序事项")
declare("procedures.migrate", "将在办事项转入新版程序")
declare("procedures.define", "提出自定义程序")
declare("procedures.approve", "批准自定义程序")
declare("procedures.tell", "担任计票人")
declare("procedures.export", "导出程序清单")
