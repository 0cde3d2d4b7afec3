"""Door of imports and exports.

Imports: subclass :class:`BaseImporter`, ``register`` it in AppConfig.ready; the pages at /imports/ do the rest. Exports:
``export_workbook`` or ``fill_template``, handed out by ``workbook_response``, which enters them in the trail.
"""

from yanzhen.kernel.intake.domain import Column, Problem, Staged, harmless, parse_date, risky
from yanzhen.kernel.intake.exports import (
    CSV,
    XLSX,
    ExportColumn,
    export_csv,
    export_workbook,
    fill_template,
    import_template,
    record_export,
    workbook_response,
)
from yanzhen.kernel.intake.importers import BaseImporter, Context, Importer, importers, register
from yanzhen.kernel.intake.services import check_run, choose_columns, commit_run, confirm, start
from yanzhen.kernel.intake.tables import rows_of

__all__ = [
    "CSV", "XLSX", "BaseImporter", "Column", "Context", "ExportColumn", "Importer", "Problem", "Staged", "check_run",
    "choose_columns", "commit_run", "confirm", "export_csv", "export_workbook", "fill_template", "harmless", "import_template",
    "importers", "parse_date", "record_export", "register", "risky", "rows_of", "start", "workbook_response",
]  # fmt: skip
