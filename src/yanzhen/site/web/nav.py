"""The fixed places of the shell and its own entry of the navigation (imported from the AppConfig)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.ui.nav import NavItem, Places, places, register

register(NavItem("home", _("工作台"), "home", icon="home", order=10, phone=True))
places(
    Places(
        home="home",
        search="search",
        switch_post="post_switch",
        account="account",
        feedback="feedback_new",
        notices="notices",
        help="help",
        privacy="privacy",
        accessibility="accessibility",
    )
)
