"""Rights of imports: the page; each importer needs its own capability too."""

from yanzhen.kernel.scope.api import declare

declare("intake.use", "使用表格导入")
