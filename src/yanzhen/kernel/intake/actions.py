"""Actions of imports and exports in the trail."""

from yanzhen.kernel.trail.api import declare

UPLOADED = declare("kernel.intake.uploaded", "上传导入文件")
COMMITTED = declare("kernel.intake.committed", "导入数据")
DISCARDED = declare("kernel.intake.discarded", "放弃导入")
FORGOTTEN = declare("kernel.intake.forgotten", "清除导入暂存数据")
EXPORTED = declare("kernel.intake.exported", "导出数据")
