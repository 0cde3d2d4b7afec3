"""Rights of village democracy. Which role holds which: ``registry/roles.toml``."""

from yanzhen.kernel.scope.api import declare

declare("democracy.view", "看村务公开、决策与名册")
declare("democracy.rosters", "维护村民代表、两委、监委会名册")
declare("democracy.decide", "提出决策、登记实施情况")
declare("democracy.disclose", "拟稿和公布村务公开")
declare("democracy.supervise", "监督审核、质询、检查、报告")
declare("democracy.oversee", "乡镇督导议事、登记未按程序决策")
declare("democracy.evaluate", "组织民主评议、登记票数")
declare("democracy.results", "看民主评议结果")
declare("democracy.audit", "安排和登记审计、巡察")
