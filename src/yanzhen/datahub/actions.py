"""Actions of the data books in the trail."""

from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.trail.api import declare

LOOKED = declare("datahub.rows.looked", _("查看数据记录"))
EXPORTED = declare("datahub.rows.exported", _("导出数据记录"))
SEARCHED = declare("datahub.person.looked_up", _("按人或户查找数据"))
ASKED = declare("datahub.access.asked", _("申请使用数据"))
DECIDED = declare("datahub.access.decided", _("审批数据使用申请"))
ENDED = declare("datahub.access.ended", _("终止数据使用"))
CONTRACT = declare("datahub.contract.saved", _("修改数据契约"))
RETURNED = declare("datahub.quarantine.exported", _("退回问题数据"))
PAIRED = declare("datahub.pair.decided", _("核定疑似同一人"))
