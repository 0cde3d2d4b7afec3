"""Actions of the measures in the trail."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.trail.api import declare

RECOMPUTED = declare("measures.facts.recomputed", _("重新计算指标"))
EXPORTED = declare("measures.board.exported", _("导出看板"))
