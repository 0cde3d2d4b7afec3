"""Door of the loop for other modules."""

from yanzhen.matters.domain.draft import Report
from yanzhen.matters.selectors import Filters, Page, Row, matter_for, number_in, page_for, search_for, workbench_for
from yanzhen.matters.services import on_act, on_closed, report
from yanzhen.matters.web.show import gist, table

__all__ = [
    "Filters", "Page", "Report", "Row", "gist", "matter_for", "number_in", "on_act", "on_closed", "page_for", "report",
    "search_for", "table", "workbench_for",
]  # fmt: skip
