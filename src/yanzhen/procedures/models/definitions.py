"""Versions of procedures."""

from __future__ import annotations

from django.db import models


class Procedure(models.Model):
    """One version of a definition. Shipped ones are active when they arrive; a county's own need two people.

    ``unit_id`` None: shipped, holds everywhere; otherwise it holds in that unit and below, before a shipped one of the same
    code. ``source`` is the TOML text, never changed once proposed; ``digest`` its SHA-256.
    """

    class State(models.TextChoices):
        PROPOSED = "proposed", "待审批"
        ACTIVE = "active", "在用"
        RETIRED = "retired", "停用"
        REJECTED = "rejected", "未采用"

    code = models.CharField(max_length=60)
    version = models.IntegerField()
    unit = models.ForeignKey("registry.Unit", models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=120)
    title_en = models.CharField(max_length=200, blank=True)
    source = models.TextField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State)
    reason = models.CharField(max_length=200, blank=True)
    proposed_by = models.BigIntegerField(null=True)
    proposed_name = models.CharField(max_length=80, blank=True)
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "procedure"
        indexes = [models.Index(fields=["code", "state"], name="procedure_by_code")]
        constraints = [
            models.UniqueConstraint(fields=["code", "version", "unit"], name="procedure_version_once"),
            models.UniqueConstraint(
                fields=["code", "version"], condition=models.Q(unit__isnull=True), name="procedure_shipped_once"
            ),
            models.CheckConstraint(
                name="procedure_two_people",
                condition=models.Q(decided_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(decided_by=models.F("proposed_by")),
            ),
        ]
