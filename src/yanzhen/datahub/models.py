"""Tables of the data books. The rows themselves lie in the lake."""

from __future__ import annotations

from django.db import models

from yanzhen.datahub.domain.access import ASKED
from yanzhen.registry.models import Unit


class AccessRequest(models.Model):
    """A request for columns of a source, its decision and its term."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    source = models.CharField(max_length=60)
    columns = models.TextField()
    purpose = models.CharField(max_length=300)
    basis = models.CharField(max_length=200)
    clear = models.BooleanField(default=False)
    until = models.DateField()
    state = models.CharField(max_length=8, default=ASKED)
    asked_by = models.BigIntegerField()
    asked_name = models.CharField(max_length=160)
    asked_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=160, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_words = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "data_access"
        indexes = [
            models.Index(fields=["unit", "source", "state"], name="data_access_unit"),
            models.Index(fields=["state", "asked_at"], name="data_access_open"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
                name="data_access_two_people",
            )
        ]


class ContractVersion(models.Model):
    """What a contract said, when, and who wrote it."""

    source = models.CharField(max_length=60)
    number = models.PositiveIntegerField()
    body = models.TextField()
    words = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=160)

    class Meta:
        db_table = "data_contract"
        constraints = [models.UniqueConstraint(fields=["source", "number"], name="data_contract_once")]
