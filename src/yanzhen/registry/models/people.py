"""People and households. ID numbers and phones are encrypted; a keyed blind index finds them by equality."""

from __future__ import annotations

from django.db import models

from yanzhen.kernel.crypto.api import EncryptedTextField
from yanzhen.registry.models.units import Unit


class Household(models.Model):
    """A household: number, address in words, the unit (grid or village) it lives in."""

    number = models.CharField(max_length=40)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="households")
    address = models.CharField(max_length=160, blank=True)
    note = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "household"
        constraints = [models.UniqueConstraint(fields=["unit", "number"], name="household_number")]


class Person(models.Model):
    """One file a person. ``id_index``/``phone_index`` are blind indexes, ``id_tail`` the last four for search by hand."""

    name = models.CharField(max_length=60)
    pinyin = models.CharField(max_length=120, blank=True)
    initials = models.CharField(max_length=20, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    birth = models.DateField(null=True)
    nation = models.CharField(max_length=2, blank=True)
    political = models.CharField(max_length=2, blank=True)
    id_number = EncryptedTextField(blank=True)
    id_index = models.CharField(max_length=64, blank=True)
    id_tail_index = models.CharField(max_length=64, blank=True)
    temporary_key = models.CharField(max_length=40, blank=True)
    phone = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="people")
    died_on = models.DateField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    source = models.CharField(max_length=60, blank=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "person"
        indexes = [
            models.Index(fields=["unit", "name"], name="person_by_unit"),
            models.Index(fields=["pinyin"], name="person_by_pinyin"),
            models.Index(fields=["initials"], name="person_by_initials"),
            models.Index(fields=["phone_index"], name="person_by_phone"),
            models.Index(fields=["id_tail_index"], name="person_by_id_tail"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["id_index"],
                condition=~models.Q(id_index="") & models.Q(merged_into__isnull=True),
                name="person_id_once",
            ),
        ]


class Residence(models.Model):
    """A person in a household, relation to the head by GB/T 4761, for a time."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="residences")
    household = models.ForeignKey(Household, models.PROTECT, related_name="members")
    relation = models.CharField(max_length=2, default="01")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "residence"
        indexes = [
            models.Index(fields=["household", "valid_from"], name="residence_by_household"),
            models.Index(fields=["person", "valid_from"], name="residence_by_person"),
        ]


class Correction(models.Model):
    """ "This is wrong": a proposal to change one field of a person's file, decided by the village."""

    OPEN, ACCEPTED, REFUSED = "open", "accepted", "refused"
    STATES = [(OPEN, "待核实"), (ACCEPTED, "已更正"), (REFUSED, "未采纳")]

    person = models.ForeignKey(Person, models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=20)
    proposed = EncryptedTextField(blank=True)
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=STATES, default=OPEN)
    proposed_by = models.BigIntegerField(null=True)
    proposed_name = models.CharField(max_length=80, blank=True)
    proposed_at = models.DateTimeField()
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "person_correction"
        indexes = [models.Index(fields=["state", "person"], name="correction_by_state")]


class Unmasking(models.Model):
    """One look behind a mask. The trail holds the proof; this table counts them and shows them on the person's file."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="unmaskings")
    field = models.CharField(max_length=20)
    purpose = models.CharField(max_length=20)
    account_id = models.BigIntegerField()
    post_label = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "person_unmasking"
        indexes = [
            models.Index(fields=["account_id", "at"], name="unmasking_by_account"),
            models.Index(fields=["person", "at"], name="unmasking_by_person"),
        ]
