"""Tables of the rulebook: dated values by unit. Keys are declared in code by the module that reads them."""

from __future__ import annotations

from django.db import models


class RuleValue(models.Model):
    """One value of a rule for a unit and everything below it, valid ``valid_from <= day < valid_to``.

    ``unit_id`` points at a unit of the registry without a foreign key: the kernel stands below it, and units are never
    deleted. ``dims`` is canonical JSON text of the dimensions (``{"category":"…"}``), ``value`` JSON text of the value.
    """

    PROPOSED, APPROVED, REJECTED, WITHDRAWN = "proposed", "approved", "rejected", "withdrawn"
    STATES = [(PROPOSED, "待审批"), (APPROVED, "已生效"), (REJECTED, "未同意"), (WITHDRAWN, "已撤回")]

    key = models.CharField(max_length=80)
    unit_id = models.BigIntegerField()
    dims = models.CharField(max_length=200, default="{}")
    value = models.TextField()
    basis = models.CharField(max_length=300)
    note = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=STATES, default=PROPOSED)
    proposed_by = models.BigIntegerField()
    proposed_name = models.CharField(max_length=80)
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "rule_value"
        indexes = [models.Index(fields=["key", "unit_id", "valid_from"], name="rule_by_key")]
        constraints = [
            models.CheckConstraint(
                name="rule_two_people",
                condition=~models.Q(state="approved") | ~models.Q(decided_by=models.F("proposed_by")),
            ),
        ]
