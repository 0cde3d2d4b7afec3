"""Rights over the lake."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.scope.api import declare

declare("datahub.book", _("看本单位的数据账本"))
declare("datahub.rows", _("按用途查看本区域的数据记录"))
declare("datahub.ask", _("申请使用数据"))
declare("datahub.catalogue", _("看数据目录与运行情况"))
declare("datahub.contracts", _("维护数据契约"))
declare("datahub.decide", _("审批数据使用申请"))
