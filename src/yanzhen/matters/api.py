"""Door of the loop for other modules."""

from yanzhen.matters.domain.draft import Report
from yanzhen.matters.selectors import Filters, Page, Row, matter_for, page_for
from yanzhen.matters.services import on_act, report

__all__ = ["Filters", "Page", "Report", "Row", "matter_for", "on_act", "page_for", "report"]
