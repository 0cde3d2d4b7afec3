"""Words in Chinese and English side by side: planning knows no gettext, a plan is readable without a web shell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or name in both languages. Both are required: ``Text(zh="覆盖的村", en="Villages covered")``."""

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        """The words in one language."""
        return self.zh if lang == "zh" else self.en

    def fill(self, **data: object) -> Text:
        """Fill ``{name}`` fields; values that are themselves :class:`Text` are taken in the matching language."""
        return Text(
            zh=self.zh.format(**{key: said(value, "zh") for key, value in data.items()}),
            en=self.en.format(**{key: said(value, "en") for key, value in data.items()}),
        )

    def __add__(self, other: Text) -> Text:
        return Text(self.zh + other.zh, self.en + other.en)


def said(value: object, lang: Lang) -> str:
    """Any value as words: texts in the language, numbers short, the rest by ``str``."""
    if isinstance(value, Text):
        return value.say(lang)
    if isinstance(value, bool):
        return {"zh": "是" if value else "否", "en": "yes" if value else "no"}[lang]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, int):
        return f"{value:,}"
    return "" if value is None else str(value)


def number(value: float, digits: int = 2) -> str:
    """A number for people: thousands separated, no trailing zeros, "∞" when it is unbounded."""
    if value != value:  # NaN
        return "–"
    if value in (float("inf"), float("-inf")):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.{digits}f}".rstrip("0").rstrip(".")


def same(words: str) -> Text:
    """A name that is the same in both languages (a village, a person)."""
    return Text(words, words)


def joined(parts: Iterable[Text], *, zh: str = "；", en: str = "; ") -> Text:
    """Several texts in a row."""
    parts = list(parts)
    return Text(zh.join(part.zh for part in parts), en.join(part.en for part in parts))
