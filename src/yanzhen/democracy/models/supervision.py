"""What the supervision committee asks, checks and reports."""

from __future__ import annotations

from django.db import models


class Inquiry(models.Model):
    """A question (质询) or an on-the-spot check (现场检查); ``about``: free words, or a notice or decision."""

    KINDS = [("question", "质询"), ("check", "现场检查")]
    FOUND = [("", "未定"), ("fine", "没有问题"), ("explained", "已说明"), ("wrong", "发现问题")]

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=KINDS)
    subject = models.CharField(max_length=120)
    words = models.CharField(max_length=1000)
    disclosure = models.ForeignKey("democracy.Disclosure", models.PROTECT, null=True, related_name="inquiries")
    decision = models.ForeignKey("democracy.Decision", models.PROTECT, null=True, related_name="inquiries")
    by_account = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=80)
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=1000, blank=True)
    answered_name = models.CharField(max_length=80, blank=True)
    answered_at = models.DateTimeField(null=True)
    found = models.CharField(max_length=10, choices=FOUND, blank=True)
    closed_at = models.DateTimeField(null=True)
    matter = models.ForeignKey("matters.Matter", models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "dem_inquiry"
        indexes = [models.Index(fields=["unit", "at"], name="dem_inquiry_by_unit")]


class SupervisionReport(models.Model):
    """The half-yearly report: figures from the records, remarks in words, signed, then disclosed."""

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    period = models.CharField(max_length=8)
    figures = models.TextField()
    remarks = models.CharField(max_length=2000, blank=True)
    signed_name = models.CharField(max_length=80)
    signed_at = models.DateTimeField()

    class Meta:
        db_table = "dem_supervision_report"
        constraints = [models.UniqueConstraint(fields=["unit", "period"], name="dem_report_once")]
