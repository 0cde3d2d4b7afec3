"""The one tree."""

from __future__ import annotations

from django.db import models
from treebeard.mp_tree import MP_Node


class Unit(MP_Node):
    """A place in the tree: division, sub-village level, party organisation, department, body, organisation, team.

    ``level`` is the statutory ladder (province … village) or ``sub1`` … ``sub4`` below the village, whose local names are
    in the rulebook. Units are never deleted: they end (``valid_to``, exclusive).
    """

    class Kind(models.TextChoices):
        DIVISION = "division", "行政区划"
        GRID = "grid", "村以下层级"
        PARTY = "party", "党组织"
        DEPARTMENT = "department", "部门"
        SELF_GOVERNMENT = "selfgov", "自治组织"
        ECONOMIC = "economic", "集体经济组织"
        TEAM = "team", "工作队"
        SOCIAL = "social", "社会组织"

    class Level(models.TextChoices):
        COUNTRY = "country", "全国"
        PROVINCE = "province", "省级"
        CITY = "city", "市级"
        COUNTY = "county", "县级"
        TOWNSHIP = "township", "乡级"
        VILLAGE = "village", "村级"
        SUB1 = "sub1", "村下一级"
        SUB2 = "sub2", "村下二级"
        SUB3 = "sub3", "村下三级"
        SUB4 = "sub4", "村下四级"
        NONE = "", "不分级"

    steplen = 4

    code = models.CharField(max_length=24)
    name = models.CharField(max_length=80)
    short_name = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=12, choices=Kind)
    level = models.CharField(max_length=10, choices=Level, blank=True)
    class_code = models.CharField(max_length=3, blank=True)
    pinyin = models.CharField(max_length=160, blank=True)
    initials = models.CharField(max_length=40, blank=True)
    phone = models.CharField(max_length=20, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "unit"
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=models.Q(valid_to__isnull=True), name="unit_code_now"),
            models.CheckConstraint(
                name="unit_validity",
                condition=models.Q(valid_to__isnull=True) | models.Q(valid_to__gt=models.F("valid_from")),
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="unit_by_code"),
            models.Index(fields=["level", "path"], name="unit_by_level"),
            models.Index(fields=["name"], name="unit_by_name"),
            models.Index(fields=["depth", "path"], name="unit_by_depth"),
        ]


class Placement(models.Model):
    """Under which parent a unit stood, ``valid_from <= day < valid_to``: what keeps old figures right after a move."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="placements")
    parent = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "unit_placement"
        indexes = [
            models.Index(fields=["unit", "valid_from"], name="placement_by_unit"),
            models.Index(fields=["parent", "valid_to"], name="placement_by_parent"),
        ]


class UnitChange(models.Model):
    """A founding, renaming, recoding, move, merge, split or end, with the document that ordered it."""

    class What(models.TextChoices):
        FOUNDED = "founded", "设立"
        RENAMED = "renamed", "更名"
        RECODED = "recoded", "变更代码"
        MOVED = "moved", "划转"
        MERGED = "merged", "并入"
        SPLIT = "split", "分设"
        ENDED = "ended", "撤销"

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="changes")
    what = models.CharField(max_length=10, choices=What)
    on = models.DateField()
    other = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    before = models.CharField(max_length=120, blank=True)
    after = models.CharField(max_length=120, blank=True)
    document = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "unit_change"
        indexes = [models.Index(fields=["unit", "on"], name="unit_change_by_unit")]


class UnitBoundary(models.Model):
    """A unit's border as GeoJSON geometry text, with its coordinate system and source."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="boundaries")
    geojson = models.TextField()
    crs = models.CharField(max_length=12, default="CGCS2000")
    source = models.CharField(max_length=120, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "unit_boundary"
        indexes = [models.Index(fields=["unit", "valid_from"], name="boundary_by_unit")]


class UnitLeader(models.Model):
    """Who leads a unit by name (网格长 …), ``valid_from <= day < valid_to``. Rights come from posts, never from here."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="leaders")
    person = models.ForeignKey("registry.Person", models.PROTECT, related_name="leads")
    title = models.CharField(max_length=40)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "unit_leader"
        indexes = [models.Index(fields=["unit", "valid_from"], name="leader_by_unit")]
