"""Audit and inspection: the plan of a term, its visits, what was found."""

from __future__ import annotations

from django.db import models


class Coverage(models.Model):
    """A plan that covers every village below a unit once in a term."""

    KINDS = [("audit", "审计"), ("inspection", "巡察")]

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12, choices=KINDS)
    title = models.CharField(max_length=120)
    first = models.DateField()
    last = models.DateField()
    made_name = models.CharField(max_length=80)
    made_at = models.DateTimeField()

    class Meta:
        db_table = "dem_coverage"
        indexes = [models.Index(fields=["unit", "kind"], name="dem_coverage_by_unit")]


class Visit(models.Model):
    """A village in the plan: planned for a quarter, done on a day, result disclosed or not yet."""

    coverage = models.ForeignKey(Coverage, models.PROTECT, related_name="visits")
    village = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    quarter = models.CharField(max_length=6)
    done_on = models.DateField(null=True)
    team = models.CharField(max_length=80, blank=True)
    result = models.CharField(max_length=1000, blank=True)
    leaving = models.BooleanField(default=False)

    class Meta:
        db_table = "dem_visit"
        constraints = [models.UniqueConstraint(fields=["coverage", "village"], name="dem_visit_once")]
        indexes = [models.Index(fields=["village", "quarter"], name="dem_visit_by_village")]


class Finding(models.Model):
    """Something found on a visit; its matter carries it to the end."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="findings")
    words = models.CharField(max_length=500)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    matter = models.ForeignKey("matters.Matter", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dem_finding"
        indexes = [models.Index(fields=["visit", "at"], name="dem_finding_by_visit")]
