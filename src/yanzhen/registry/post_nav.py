"""Entries of the navigation for posts, logins, rules and the trail."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("rules", _("规则"), "rules", icon="book", capability="rules.view", order=800))
register(NavItem("policy", _("安全策略"), "policy", icon="shield-check", capability="policy.propose", order=810))
register(NavItem("posts", _("岗位与权限"), "posts", icon="switch-horizontal", capability="posts.view", order=820))
register(NavItem("accounts", _("账号"), "accounts", icon="users", capability="accounts.view", order=830))
register(NavItem("trail", _("操作留痕"), "trail", icon="history", capability="trail.view", order=840))
