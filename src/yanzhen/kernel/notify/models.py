"""Tables of messages to people."""

from __future__ import annotations

from django.db import models


class Notice(models.Model):
    """A message in the platform's inbox. ``collected_at``: when it went into a digest (or was found not to need one)."""

    account_id = models.BigIntegerField()
    kind = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    body = models.CharField(max_length=600, blank=True)
    url = models.CharField(max_length=200, blank=True)
    urgent = models.BooleanField(default=False)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    collected_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notice"
        indexes = [
            models.Index(fields=["account_id", "-id"], name="notice_by_account"),
            models.Index(fields=["account_id"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["id"], name="notice_uncollected", condition=models.Q(collected_at__isnull=True)),
        ]


class Dispatch(models.Model):
    """One message on its way out of the platform: a digest (or an urgent notice) by one channel to one account."""

    WAITING, SENT, FAILED = "waiting", "sent", "failed"
    STATES = [(WAITING, "待发送"), (SENT, "已发送"), (FAILED, "发送失败")]

    account_id = models.BigIntegerField()
    channel = models.CharField(max_length=10)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    notices = models.PositiveIntegerField()
    urgent = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=STATES, default=WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "dispatch"
        indexes = [
            models.Index(fields=["next_try"], name="dispatch_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["account_id", "-id"], name="dispatch_by_account"),
        ]


class Preference(models.Model):
    """How an account wants to be told; without a row: mail and gateway, all kinds."""

    account_id = models.BigIntegerField(unique=True)
    mail = models.BooleanField(default=True)
    gateway = models.BooleanField(default=True)
    muted = models.CharField(max_length=600, blank=True)

    class Meta:
        db_table = "notice_preference"
