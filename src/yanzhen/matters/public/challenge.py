"""A challenge that needs nobody outside: a small sum of work for the browser, or a question in words for people.

The page carries a signed token. With script the browser finds a number whose SHA-256 with the token begins with enough
zero bits; without script (or for whoever likes it better) a sum is asked in words, which a screen reader reads like any
other label. A trap field that nobody sees and the least time complete it. A token works once and for two hours.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.core.cache import caches
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from yanzhen.kernel.rulebook.api import value
from yanzhen.matters.web.fields import plain

SALT = "yanzhen.public.challenge"
MAX_AGE = 2 * 3600
NUMBERS = ("一", "二", "三", "四", "五", "六", "七", "八", "九")


def _proof(nonce: str, answer: str) -> str:
    return salted_hmac(SALT, f"{nonce}:{answer}").hexdigest()[:24]


def issue(now: datetime, bits: int) -> str:
    """A fresh token; the question is derived from it (:func:`question`)."""
    nonce = secrets.token_hex(8)
    first, second = _pair(nonce)
    proof = _proof(nonce, str(first + second))
    return signing.dumps({"n": nonce, "b": bits, "t": int(now.timestamp()), "a": proof}, salt=SALT)


def _pair(nonce: str) -> tuple[int, int]:
    """The two numbers of the question: keyed, so that the token alone does not tell them."""
    digest = salted_hmac(SALT, nonce).digest()
    return digest[0] % 9 + 1, digest[1] % 9 + 1


def question(token: str) -> dict[str, str]:
    """The two numbers of the question in the reader's words."""
    try:
        first, second = _pair(signing.loads(token, salt=SALT)["n"])
    except signing.BadSignature:
        first, second = 1, 1
    return {"first": gettext(NUMBERS[first - 1]), "second": gettext(NUMBERS[second - 1])}


def worked(token: str, work: str, bits: int) -> bool:
    """Whether ``work`` makes the hash of the token begin with ``bits`` zero bits."""
    if not work or len(work) > 20:
        return False
    digest = int.from_bytes(hashlib.sha256(f"{token}:{work}".encode()).digest())
    return digest >> (256 - bits) == 0


class ChallengeForm(forms.Form):
    """The fields of the challenge; forms of public pages inherit them. ``now`` is handed in."""

    use_required_attribute = False

    website = forms.CharField(required=False, label=_("网址（请留空）"))
    token = forms.CharField(required=False, widget=forms.HiddenInput, max_length=400)
    work = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20)
    answer = forms.CharField(required=False, label=_("安全验证"), max_length=4)

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.now = now
        self._given = self.data.get(self.add_prefix("token"), "") if self.is_bound else ""

    @property
    def fresh(self) -> str:
        """A token for the page as it is drawn now (a used one is not drawn again)."""
        if not hasattr(self, "_fresh"):
            self._fresh = issue(self.now, value("matters.public.work_bits", None, on=self.now.date()))
        return self._fresh

    @property
    def asked(self) -> dict[str, str]:
        return question(self.fresh)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wrong = self._wrong(data)
        if wrong:
            self.add_error("answer", wrong)
        return data

    def _wrong(self, data: dict[str, Any]) -> Any:
        """What is wrong with the challenge, in words; None when it is passed. It is used up only by a form that is
        right otherwise, so that nobody answers twice because of a typing mistake elsewhere."""
        if data.get("website"):
            return _("没有通过安全验证，请重新回答。")
        try:
            token = signing.loads(self._given, salt=SALT, max_age=MAX_AGE)
        except signing.BadSignature:
            return _("安全验证已过期，请重新回答。")
        answered = constant_time_compare(_proof(token["n"], plain(data.get("answer", ""))), token["a"])
        if not answered and not worked(self._given, data.get("work", ""), token["b"]):
            return _("没有通过安全验证，请重新回答。")
        if self.now.timestamp() - token["t"] < value("matters.public.least_seconds", None, on=self.now.date()):
            return _("提交得太快了，请核对内容后再提交一次。")
        if not self.errors and not caches["shared"].add(f"challenge:{token['n']}", 1, MAX_AGE):
            return _("安全验证已过期，请重新回答。")
        return None
