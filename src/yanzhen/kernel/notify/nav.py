"""The inbox in the navigation."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.notify.selectors import unread_count
from yanzhen.kernel.ui.nav import NavItem, register

register(
    NavItem(
        "notices",
        _("消息"),
        "notices",
        icon="bell",
        order=80,
        count=lambda actor: unread_count(actor.account_id) or None,
    )
)
