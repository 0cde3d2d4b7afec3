"""Actions of logins in the trail."""

from yanzhen.kernel.trail.api import declare

CREATED = declare("accounts.account.created", "建立账号")
DISABLED = declare("accounts.account.disabled", "停用账号")
ENABLED = declare("accounts.account.enabled", "启用账号")
RESET = declare("accounts.account.reset", "重置口令")
UNLOCKED = declare("accounts.account.unlocked", "解除锁定")
CHANGED = declare("accounts.password.changed", "修改口令")
PREFERRED = declare("accounts.account.preferred", "修改个人设置")
FACTOR_ADDED = declare("accounts.factor.added", "启用二次验证")
FACTOR_DROPPED = declare("accounts.factor.dropped", "停用二次验证")
LOGGED_IN = declare("accounts.session.opened", "登录")
FAILED = declare("accounts.session.refused", "登录失败")
LOGGED_OUT = declare("accounts.session.closed", "退出")
