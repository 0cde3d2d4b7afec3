"""Secret ballots: a roll of who may vote, codes that name nobody, sealed votes that nobody can open alone, totals.

No row ties a voter to a code or a code to a vote, none of the three carries a time, and sealed votes have random keys: with the
whole database in hand there is nothing to join (README, *Secret ballots*).
"""

from __future__ import annotations

from django.db import models

from yanzhen.procedures.models.cases import CaseStep


class Ballot(models.Model):
    """A ballot of a step. ``public_key``: product of the tellers' shares (hex); ``totals``: JSON text once agreed."""

    class State(models.TextChoices):
        PREPARED = "prepared", "准备"
        OPEN = "open", "投票中"
        CLOSED = "closed", "已截止，计票"
        DISPUTED = "disputed", "两份计票不一致"
        AGREED = "agreed", "计票一致"

    step = models.OneToOneField(CaseStep, models.PROTECT, related_name="ballot")
    state = models.CharField(max_length=10, choices=State, default=State.PREPARED)
    form = models.CharField(max_length=10)
    questions = models.TextField()
    body = models.CharField(max_length=30)
    due = models.IntegerField()
    remote = models.BooleanField(default=False)
    public_key = models.TextField(blank=True)
    recount = models.IntegerField(default=0)
    present = models.IntegerField(null=True)
    totals = models.TextField(blank=True)
    proof = models.TextField(blank=True)
    opened_on = models.DateField(null=True)
    closed_on = models.DateField(null=True)

    class Meta:
        db_table = "ballot"


class BallotRoll(models.Model):
    """Who may vote, and whether they took a paper or a code. Not when, not which, not what."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="roll")
    name = models.CharField(max_length=60)
    person_id = models.BigIntegerField(null=True)
    took = models.CharField(max_length=6, blank=True)

    class Meta:
        db_table = "ballot_roll"
        indexes = [models.Index(fields=["ballot", "name"], name="ballot_roll_by_ballot")]


class BallotTeller(models.Model):
    """One of the two tellers with the public half of the share; the secret half is the teller's passphrase, never stored."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="tellers")
    seat = models.IntegerField()
    account_id = models.BigIntegerField()
    name = models.CharField(max_length=80)
    salt = models.CharField(max_length=64, blank=True)
    public_share = models.TextField(blank=True)

    class Meta:
        db_table = "ballot_teller"
        constraints = [
            models.UniqueConstraint(fields=["ballot", "seat"], name="teller_seat_once"),
            models.UniqueConstraint(fields=["ballot", "account_id"], name="teller_account_once"),
        ]


class BallotCode(models.Model):
    """Digest of a one-time code. The codes go out in sealed envelopes drawn blind; nothing here says who drew which."""

    digest = models.CharField(max_length=64, primary_key=True)
    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="codes")
    used = models.BooleanField(default=False)

    class Meta:
        db_table = "ballot_code"


class SealedVote(models.Model):
    """An encrypted vote under both tellers' key, by its receipt."""

    receipt = models.CharField(max_length=64, primary_key=True)
    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="votes")
    body = models.TextField()

    class Meta:
        db_table = "ballot_sealed_vote"


class BallotTally(models.Model):
    """One teller's count: paper totals, and the teller's share of opening the sum of the sealed votes."""

    ballot = models.ForeignKey(Ballot, models.CASCADE, related_name="tallies")
    recount = models.IntegerField(default=0)
    seat = models.IntegerField()
    totals = models.TextField()
    papers = models.IntegerField(default=0)
    spoilt = models.IntegerField(default=0)
    shares = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "ballot_tally"
        constraints = [models.UniqueConstraint(fields=["ballot", "recount", "seat"], name="tally_once")]
