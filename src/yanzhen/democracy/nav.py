"""Entries of the navigation (imported from the AppConfig)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(
    NavItem("decisions", _("四议两公开"), "decisions", icon="scale", capability="democracy.view", order=40, phone=True)
)
register(NavItem("disclosures", _("村务公开"), "disclosures", icon="file-text", capability="democracy.view", order=42))
register(NavItem("supervision", _("村务监督"), "supervision", icon="eye", capability="democracy.view", order=44))
register(NavItem("rosters", _("村级名册"), "rosters", icon="users", capability="democracy.view", order=46))
register(
    NavItem("evaluations", _("民主评议"), "evaluations", icon="chart-bar", capability="democracy.results", order=48)
)
register(NavItem("audits", _("审计巡察"), "audits", icon="book", capability="democracy.view", order=50))
