"""Password rules of 等保三级 (GB/T 22239-2019 8.1.4.1 a) as Django validators; their numbers are settings."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import check_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from yanzhen.kernel.accounts.domain import classes, names_account
from yanzhen.kernel.accounts.models import PasswordPast


class Length:
    """At least so many characters."""

    def __init__(self, minimum: int = 8) -> None:
        self.minimum = minimum

    def validate(self, password: str, user: Any = None) -> None:
        if len(password) < self.minimum:
            raise ValidationError(self.get_help_text(), code="password_too_short")

    def get_help_text(self) -> str:
        return _("口令至少 %(n)s 个字符。") % {"n": self.minimum}


class Classes:
    """At least so many kinds of characters."""

    def __init__(self, minimum: int = 3) -> None:
        self.minimum = minimum

    def validate(self, password: str, user: Any = None) -> None:
        if classes(password) < self.minimum:
            raise ValidationError(self.get_help_text(), code="password_too_plain")

    def get_help_text(self) -> str:
        return _("口令应含大写字母、小写字母、数字、其他符号中的至少 %(n)s 类。") % {"n": self.minimum}


class NotTheName:
    """Does not hold the user name, forwards or backwards."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and names_account(password, user.get_username()):
            raise ValidationError(self.get_help_text(), code="password_names_account")

    def get_help_text(self) -> str:
        return _("口令不能包含用户名。")


class NotAgain:
    """Not the present password nor one of the last ones."""

    def __init__(self, last: int = 5) -> None:
        self.last = last

    def validate(self, password: str, user: Any = None) -> None:
        if user is None or user.pk is None:
            return
        past = PasswordPast.objects.filter(account_id=user.pk).order_by("-at").values_list("password", flat=True)
        if any(check_password(password, each) for each in [user.password, *past[: self.last]]):
            raise ValidationError(self.get_help_text(), code="password_used_before")

    def get_help_text(self) -> str:
        return _("口令不能与最近 %(n)s 次用过的相同。") % {"n": self.last}
