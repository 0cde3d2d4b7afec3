"""Tables of the loop."""

from yanzhen.matters.models.admission import Admission, DutyItem
from yanzhen.matters.models.matter import (
    Attachment,
    Category,
    ClockStop,
    Entry,
    Matter,
    Participation,
    Press,
    Rating,
    Reach,
    Request,
    Voice,
)
from yanzhen.matters.models.outside import ApiToken, Feedback, Idempotency, SavedFilter, Webhook, WebhookCall

__all__ = [
    "Admission",
    "ApiToken",
    "Attachment",
    "Category",
    "ClockStop",
    "DutyItem",
    "Entry",
    "Feedback",
    "Idempotency",
    "Matter",
    "Participation",
    "Press",
    "Rating",
    "Reach",
    "Request",
    "SavedFilter",
    "Voice",
    "Webhook",
    "WebhookCall",
]
