"""Table of stored files. The content lies in the store under its hash; rows with one hash share it."""

from __future__ import annotations

from django.db import models


class StoredFile(models.Model):
    """One upload. ``sha256`` names the content as stored (pictures are re-encoded), ``source_sha256`` as it came.

    Who may read it is said by the module that owns it; a file has no address of its own.
    """

    NOT_SCANNED, CLEAN, INFECTED = "", "clean", "infected"
    SCANS = [(NOT_SCANNED, "未查毒"), (CLEAN, "已查毒"), (INFECTED, "有病毒")]

    sha256 = models.CharField(max_length=64)
    source_sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    mime = models.CharField(max_length=100)
    name = models.CharField(max_length=120)
    purpose = models.CharField(max_length=30)
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    uploaded_by = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField()
    scan = models.CharField(max_length=8, choices=SCANS, blank=True, default=NOT_SCANNED)
    scanned_at = models.DateTimeField(null=True)
    scan_note = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "stored_file"
        indexes = [
            models.Index(fields=["sha256"], name="file_by_content"),
            models.Index(fields=["source_sha256"], name="file_by_source"),
        ]
