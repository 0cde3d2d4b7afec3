"""A running case: its steps, its history, who must act, who may see it."""

from __future__ import annotations

from django.db import models

from yanzhen.procedures.models.definitions import Procedure


class Case(models.Model):
    """One thing being decided. ``data``: JSON text of its fields. ``subject_kind``/``subject_id``: what of another module it is about.

    ``version`` counts writes (optimistic lock); the definition's version is the row ``procedure``.
    """

    class State(models.TextChoices):
        RUNNING = "running", "办理中"
        RESOLVED = "resolved", "办结"
        REJECTED = "rejected", "未获通过"
        ENDED = "ended", "终止"

    number = models.CharField(max_length=24, unique=True)
    procedure = models.ForeignKey(Procedure, models.PROTECT, related_name="cases")
    code = models.CharField(max_length=60)
    title = models.CharField(max_length=160)
    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    unit_path = models.CharField(max_length=255)
    state = models.CharField(max_length=10, choices=State, default=State.RUNNING)
    data = models.TextField(default="{}")
    restricted = models.BooleanField(default=False)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    request_key = models.CharField(max_length=80, blank=True)
    started_by = models.BigIntegerField(null=True)
    starter_name = models.CharField(max_length=80, blank=True)
    starter_post = models.CharField(max_length=120, blank=True)
    starter_role = models.CharField(max_length=40, blank=True)
    starter_unit = models.ForeignKey("registry.Unit", models.PROTECT, null=True, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    overdue = models.BooleanField(default=False)
    steps_now = models.CharField(max_length=200, blank=True)
    rounds = models.IntegerField(default=1)
    version = models.IntegerField(default=1)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "procedure_case"
        indexes = [
            models.Index(fields=["unit_path", "started_at"], name="case_by_path"),
            models.Index(fields=["unit", "-started_at"], name="case_by_unit"),
            models.Index(fields=["state", "-started_at"], name="case_by_state"),
            models.Index(fields=["code", "-started_at"], name="case_by_code"),
            models.Index(fields=["-started_at", "-id"], name="case_by_time"),
            models.Index(fields=["subject_kind", "subject_id"], name="case_by_subject"),
            models.Index(fields=["started_by", "-started_at"], name="case_by_starter"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "request_key"], condition=~models.Q(request_key=""), name="case_request_once"
            ),
        ]


class CaseStep(models.Model):
    """A step of a case in one round. ``result``: JSON text of what guards may ask of it (votes, days …).

    ``look_at``: when the clock must look (light, deadline, end of publicity). ``earliest``: not to be ended before.
    """

    class State(models.TextChoices):
        OPEN = "open", "进行中"
        DONE = "done", "已完成"
        SKIPPED = "skipped", "不适用"
        VOID = "void", "已作废"

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    key = models.CharField(max_length=30)
    round = models.IntegerField(default=1)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField(max_length=12, blank=True)
    result = models.TextField(default="{}")
    to = models.CharField(max_length=300, blank=True)
    cause = models.CharField(max_length=600, blank=True)
    words = models.TextField(blank=True)
    number = models.CharField(max_length=60, blank=True)
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    earliest = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    overdue = models.BooleanField(default=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.BigIntegerField(null=True)
    done_name = models.CharField(max_length=80, blank=True)
    done_post = models.CharField(max_length=120, blank=True)
    on_behalf_of = models.CharField(max_length=80, blank=True)

    class Meta:
        db_table = "procedure_step"
        indexes = [
            models.Index(fields=["case", "id"], name="case_step_by_case"),
            models.Index(fields=["look_at"], condition=models.Q(look_at__isnull=False), name="case_step_by_look"),
        ]
        constraints = [models.UniqueConstraint(fields=["case", "key", "round"], name="case_step_once")]


class Todo(models.Model):
    """Somebody must act: a role at a unit, or one account. Rows live only while it is so; the inbox reads nothing else.

    ``due_at`` is never null (far future where there is no limit), so that one index gives the inbox in order.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="todos")
    step = models.ForeignKey(CaseStep, models.CASCADE, related_name="todos")
    sign_off = models.CharField(max_length=40, blank=True)
    unit_id = models.BigIntegerField(null=True)
    unit_path = models.CharField(max_length=255, blank=True)
    role = models.CharField(max_length=40, blank=True)
    account_id = models.BigIntegerField(null=True)
    deputy = models.BooleanField(default=False)
    due_at = models.DateTimeField()

    class Meta:
        db_table = "procedure_todo"
        indexes = [
            models.Index(fields=["unit_id", "role", "due_at", "id"], name="todo_by_post"),
            models.Index(fields=["account_id", "due_at", "id"], name="todo_by_account"),
            models.Index(fields=["step", "sign_off"], name="todo_by_step"),
        ]


class CaseReach(models.Model):
    """A role at a unit that takes part, and so sees the case, wherever the case's own unit lies."""

    unit_id = models.BigIntegerField()
    role = models.CharField(max_length=40, blank=True)
    case = models.ForeignKey(Case, models.CASCADE, related_name="reaches")
    started_at = models.DateTimeField()

    class Meta:
        db_table = "procedure_reach"
        indexes = [models.Index(fields=["unit_id", "role", "-started_at"], name="case_reach_by_unit")]
        constraints = [models.UniqueConstraint(fields=["unit_id", "role", "case"], name="case_reach_once")]


class Entry(models.Model):
    """One line of a case's history. Never who voted what, nor an objector's name."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="entries")
    step_key = models.CharField(max_length=30, blank=True)
    round = models.IntegerField(default=1)
    at = models.DateTimeField()
    act = models.CharField(max_length=20)
    outcome = models.CharField(max_length=12, blank=True)
    actor_name = models.CharField(max_length=80, blank=True)
    actor_post = models.CharField(max_length=120, blank=True)
    account_id = models.BigIntegerField(null=True)
    on_behalf_of = models.CharField(max_length=80, blank=True)
    words = models.TextField(blank=True)
    data = models.TextField(blank=True)

    class Meta:
        db_table = "procedure_entry"
        indexes = [models.Index(fields=["case", "id"], name="case_entry_by_case")]


class Interest(models.Model):
    """Somebody declared (or was found) to have an interest in a case: may not sign off, count or supervise in it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="interests")
    account_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=200)
    declared_by = models.BigIntegerField(null=True)
    declared_name = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "procedure_interest"
        indexes = [models.Index(fields=["case"], name="case_interest_by_case")]
