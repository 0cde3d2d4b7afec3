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
            models.UniqueConstraint(fields=["id_index"], condition=~models.Q(id_index=""), name="person_id_once"),
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
