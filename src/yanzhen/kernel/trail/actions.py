"""Actions on the trail itself, which leave a trace too."""

from yanzhen.kernel.trail.services import declare

UNMASKED = declare("trail.data.unmasked", "查看隐去信息")
EXPORTED = declare("trail.row.exported", "导出操作留痕")
ANCHORED = declare("trail.seal.anchored", "打印封存摘要")
VERIFIED = declare("trail.seal.verified", "核验操作留痕")
