"""Imports in the navigation."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("imports", _("导入"), "imports", icon="upload", capability="intake.use", order=90))
