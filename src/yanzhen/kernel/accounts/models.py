"""Tables of logins."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models


class AccountManager(BaseUserManager["Account"]):
    """Look-up by user name, letter case ignored."""

    def get_by_natural_key(self, username: str | None) -> Account:
        return self.get(username__iexact=username or "")


class Account(AbstractBaseUser):
    """One person's login. What it may do is said by its posts (registry), never here."""

    username = models.CharField(max_length=40, unique=True)
    display_name = models.CharField(max_length=40)
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    must_change = models.BooleanField(default=False)
    password_changed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    language = models.CharField(max_length=10, blank=True)
    elder = models.BooleanField(default=False)

    objects = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        db_table = "account"
        indexes = [models.Index(fields=["display_name"], name="account_by_name")]


class PasswordPast(models.Model):
    """Hash of a password that was used before: the last few are not taken again."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="passwords")
    password = models.CharField(max_length=128)
    at = models.DateTimeField()

    class Meta:
        db_table = "password_past"
        indexes = [models.Index(fields=["account", "-at"], name="password_by_account")]
