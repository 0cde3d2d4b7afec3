"""What the loop keeps for programs and for phones: tokens, webhooks, keys against doubling, saved filters, feedback."""

from __future__ import annotations

from django.db import models

from yanzhen.kernel.crypto.api import EncryptedTextField
from yanzhen.matters.models.matter import Matter


class ApiToken(models.Model):
    """A program's key: acts in one post, with some of its rights, until a day. Only the hash is kept."""

    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    post_id = models.BigIntegerField()
    capabilities = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField()
    valid_to = models.DateField()
    last_used_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "api_token"


class Webhook(models.Model):
    """Where to tell another system what happened."""

    unit_id = models.BigIntegerField()
    unit_path = models.CharField(max_length=255)
    url = models.URLField(max_length=300)
    secret = EncryptedTextField()
    events = models.CharField(max_length=200)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField()

    class Meta:
        db_table = "webhook"


class WebhookCall(models.Model):
    """One delivery: tried again with growing waits, visible when it failed for good."""

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="calls")
    event = models.CharField(max_length=60)
    body = models.TextField()
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, default="waiting")
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "webhook_call"
        indexes = [models.Index(fields=["next_at"], name="webhook_due", condition=models.Q(status="waiting"))]


class Idempotency(models.Model):
    """A key that a phone or program sent with a write: the same key gives the same answer."""

    key = models.CharField(max_length=80, unique=True)
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="+", null=True)
    answer = EncryptedTextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "idempotency"
        indexes = [models.Index(fields=["at"], name="idempotency_by_at")]


class SavedFilter(models.Model):
    """A named filter of an account."""

    account_id = models.BigIntegerField()
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        db_table = "saved_filter"
        constraints = [models.UniqueConstraint(fields=["account_id", "name"], name="saved_filter_once")]


class Feedback(models.Model):
    """Complaints and suggestions about the platform itself (国办函〔2026〕12号), answered."""

    code = models.CharField(max_length=12)
    text = models.TextField()
    page = models.CharField(max_length=200, blank=True)
    contact = EncryptedTextField(blank=True)
    unit_path = models.CharField(max_length=255, blank=True)
    account_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_name = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "feedback"
        indexes = [models.Index(fields=["at"], name="feedback_by_at")]
