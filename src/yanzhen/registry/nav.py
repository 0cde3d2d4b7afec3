"""The registers in the navigation."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, register

register(NavItem("units", _("组织与区划"), "units", icon="sitemap", capability="units.view", order=60))
register(NavItem("people", _("人员与家庭"), "people", icon="users", capability="people.view", order=65, phone=True))
