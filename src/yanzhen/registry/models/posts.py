"""Who may do what where: roles are sets of capabilities, posts tie an account to a role at a unit for a time."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from yanzhen.registry.models.units import Unit


class Role(models.Model):
    """A role of the field (乡镇党委书记, 网格员 …). The three officers' kinds exclude each other and all business."""

    class Kind(models.TextChoices):
        BUSINESS = "business", "业务岗位"
        SYSTEM = "system", "系统管理员"
        SECURITY = "security", "安全管理员"
        AUDIT = "audit", "审计管理员"

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=40)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BUSINESS)
    levels = models.CharField(max_length=120, blank=True)

    class Meta:
        db_table = "role"


class RoleGrant(models.Model):
    """One capability of a role."""

    role = models.ForeignKey(Role, models.CASCADE, related_name="grants")
    capability = models.CharField(max_length=60)

    class Meta:
        db_table = "role_grant"
        constraints = [models.UniqueConstraint(fields=["role", "capability"], name="role_grant_once")]


class Post(models.Model):
    """An account in a role at a unit, ``valid_from <= day < valid_to``. Proposed by one officer, approved by another."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="posts")
    role = models.ForeignKey(Role, models.PROTECT, related_name="posts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posts")
    title = models.CharField(max_length=40, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=200, blank=True)
    proposed_by = models.BigIntegerField(null=True)
    proposed_at = models.DateTimeField(null=True)
    approved_by = models.BigIntegerField(null=True)
    approved_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    closing_note = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "post"
        indexes = [
            models.Index(fields=["account", "valid_from"], name="post_by_account"),
            models.Index(fields=["unit", "role"], name="post_by_unit"),
        ]
        constraints = [
            models.CheckConstraint(
                name="post_two_people",
                condition=models.Q(approved_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(approved_by=models.F("proposed_by")),
            ),
        ]


class Delegation(models.Model):
    """Somebody on leave lets another account act in the post for a time."""

    post = models.ForeignKey(Post, models.PROTECT, related_name="delegations")
    to_account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="delegated")
    valid_from = models.DateField()
    valid_to = models.DateField()
    reason = models.CharField(max_length=120, blank=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delegation"
        indexes = [models.Index(fields=["to_account", "valid_from"], name="delegation_by_account")]
