"""Tables of files."""

from __future__ import annotations

from django.db import models


class StoredFile(models.Model):
    """One content, stored once under its hash."""

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    mime = models.CharField(max_length=80)
    name = models.CharField(max_length=120)
    uploaded_by = models.BigIntegerField(null=True)
    uploaded_at = models.DateTimeField()
    purpose = models.CharField(max_length=20)

    class Meta:
        db_table = "stored_file"
