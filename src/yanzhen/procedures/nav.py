"""Entries of the navigation (imported from the AppConfig)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("cases", _("程序"), "cases", icon="sitemap", capability="procedures.view", order=15, phone=False))
