"""Tables of imports: a run and its staged rows."""

from __future__ import annotations

from django.db import models

from yanzhen.kernel.crypto.api import EncryptedTextField
from yanzhen.kernel.files.models import StoredFile


class ImportRun(models.Model):
    """One uploaded table on its way in. Belongs to the unit of the post that uploaded it."""

    UPLOADED, CHECKING, CHECKED, COMMITTING, COMMITTED, FAILED, DISCARDED = (
        "uploaded", "checking", "checked", "committing", "committed", "failed", "discarded",
    )  # fmt: skip
    STATES = [
        (UPLOADED, "待对应列"), (CHECKING, "检查中"), (CHECKED, "待确认"), (COMMITTING, "导入中"), (COMMITTED, "已导入"),
        (FAILED, "未完成"), (DISCARDED, "已放弃"),
    ]  # fmt: skip

    importer = models.CharField(max_length=60)
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=120)
    unit_id = models.BigIntegerField()
    unit_path = models.CharField(max_length=255)
    account_id = models.BigIntegerField()
    account_name = models.CharField(max_length=80)
    post_id = models.BigIntegerField(null=True)
    headings = models.TextField(default="[]")
    mapping = models.TextField(default="{}")
    options = models.TextField(default="{}")
    state = models.CharField(max_length=12, choices=STATES, default=UPLOADED)
    rows = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    counts = models.TextField(default="{}")
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    committed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "import_run"
        indexes = [
            models.Index(fields=["unit_path", "-id"], name="run_by_unit"),
            models.Index(fields=["importer", "sha256"], name="run_by_content"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["importer", "unit_id", "sha256"], condition=models.Q(state="committed"), name="run_once"
            ),
        ]


class ImportRow(models.Model):
    """A staged row: its number in the file, cells and problems as JSON text, encrypted like the data they may hold."""

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="staged", db_index=False)
    number = models.PositiveIntegerField()
    cells = EncryptedTextField()
    problems = EncryptedTextField(blank=True)

    class Meta:
        db_table = "import_row"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="import_row_once")]
        indexes = [
            models.Index(fields=["run", "number"], name="import_row_bad", condition=~models.Q(problems="")),
        ]
