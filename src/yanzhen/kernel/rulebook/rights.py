"""Rights over the rulebook: rules of the business, and the security policy apart from them."""

from yanzhen.kernel.scope.api import declare

declare("rules.view", "看规则")
declare("rules.propose", "提出规则变更")
declare("rules.approve", "审批规则变更")
declare("policy.propose", "提出安全策略变更", business=False)
declare("policy.approve", "审批安全策略变更", business=False)
