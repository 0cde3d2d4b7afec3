"""The matter and what hangs on it.

``place`` is where it is, ``desk`` the division that steers it, ``holder`` the unit that must act now, ``lead`` the leading
unit. ``city_id`` … ``village_id`` repeat the place's ancestors (by level) so that newest-first lists of a city, county,
township or village are one walk of one index, whatever lies outside it; ``place_path`` carries the same scope as a range.
Both follow the tree when a unit moves (``services.upkeep.units_moved``).

Times: ``received_at`` when the person said it; ``clock_at`` where the present round of solving is counted from (received,
redone, reopened); ``step_at`` since when the present step runs, ``step_due_at`` when it must be done, ``yellow_at`` when its
light turns yellow; ``tick_at`` when the platform must look at it again. ``in_time``: answered within ``due_at``; None while it
is neither answered nor late.
"""

from __future__ import annotations

from django.db import models

from yanzhen.kernel.crypto.api import EncryptedTextField
from yanzhen.kernel.files.models import StoredFile
from yanzhen.matters.domain.loop import CHANNEL_WORDS, GRADE_WORDS, OPEN, RUNNING, STATE_WORDS, URGENCY_WORDS
from yanzhen.registry.models import Unit


def _choices(words: dict) -> list[tuple[str, str]]:  # type: ignore[type-arg]
    return [(str(code), text) for code, text in words.items()]


class Category(models.Model):
    """A class of the official three-level table, imported; local codes and validity."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=60)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    level = models.PositiveSmallIntegerField()
    full_name = models.CharField(max_length=200)
    public = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)
    retired = models.BooleanField(default=False)

    class Meta:
        db_table = "category"
        indexes = [models.Index(fields=["level", "position"], name="category_by_level")]


class Matter(models.Model):
    """Anything somebody must do by a time."""

    number = models.CharField(max_length=24, unique=True)
    code_hash = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, default="request")
    channel = models.CharField(max_length=8, choices=_choices(CHANNEL_WORDS))
    source = models.CharField(max_length=30, blank=True)
    source_ref = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=120)
    text = models.TextField()
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+", db_index=False)
    urgency = models.CharField(max_length=8, choices=_choices(URGENCY_WORDS), default="normal")
    admission = models.ForeignKey("matters.Admission", models.PROTECT, null=True, related_name="+", db_index=False)

    place = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    place_path = models.CharField(max_length=255)
    located = models.BooleanField(default=True)
    place_words = models.CharField(max_length=160, blank=True)
    longitude = models.DecimalField(max_digits=7, decimal_places=3, null=True)
    latitude = models.DecimalField(max_digits=6, decimal_places=3, null=True)
    city_id = models.BigIntegerField(null=True)
    county_id = models.BigIntegerField(null=True)
    township_id = models.BigIntegerField(null=True)
    village_id = models.BigIntegerField(null=True)

    reporter_name = EncryptedTextField(blank=True)
    reporter_phone = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    reporter_person = models.BigIntegerField(null=True)
    secret = models.BooleanField(default=False)
    call_back_wanted = models.BooleanField(default=True)
    created_by = models.BigIntegerField(null=True)

    state = models.CharField(max_length=10, choices=_choices(STATE_WORDS), default="collected")
    desk = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    desk_path = models.CharField(max_length=255)
    holder = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    holder_path = models.CharField(max_length=255)
    lead = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    first_receiver = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    fixed = models.BooleanField(default=False)

    received_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    clock_at = models.DateTimeField()
    step_at = models.DateTimeField()
    step_due_at = models.DateTimeField(null=True)
    yellow_at = models.DateTimeField(null=True)
    tick_at = models.DateTimeField(null=True)
    respond_due_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    due_basis = models.CharField(max_length=300, blank=True)
    responded_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.BigIntegerField(null=True)
    in_time = models.BooleanField(null=True)
    extra_days = models.PositiveSmallIntegerField(default=0)
    closed_at = models.DateTimeField(null=True)
    stopped = models.BooleanField(default=False)
    overdue = models.BooleanField(default=False)
    press_level = models.PositiveSmallIntegerField(default=0)

    outcome = models.CharField(max_length=12, blank=True)
    solved = models.BooleanField(null=True)
    grade = models.CharField(max_length=5, choices=_choices(GRADE_WORDS), blank=True)
    contacted = models.BooleanField(null=True)
    diversion = models.CharField(max_length=12, blank=True)
    excluded = models.CharField(max_length=12, blank=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="joined")
    voices = models.PositiveIntegerField(default=1)
    redos = models.PositiveSmallIntegerField(default=0)
    reopened = models.PositiveSmallIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        db_table = "matter"
        indexes = [
            models.Index(fields=["received_at", "id"], name="matter_newest"),
            models.Index(fields=["city_id", "received_at", "id"], name="matter_city"),
            models.Index(fields=["county_id", "received_at", "id"], name="matter_county"),
            models.Index(fields=["township_id", "received_at", "id"], name="matter_township"),
            models.Index(fields=["village_id", "received_at", "id"], name="matter_village"),
            models.Index(
                fields=["holder", "step_due_at", "id"], name="matter_todo", condition=models.Q(state__in=sorted(OPEN))
            ),
            models.Index(fields=["tick_at"], name="matter_tick", condition=models.Q(tick_at__isnull=False)),
            models.Index(fields=["place", "received_at"], name="matter_place"),
            models.Index(
                fields=["city_id", "county_id", "township_id", "village_id", "yellow_at", "step_due_at"],
                name="matter_open",  # the lamps are counted from it alone, without a look at the rows
                condition=models.Q(state__in=sorted(RUNNING), stopped=False, step_due_at__isnull=False),
            ),
            models.Index(
                fields=["lead", "received_at", "id"], name="matter_lead",
                condition=models.Q(lead__isnull=False, state__in=sorted(RUNNING)),
            ),
            models.Index(
                fields=["city_id", "county_id", "township_id", "received_at"], name="matter_late",
                condition=models.Q(overdue=True),
            ),
            models.Index(
                fields=["city_id", "county_id", "township_id", "received_at"], name="matter_pressed",
                condition=models.Q(press_level__gt=0),
            ),
            models.Index(fields=["phone_index", "received_at"], name="matter_phone", condition=~models.Q(phone_index="")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_ref"], condition=~models.Q(source_ref=""), name="matter_source_once"
            ),
        ]

    #: The follow-up code in clear: only on the object that ``report`` returns, and shown once.
    code: str = ""


class Entry(models.Model):
    """One line of a matter's history, append-only; ``public`` lines are shown to the person who reported."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="entries", db_index=False)
    at = models.DateTimeField()
    act = models.CharField(max_length=20)
    state = models.CharField(max_length=10)
    unit_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=80, blank=True)
    actor_post = models.CharField(max_length=120, blank=True)
    account_id = models.BigIntegerField(null=True)
    words = models.TextField(blank=True)
    data = models.TextField(blank=True)
    public = models.BooleanField(default=False)

    class Meta:
        db_table = "matter_entry"
        indexes = [models.Index(fields=["matter", "id"], name="entry_by_matter")]


