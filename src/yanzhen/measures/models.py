"""Facts: what was computed, for whom and when; and what must be computed again."""

from __future__ import annotations

from django.db import models


class Fact(models.Model):
    """One indicator for one unit and month (or ``now``): numerator, denominator, excluded rows, time of computing."""

    indicator = models.CharField(max_length=40)
    unit_id = models.BigIntegerField()
    period = models.CharField(max_length=7)
    numerator = models.DecimalField(max_digits=18, decimal_places=4)
    denominator = models.BigIntegerField()
    excluded = models.BigIntegerField(default=0)
    computed_at = models.DateTimeField()

    class Meta:
        db_table = "fact"
        constraints = [models.UniqueConstraint(fields=["unit_id", "period", "indicator"], name="fact_once")]


class LeafFact(models.Model):
    """What a place itself contributes, and along which chain of units it was added up (ids, root first).

    A changed place is taken off its old chain and added to its new one: the work grows with the change, not with the tree.
    """

    group = models.CharField(max_length=20)
    indicator = models.CharField(max_length=40)
    unit_id = models.BigIntegerField()
    period = models.CharField(max_length=7)
    numerator = models.DecimalField(max_digits=18, decimal_places=4)
    denominator = models.BigIntegerField()
    excluded = models.BigIntegerField(default=0)
    chain = models.CharField(max_length=200)

    class Meta:
        db_table = "fact_leaf"
        constraints = [
            models.UniqueConstraint(fields=["unit_id", "period", "group", "indicator"], name="fact_leaf_once"),
        ]


class Stale(models.Model):
    """A place and month whose facts of a group must be computed again."""

    group = models.CharField(max_length=20)
    unit_id = models.BigIntegerField()
    period = models.CharField(max_length=7)

    class Meta:
        db_table = "fact_stale"
        constraints = [models.UniqueConstraint(fields=["group", "period", "unit_id"], name="stale_once")]
