"""The working calendar in the navigation."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("calendar", _("工作日历"), "calendar", icon="calendar", capability="rules.view", order=95))
