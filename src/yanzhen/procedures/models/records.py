"""What was recorded in a step: meetings, attendance, sign-offs, postings, objections, evidence."""

from __future__ import annotations

from django.db import models

from yanzhen.kernel.crypto.api import EncryptedTextField
from yanzhen.kernel.files.api import StoredFile
from yanzhen.procedures.models.cases import CaseStep


class Meeting(models.Model):
    """A meeting announced and held in a step. Held again, the earlier row stays (``void``)."""

    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="meetings")
    body = models.CharField(max_length=30, blank=True)
    notified_on = models.DateField(null=True)
    planned_on = models.DateField(null=True)
    held_on = models.DateField(null=True)
    place = models.CharField(max_length=120, blank=True)
    items = models.TextField(blank=True)
    chair = models.CharField(max_length=60, blank=True)
    due = models.IntegerField(null=True)
    present = models.IntegerField(null=True)
    proxies = models.IntegerField(default=0)
    votes_for = models.IntegerField(null=True)
    against = models.IntegerField(null=True)
    abstain = models.IntegerField(null=True)
    spoilt = models.IntegerField(default=0)
    need_present = models.IntegerField(null=True)
    need_for = models.IntegerField(null=True)
    outcome = models.CharField(max_length=12, blank=True)
    basis = models.CharField(max_length=300, blank=True)
    options = models.TextField(blank=True)
    minutes = models.TextField(blank=True)
    void = models.BooleanField(default=False)
    recorded_by = models.BigIntegerField(null=True)
    recorded_name = models.CharField(max_length=80, blank=True)
    recorded_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "procedure_meeting"
        indexes = [models.Index(fields=["step"], name="meeting_by_step")]
        constraints = [
            models.CheckConstraint(
                name="meeting_votes_present",
                condition=models.Q(present__isnull=True)
                | models.Q(
                    present__gte=models.F("votes_for") + models.F("against") + models.F("abstain") + models.F("spoilt"),
                    due__gte=models.F("present"),
                ),
            ),
        ]


class Attendance(models.Model):
    """One line of an attendance list."""

    meeting = models.ForeignKey(Meeting, models.PROTECT, related_name="attendance")
    name = models.CharField(max_length=60)
    person_id = models.BigIntegerField(null=True)
    household_id = models.BigIntegerField(null=True)
    present = models.BooleanField()
    proxy_for = models.CharField(max_length=60, blank=True)
    marks = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "procedure_attendance"
        indexes = [models.Index(fields=["meeting"], name="attendance_by_meeting")]


class SignOff(models.Model):
    """One of several that must agree. The answer carries a code of the reason, no raw record about a person."""

    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="sign_offs")
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    unit_id = models.BigIntegerField(null=True)
    agreed = models.BooleanField(null=True)
    code = models.CharField(max_length=30, blank=True)
    words = models.CharField(max_length=500, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)
    answered_name = models.CharField(max_length=80, blank=True)
    answered_post = models.CharField(max_length=120, blank=True)
    on_behalf_of = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "procedure_sign_off"
        constraints = [models.UniqueConstraint(fields=["step", "key"], name="sign_off_once")]


class Posting(models.Model):
    """A public notice of a step: where, since when, until when."""

    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="postings")
    put_up_on = models.DateField()
    until = models.DateField()
    least_days = models.IntegerField()
    where = models.CharField(max_length=160, blank=True)
    words = models.TextField(blank=True)
    basis = models.CharField(max_length=300, blank=True)
    posted_by = models.BigIntegerField(null=True)
    posted_name = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "procedure_posting"
        indexes = [models.Index(fields=["step"], name="posting_by_step")]


class Objection(models.Model):
    """An objection during publicity; who raised it is encrypted."""

    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="objections")
    at = models.DateTimeField()
    words = models.TextField()
    name = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    due_at = models.DateTimeField(null=True)
    upheld = models.BooleanField(null=True)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)
    answered_name = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "procedure_objection"
        indexes = [models.Index(fields=["step", "id"], name="objection_by_step")]


class Evidence(models.Model):
    """Something shown in a step: a file, a text, a number or a day."""

    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="evidence")
    key = models.CharField(max_length=30)
    file = models.ForeignKey(StoredFile, models.PROTECT, null=True, related_name="+")
    value = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "procedure_evidence"
        indexes = [models.Index(fields=["step", "key"], name="evidence_by_step")]
