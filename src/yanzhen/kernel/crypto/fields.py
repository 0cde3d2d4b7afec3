"""A text column that is encrypted at rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.lookups import Exact, IsNull, Lookup, Transform

from yanzhen.kernel.crypto.services import decrypt, encrypt

if TYPE_CHECKING:
    _Text = models.TextField[str, str]
else:
    _Text = models.TextField


class _OnlyEmpty(Exact):
    """``field=""`` finds rows without a value; any other value would silently find nothing, so it is refused."""

    def get_prep_lookup(self) -> Any:
        if self.rhs != "":
            raise FieldError("an encrypted column cannot be searched: use its blind index")
        return ""


class EncryptedTextField(_Text):
    """Plain text in Python, cipher text in the database. Cannot be searched: keep a blind index beside it."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return encrypt(prepared) if prepared else prepared

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value

    def get_lookup(self, lookup_name: str) -> type[Lookup[Any]] | None:
        if lookup_name == "exact":
            return _OnlyEmpty
        if lookup_name == "isnull":
            return IsNull
        raise FieldError("an encrypted column cannot be searched: use its blind index")

    def get_transform(self, lookup_name: str) -> type[Transform] | None:
        raise FieldError("an encrypted column cannot be searched: use its blind index")
