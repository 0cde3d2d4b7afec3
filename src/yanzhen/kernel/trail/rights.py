"""Rights over the trail."""

from yanzhen.kernel.scope.api import declare

declare("trail.view", "查阅操作留痕", business=False)
declare("trail.export", "导出操作留痕", business=False)
