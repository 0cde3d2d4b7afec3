"""Democratic evaluation: totals only, never who voted what."""

from __future__ import annotations

from django.db import models


class Evaluation(models.Model):
    """One meeting of evaluation. ``scale``: grades joined by "|", best first, as they held when it was called."""

    STATES = [
        ("called", "已通知"),
        ("reported", "述职完毕"),
        ("voting", "投票中"),
        ("counted", "已计票"),
        ("told", "结果已反馈"),
        ("void", "无效，重新组织"),
    ]

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=120)
    scale = models.CharField(max_length=120)
    body = models.CharField(max_length=16, default="representatives")
    meets_on = models.DateField()
    state = models.CharField(max_length=10, choices=STATES, default="called")
    due = models.PositiveIntegerField()
    issued = models.PositiveIntegerField(default=0)
    valid = models.PositiveIntegerField(default=0)
    case_id = models.BigIntegerField(null=True)
    called_name = models.CharField(max_length=80)
    called_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "dem_evaluation"
        indexes = [models.Index(fields=["unit", "year"], name="dem_evaluation_by_unit")]


class Evaluated(models.Model):
    """One cadre in an evaluation: the report, and the totals by grade (``counts``: numbers joined by "|" in the scale's order)."""

    evaluation = models.ForeignKey(Evaluation, models.PROTECT, related_name="evaluated")
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="+")
    duty = models.CharField(max_length=80)
    report = models.TextField(blank=True)
    counts = models.CharField(max_length=80, blank=True)
    grade = models.CharField(max_length=20, blank=True)
    warned = models.BooleanField(default=False)
    failed = models.BooleanField(default=False)
    twice = models.BooleanField(default=False)

    class Meta:
        db_table = "dem_evaluated"
        constraints = [models.UniqueConstraint(fields=["evaluation", "person"], name="dem_evaluated_once")]
