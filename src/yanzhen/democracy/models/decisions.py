"""Decisions of a village: the proposal, its case, what was done with it."""

from __future__ import annotations

from django.db import models

from yanzhen.democracy.domain.decisions import ROUTE_WORDS, STATE_WORDS, State


class Decision(models.Model):
    """One decision. The steps are the case's (``case_id``); here stands what is proposed and what came of it.

    ``attempt`` counts how often it was put to the bodies: a proposal that failed is amended and goes round again.
    """

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    item = models.CharField(max_length=24)
    route = models.CharField(max_length=12, choices=[(r.value, w) for r, w in ROUTE_WORDS.items()])
    title = models.CharField(max_length=120)
    text = models.TextField()
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    funds = models.CharField(max_length=120, blank=True)
    state = models.CharField(max_length=10, choices=[(s.value, w) for s, w in STATE_WORDS.items()], default=State.DRAFT)
    case_id = models.BigIntegerField(null=True)
    step = models.CharField(max_length=40, blank=True)
    step_words = models.CharField(max_length=80, blank=True)
    step_since = models.DateTimeField(null=True)
    step_due = models.DateTimeField(null=True)
    attempt = models.PositiveSmallIntegerField(default=1)
    why_ended = models.CharField(max_length=300, blank=True)
    proposed_by = models.BigIntegerField(null=True)
    proposed_name = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    resolved_on = models.DateField(null=True)
    carry_until = models.DateField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dem_decision"
        indexes = [
            models.Index(fields=["unit", "state", "proposed_at"], name="dem_decision_by_unit"),
            models.Index(fields=["case_id"], name="dem_decision_by_case"),
        ]


class Progress(models.Model):
    """What was done to carry a decision out."""

    decision = models.ForeignKey(Decision, models.PROTECT, related_name="steps_done")
    on = models.DateField()
    words = models.CharField(max_length=1000)
    spent = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    finished = models.BooleanField(default=False)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        db_table = "dem_progress"
        indexes = [models.Index(fields=["decision", "at"], name="dem_progress_by_decision")]


class Skip(models.Model):
    """The township found something done without its decision; a matter follows it to the end."""

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    item = models.CharField(max_length=24)
    words = models.CharField(max_length=500)
    found_on = models.DateField()
    found_name = models.CharField(max_length=80)
    matter = models.ForeignKey("matters.Matter", models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dem_skip"
        indexes = [models.Index(fields=["unit", "found_on"], name="dem_skip_by_unit")]
