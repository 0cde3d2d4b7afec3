"""Tables of the trail."""

from __future__ import annotations

from django.db import models


class TrailSeal(models.Model):
    """One sealed batch of rows: its hash covers the rows' hashes and the hash of the seal before."""

    sealed_at = models.DateTimeField()
    first_row = models.BigIntegerField()
    last_row = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=8, default="sha256")

    class Meta:
        db_table = "trail_seal"


class TrailRow(models.Model):
    """Who did what to what, when, in which post, from where; before and after as canonical JSON text."""

    at = models.DateTimeField()
    action = models.CharField(max_length=80)
    account_id = models.BigIntegerField(null=True)
    post_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80)
    actor_post = models.CharField(max_length=120, blank=True)
    on_behalf_of = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=12)
    ip = models.CharField(max_length=45, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    unit_path = models.CharField(max_length=255, blank=True)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=40)
    subject_label = models.CharField(max_length=120, blank=True)
    before = models.TextField(blank=True)
    after = models.TextField(blank=True)
    purpose = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64)
    seal = models.ForeignKey(TrailSeal, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "trail_row"
        indexes = [
            models.Index(fields=["id"], name="trail_unsealed", condition=models.Q(seal__isnull=True)),
            models.Index(fields=["seal"], name="trail_by_seal"),
            models.Index(fields=["subject_kind", "subject_id"], name="trail_by_subject"),
            models.Index(fields=["account_id", "at"], name="trail_by_account"),
            models.Index(fields=["at"], name="trail_by_at"),
        ]
