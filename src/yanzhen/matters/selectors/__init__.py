"""Reads of the loop, all from the viewer's scope."""

from yanzhen.matters.selectors.desk import (
    Lights,
    Pressed,
    Workbench,
    admissions_for_matter,
    lead_choices,
    may_unmask,
    number_in,
    place_choices,
    press_levels,
    requests_waiting_for,
    row_of,
    search_for,
    tabs_for,
    workbench_for,
)
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
    due_steps,
    follow,
    for_person,
    matter_for,
    parties_for,
    requests_for,
    timeline_for,
)
from yanzhen.matters.selectors.pages import Bounded, Filters, Page, Row, ids_for, page_for
from yanzhen.matters.selectors.similar import Similar, similar_for
from yanzhen.matters.selectors.triage import Choice, Suggestions, suggestions_for

__all__ = [
    "Bounded", "Choice", "Contact", "Filters", "Lights", "Page", "PartyRow", "Pressed", "PublicMatter", "PublicStep", "Row",
    "Similar", "Suggestions", "TimelineItem", "Workbench", "acts_for", "admissions_for_matter", "by_number", "contact_for",
    "due_explained", "due_steps", "follow", "for_person", "ids_for", "lead_choices", "matter_for", "may_unmask", "number_in", "page_for",
    "parties_for", "place_choices", "press_levels", "requests_for", "requests_waiting_for", "row_of", "search_for",
    "similar_for", "suggestions_for", "tabs_for", "timeline_for", "workbench_for",
]  # fmt: skip
