"""Rights of the measures."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import declare

declare("measures.view", _("看指标与看板"))
declare("measures.recompute", _("重新计算指标"))
