"""Tables of the trail."""

from __future__ import annotations

from django.db import models


class TrailSeal(models.Model):
    """One sealed batch of rows: its hash covers the rows' hashes and the hash of the seal before.

    ``previous`` is unique: two workers cannot both hang a seal on the same one. ``leaves`` keeps, a row, the distance of its
    id from the row before and the head of its hash: what names the broken row when the seal's hash no longer fits.
    """

    sealed_at = models.DateTimeField()
    first_row = models.BigIntegerField()
    last_row = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    algorithm = models.CharField(max_length=8, default="sha256")
    leaves = models.TextField(default="")

    class Meta:
        db_table = "trail_seal"
        indexes = [models.Index(fields=["sealed_at"], name="trail_seal_by_time")]


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
    algorithm = models.CharField(max_length=8, default="sha256")
    seal = models.ForeignKey(TrailSeal, models.PROTECT, null=True, related_name="+", db_index=False)

    class Meta:
        db_table = "trail_row"
        indexes = [
            models.Index(fields=["id"], name="trail_unsealed", condition=models.Q(seal__isnull=True)),
            models.Index(fields=["seal", "id"], name="trail_by_seal"),
            models.Index(fields=["subject_kind", "subject_id"], name="trail_by_subject"),
            models.Index(fields=["account_id", "at"], name="trail_by_account"),
            models.Index(fields=["at"], name="trail_by_at"),
            models.Index(fields=["action", "id"], name="trail_by_action"),
        ]
