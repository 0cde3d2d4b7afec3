"""Who holds which seat, for a time. Villagers, households and party members are computed from the registry."""

from __future__ import annotations

from django.db import models


class Seat(models.Model):
    """A seat in a body of a village, ``valid_from <= day < valid_to``; ``term_ends``: the day the term is over."""

    BODIES = [
        ("representatives", "村民代表"), ("party_committee", "村党组织委员会"), ("committee", "村民委员会"),
        ("supervision", "村务监督委员会"), ("directors", "集体经济组织理事会"), ("bookkeeping", "报账员、会计、文书"),
    ]  # fmt: skip
    HOW = [("elected", "推选产生"), ("by_election", "补选产生"), ("ex_officio", "因职务参加"), ("appointed", "任用")]
    LEFT = [
        ("", "在任"),
        ("term", "届满"),
        ("resigned", "辞职"),
        ("recalled", "罢免"),
        ("died", "去世"),
        ("ended", "职务终止"),
    ]

    unit = models.ForeignKey("registry.Unit", models.PROTECT, related_name="+")
    body = models.CharField(max_length=16, choices=BODIES)
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="+")
    duty = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=40, blank=True)
    how = models.CharField(max_length=12, choices=HOW, default="elected")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    term_ends = models.DateField(null=True)
    left = models.CharField(max_length=10, choices=LEFT, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    case_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "dem_seat"
        indexes = [models.Index(fields=["unit", "body", "valid_from"], name="dem_seat_by_unit")]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "body", "person"], condition=models.Q(valid_to__isnull=True), name="dem_seat_once"
            )
        ]


class HouseholdDelegate(models.Model):
    """Whom a household sends. Without a row it is the head."""

    household = models.OneToOneField("registry.Household", models.PROTECT, related_name="+")
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="+")
    since = models.DateField()

    class Meta:
        db_table = "dem_delegate"
