"""Actions of the installation itself in the trail."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.trail.api import declare

KEYS_ROTATED = declare("site.keys.rotated", _("更换加密密钥"))
