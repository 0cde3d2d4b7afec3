"""Table of the working calendar: what the State Council's notice says beyond the library, and local holidays."""

from __future__ import annotations

from django.db import models


class DayOverride(models.Model):
    """One day whose state somebody has stated, for a unit and everything below it; one person proposes, another approves.

    ``unit_id``/``unit_path`` point at a unit of the registry without a foreign key (autonomous areas have holidays of their
    own). ``batch`` ties the days of one file or one proposal together.
    """

    PROPOSED, APPROVED, REJECTED, REPLACED = "proposed", "approved", "rejected", "replaced"
    STATES = [(PROPOSED, "待审批"), (APPROVED, "已生效"), (REJECTED, "未同意"), (REPLACED, "已被替换")]

    day = models.DateField()
    working = models.BooleanField()
    name = models.CharField(max_length=40, blank=True)
    basis = models.CharField(max_length=200)
    unit_id = models.BigIntegerField()
    unit_path = models.CharField(max_length=255)
    batch = models.CharField(max_length=32)
    state = models.CharField(max_length=10, choices=STATES, default=PROPOSED)
    proposed_by = models.BigIntegerField()
    proposed_name = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "day_override"
        indexes = [
            models.Index(fields=["state", "day"], name="day_by_state"),
            models.Index(fields=["batch"], name="day_by_batch"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit_id", "day"], condition=models.Q(state="approved"), name="day_once"),
            models.CheckConstraint(
                name="day_two_people",
                condition=~models.Q(state="approved") | ~models.Q(decided_by=models.F("proposed_by")),
            ),
        ]
