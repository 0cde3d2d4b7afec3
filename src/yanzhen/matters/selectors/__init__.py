"""Reads of the loop, all from the viewer's scope."""

from yanzhen.matters.selectors.one import (
    Contact,
    PartyRow,
    PublicMatter,
    PublicStep,
    TimelineItem,
    acts_for,
    by_number,
    contact_for,
    due_explained,
    follow,
    for_person,
    matter_for,
    parties_for,
    requests_for,
    timeline_for,
)
from yanzhen.matters.selectors.pages import Bounded, Filters, Page, Row, ids_for, page_for

__all__ = [
    "Bounded", "Contact", "Filters", "Page", "PartyRow", "PublicMatter", "PublicStep", "Row", "TimelineItem", "acts_for",
    "by_number", "contact_for", "due_explained", "follow", "for_person", "ids_for", "matter_for", "page_for", "parties_for",
    "requests_for", "timeline_for",
]  # fmt: skip
