"""What may be given to whom: the admission list of grid work and the duty lists."""

from __future__ import annotations

from django.db import models

from yanzhen.matters.models.matter import Category
from yanzhen.registry.models import Unit


class Admission(models.Model):
    """An item on the list of grid work 事项准入: applied for, reviewed, published, in force for a time, expired."""

    class State(models.TextChoices):
        APPLIED = "applied", "网格办初审"
        JOINT = "joint", "联审评估"
        PUBLICITY = "publicity", "公示"
        IN_FORCE = "in_force", "生效"
        RETURNED = "returned", "退回"
        ENDED = "ended", "失效"

    code = models.CharField(max_length=30, unique=True)
    item = models.CharField(max_length=120)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+")
    department = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    scope_unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    level = models.CharField(max_length=10, default="sub1")
    basis = models.CharField(max_length=300)
    content = models.TextField()
    frequency = models.CharField(max_length=60, blank=True)
    minutes = models.PositiveIntegerField(default=0)
    urgent = models.BooleanField(default=False)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    state = models.CharField(max_length=10, choices=State, default=State.APPLIED)
    publicity_to = models.DateField(null=True)
    applied_by = models.BigIntegerField()
    applied_name = models.CharField(max_length=120)
    applied_at = models.DateTimeField()
    reviewed_by = models.BigIntegerField(null=True)
    reviewed_name = models.CharField(max_length=120, blank=True)
    decided_by = models.BigIntegerField(null=True)
    decided_name = models.CharField(max_length=120, blank=True)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        db_table = "admission"
        indexes = [models.Index(fields=["state", "valid_from"], name="admission_by_state")]


class DutyItem(models.Model):
    """One line of a duty list: 乡镇履职事项清单 (basic, assisting, taken back) or the village's list."""

    class List(models.TextChoices):
        BASIC = "basic", "基本履职事项"
        ASSIST = "assist", "配合履职事项"
        TAKEN_BACK = "taken_back", "上级部门收回事项"
        VILLAGE = "village", "村级工作事项"

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    list = models.CharField(max_length=10, choices=List)
    category = models.ForeignKey(Category, models.PROTECT, null=True, related_name="+")
    item = models.CharField(max_length=160)
    department = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    basis = models.CharField(max_length=200, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        db_table = "duty_item"
        indexes = [models.Index(fields=["unit", "list"], name="duty_by_unit")]
