"""Who stands near to whom, and which account is which person: what excludes people from deciding in their own affairs."""

from __future__ import annotations

from django.db import models

from yanzhen.registry.models.people import Person


class Relation(models.Model):
    """``other`` is the ``kind`` of ``person`` (parent, spouse …), or has an interest tied to them, for a time.

    Stored once for each pair; a reader looks both ways. Same household counts without an entry here (``selectors.relations``).
    """

    class Kind(models.TextChoices):
        SPOUSE = "spouse", "配偶"
        PARENT = "parent", "父母"
        CHILD = "child", "子女"
        SIBLING = "sibling", "兄弟姐妹"
        GRANDPARENT = "grandparent", "祖父母、外祖父母"
        GRANDCHILD = "grandchild", "孙子女、外孙子女"
        IN_LAW = "in_law", "近姻亲"
        PARTNER = "partner", "合伙、出资"
        EMPLOYER = "employer", "雇佣"
        OTHER = "other", "其他利害关系"

    person = models.ForeignKey(Person, models.PROTECT, related_name="relations")
    other = models.ForeignKey(Person, models.PROTECT, related_name="related_to")
    kind = models.CharField(max_length=12, choices=Kind)
    source = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "person_relation"
        indexes = [
            models.Index(fields=["person", "valid_from"], name="relation_by_person"),
            models.Index(fields=["other", "valid_from"], name="relation_by_other"),
        ]
        constraints = [
            models.CheckConstraint(name="relation_of_two", condition=~models.Q(person=models.F("other"))),
        ]


class Identity(models.Model):
    """Which person of the register an account is: one account, one person. Set by an officer, never guessed from a name."""

    account_id = models.BigIntegerField(unique=True)
    person = models.ForeignKey(Person, models.PROTECT, related_name="identities")
    at = models.DateTimeField()

    class Meta:
        db_table = "person_account"
