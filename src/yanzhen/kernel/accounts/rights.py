"""Rights over logins."""

from yanzhen.kernel.scope.api import declare

declare("accounts.view", "看账号", business=False)
declare("accounts.manage", "管理账号", business=False)
declare("accounts.factor", "重置二次验证", business=False)
