"""What hangs on the board, word for word, and what villagers object to."""

from __future__ import annotations

from django.db import models

from yanzhen.democracy.domain.disclosure import STATE_WORDS, State


class Disclosure(models.Model):
    """One notice. ``content``: canonical JSON of what is made public (masked already); ``digest``: its SHA-256, set when it
    goes up and never changed after. ``subject``: what an event's notice is about (``decision`` 17)."""

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    item = models.CharField(max_length=24)
    period = models.CharField(max_length=12)
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=[(s.value, w) for s, w in STATE_WORDS.items()], default=State.DRAFT)
    content = models.TextField()
    digest = models.CharField(max_length=64, blank=True)
    remarks = models.CharField(max_length=500, blank=True)
    subject_kind = models.CharField(max_length=12, blank=True)
    subject_id = models.BigIntegerField(null=True)
    due_on = models.DateField()
    drafted_by = models.BigIntegerField(null=True)
    drafted_name = models.CharField(max_length=80)
    drafted_at = models.DateTimeField()
    reviewed_by = models.BigIntegerField(null=True)
    reviewed_name = models.CharField(max_length=80, blank=True)
    reviewed_at = models.DateTimeField(null=True)
    review_words = models.CharField(max_length=500, blank=True)
    published_name = models.CharField(max_length=80, blank=True)
    published_at = models.DateTimeField(null=True)
    up_until = models.DateField(null=True)
    ended_at = models.DateTimeField(null=True)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        db_table = "dem_disclosure"
        indexes = [
            models.Index(fields=["unit", "state", "due_on"], name="dem_disclosure_by_unit"),
            models.Index(fields=["unit", "item", "period"], name="dem_disclosure_by_item"),
            models.Index(fields=["state", "up_until"], name="dem_disclosure_up"),
            models.Index(fields=["digest"], name="dem_disclosure_by_digest"),
            models.Index(fields=["subject_kind", "subject_id"], name="dem_disclosure_of"),
        ]


class Objection(models.Model):
    """A villager's objection to a notice. Who said it is kept in the matter it became, never here.

    ``case_number``: its number in the publicity of the decision's case, while it is open there.
    """

    disclosure = models.ForeignKey(Disclosure, models.PROTECT, related_name="objections")
    matter = models.ForeignKey("matters.Matter", models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=2000, blank=True)
    answered_at = models.DateTimeField(null=True)
    late = models.BooleanField(default=False)
    upheld = models.BooleanField(default=False)
    case_number = models.PositiveIntegerField(null=True)

    class Meta:
        db_table = "dem_objection"
        indexes = [models.Index(fields=["disclosure", "made_at"], name="dem_objection_by_notice")]