class Participation(models.Model):
    """A unit that leads, assists or received it first (and is not the desk)."""

    LEAD, ASSIST, FIRST = "lead", "assist", "first"

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="participations", db_index=False)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    unit_path = models.CharField(max_length=255)
    role = models.CharField(max_length=6, choices=[(LEAD, "牵头"), (ASSIST, "协办"), (FIRST, "首接")])
    received_at = models.DateTimeField()
    assigned_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)

    class Meta:
        db_table = "matter_participation"
        indexes = [
            models.Index(fields=["matter", "role"], name="part_by_matter"),
            models.Index(fields=["unit", "matter"], name="part_by_unit"),
        ]


class Reach(models.Model):
    """A unit that sees a matter by taking part in it, and not (only) by where it is.

    One row for each taking-part unit and for those of its ancestors that do not lie above the place: so that a viewer's list
    is two walks of an index (place below me; reach to me) that cost nothing for what lies outside. Rebuilt from the
    participations whenever these change.
    """

    unit_id = models.BigIntegerField()
    received_at = models.DateTimeField()
    matter = models.ForeignKey(Matter, models.PROTECT, related_name="reaches", db_index=False)

    class Meta:
        db_table = "matter_reach"
        indexes = [
            models.Index(fields=["unit_id", "received_at", "matter"], name="reach_by_unit"),
        ]
        constraints = [models.UniqueConstraint(fields=["matter", "unit_id"], name="reach_once")]


class ClockStop(models.Model):
    """Time that does not count, with its reason."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="stops")
    reason = models.CharField(max_length=12)
    words = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "matter_stop"


class Request(models.Model):
    """Something asked that somebody else must decide: extension, cannot-solve, dispute, exclusion."""

    EXTENSION, UNSOLVABLE, DISPUTE, EXCLUSION = "extension", "unsolvable", "dispute", "exclusion"

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="requests")
    kind = models.CharField(max_length=10)
    reason = models.TextField()
    plan = models.TextField(blank=True)
    detail = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.BigIntegerField()
    asked_name = models.CharField(max_length=120)
    asked_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    granted = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=120, blank=True)
    decision = models.TextField(blank=True)

    class Meta:
        db_table = "matter_request"
        indexes = [
            models.Index(fields=["kind", "asked_at"], name="request_waiting", condition=models.Q(granted__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(
                name="request_two_people",
                condition=models.Q(decided_by__isnull=True) | ~models.Q(decided_by=models.F("asked_by")),
            ),
        ]


class Press(models.Model):
    """One pressing 督办 with its level and letter, until cleared."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="presses")
    level = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    by_unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=120)
    cause = models.CharField(max_length=12)
    letter = models.TextField()
    reply_due_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)
    cleared_words = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "matter_press"


class Rating(models.Model):
    """One round of call-back or own rating."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="ratings")
    at = models.DateTimeField()
    by_person = models.BooleanField()
    by_name = models.CharField(max_length=120, blank=True)
    contacted = models.BooleanField()
    solved = models.BooleanField(null=True)
    grade = models.CharField(max_length=5, default="none")
    words = models.TextField(blank=True)

    class Meta:
        db_table = "matter_rating"


class Voice(models.Model):
    """Somebody else who asks for the same: adds a voice, not a case."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="joined_voices")
    at = models.DateTimeField()
    channel = models.CharField(max_length=8)
    text = models.TextField(blank=True)
    name = EncryptedTextField(blank=True)
    phone = EncryptedTextField(blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    code_hash = models.CharField(max_length=64)

    class Meta:
        db_table = "matter_voice"

    #: The voice's own follow-up code in clear: only on the object that ``add_voice`` returns.
    code: str = ""


class Attachment(models.Model):
    """A photo or document of a matter."""

    matter = models.ForeignKey(Matter, models.PROTECT, related_name="attachments")
    file = models.ForeignKey(StoredFile, models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    act = models.CharField(max_length=20, default="report")
    at = models.DateTimeField()
    by_name = models.CharField(max_length=120, blank=True)
    public = models.BooleanField(default=False)

    class Meta:
        db_table = "matter_attachment"
