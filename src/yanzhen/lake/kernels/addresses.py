"""Address text to place: names from the top down, one key before the door number, and never a guess between candidates."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from yanzhen.lake.places import Places, depth

_DOOR = re.compile(
    r"(?:第)?[0-9一二三四五六七八九十百]+\s*(?:-[0-9]+)*\s*(?:号|栋|幢|弄|单元|室|座|户|楼|#|巷).*$|[0-9]+(?:-[0-9]+)*$"
)
_VILLAGE_TAILS = ("村民委员会", "居民委员会", "社区居委会", "村委会", "居委会", "社区", "村", "居")
_TOWN_TAILS = ("街道办事处", "街道", "镇人民政府", "镇", "乡")
_COUNTY_TAILS = ("市", "区", "县")
_ENDS = frozenset("省市区县镇乡街村社居")

SURE = 99
"""Confidence in percent: every name was found as written, and they agree."""
TYPO = 90
"""One character of one name was read as another, and only one place fits."""


@dataclass(frozen=True, slots=True)
class Answer:
    place: int
    """0 when not even a town is certain."""
    sure: int
    how: str
    """address (to the grid), village, town, or ""."""


class Gazetteer:
    """The names of one city's places, looked up from the left of an address."""

    def __init__(self, places: Places) -> None:
        self._heads: dict[str, set[int]] = defaultdict(set)
        self._towns: dict[str, set[int]] = defaultdict(set)
        self._villages: dict[str, set[int]] = defaultdict(set)
        self._spots: dict[str, set[int]] = defaultdict(set)
        for number, name in places.names.items():
            below = depth(number)
            if below in (13, 11):
                self._put(self._heads, name, number, ("省", "市", "自治区"))
            elif below == 9:
                self._put(self._heads, name, number, _COUNTY_TAILS)
            elif below == 6:
                self._put(self._towns, name, number, _TOWN_TAILS)
            elif below == 3:
                self._put(self._villages, name, number, _VILLAGE_TAILS)
        for alias in places.aliases:
            number = places.today(alias.place)
            kind = {6: self._towns, 3: self._villages}.get(depth(alias.place), self._spots)
            kind[tidy(alias.words)].add(number)
        self._longest = {
            id(names): max((len(word) for word in names), default=0)
            for names in (self._heads, self._towns, self._villages, self._spots)
        }
        self._near: dict[str, set[tuple[int, str]]] | None = None
        self._names = {number: tidy(name) for number, name in places.names.items()}

    @staticmethod
    def _put(names: dict[str, set[int]], name: str, number: int, tails: Iterable[str]) -> None:
        plain = tidy(name)
        names[plain].add(number)
        for tail in tails:
            if plain.endswith(tail) and len(plain) - len(tail) >= 2:
                stem = plain[: -len(tail)]
                names[stem].add(number)
                if names is not None and tail in _VILLAGE_TAILS:
                    names[stem + "村"].add(number)
                    names[stem + "社区"].add(number)
                break

    def find(self, text: str) -> Answer:
        """The place of one address: read up to the door number; whole, if that says too little; from the right at last."""
        whole = tidy(text)
        key = _DOOR.sub("", whole)
        answer = self._read(key)
        if answer.how not in {"address", "village"} and key != whole:
            answer = self._read(whole)
        return answer if answer.how in {"address", "village"} else self._backwards(key, answer)

    def _read(self, text: str) -> Answer:
        """Names from the left: province, city, county, town, village, named place."""
        rest, area = text, 0
        for _ in range(3):  # province, city, county
            word, found = self._take(self._heads, rest, area)
            if not word:
                break
            rest = rest[len(word) :]
            if len(found) == 1:
                area = next(iter(found))
        word, towns = self._take(self._towns, rest, area)
        if word and len(towns) == 1:
            after, town = rest[len(word) :], next(iter(towns))
            # a village may bear its town's name: then what follows decides which of the two was meant
            named = self._take(self._villages, rest, area)[0]
            if not named or self._take(self._villages, after, town)[0] or self._spot(after, town):
                rest, area = after, town
        return self._below(rest, area, towns)

    def _below(self, rest: str, area: int, towns: set[int]) -> Answer:
        word, found = self._take(self._villages, rest, area)
        if word:
            after = rest[len(word) :]
            spots = [self._spot(after, village) for village in found]
            hits = {spot for spot in spots if spot}
            if len(hits) == 1:
                return Answer(hits.pop(), SURE, "address")
            if len(found) == 1:
                return Answer(next(iter(found)), SURE, "village")
        spot = self._spot(rest, area)
        if spot:
            return Answer(spot, SURE, "address")
        typo = self._typo(rest, area)
        if typo:
            return typo
        if area and depth(area) == 6:
            return Answer(area, SURE, "town")
        return Answer(next(iter(towns)), TYPO, "town") if len(towns) == 1 else Answer(0, 0, "")

    def _backwards(self, text: str, answer: Answer) -> Answer:
        """From the right, where reading from the left broke off: a named place that a second name beside it confirms.

        The village's or town's name must stand in the text, or stand right before the place with one character wrong; and
        only one of the places that bear the name may be confirmed so.
        """
        for length in range(min(self._longest[id(self._spots)], len(text) - 2), 2, -1):
            found = self._spots.get(text[-length:])
            if not found:
                continue
            before = text[:-length]
            confirmed = {number for number in found if self._confirms(before, number)}
            if len(confirmed) == 1:
                place = confirmed.pop()
                inside = not answer.place or answer.place <= place < answer.place + 10 ** depth(answer.place)
                return Answer(place, TYPO, "address") if inside else answer
            return answer
        return answer

    def _confirms(self, before: str, spot: int) -> bool:
        village, town = self._names.get(spot - spot % 1000, ""), self._names.get(spot - spot % 1_000_000, "")
        if (len(village) > 1 and village in before) or (len(town) > 1 and town in before):
            return True
        tail = before[-len(village) :]
        return (
            len(village) > 2
            and len(tail) == len(village)
            and sum(a != b for a, b in zip(tail, village, strict=True)) == 1
        )

    def _take(self, names: dict[str, set[int]], rest: str, area: int) -> tuple[str, set[int]]:
        """The longest name at the left of the rest that lies in the area; a name cut short must not go on with a unit's tail."""
        span = 10 ** depth(area) if area else 10**15
        for length in range(min(self._longest[id(names)], len(rest)), 1, -1):
            found = names.get(rest[:length])
            if found and rest[length - 1] not in _ENDS and rest[length : length + 1] in _ENDS:
                continue
            if found:
                inside = {number for number in found if area <= number < area + span}
                if inside:
                    return rest[:length], inside
        return "", set()

    def _spot(self, rest: str, area: int) -> int:
        """The named place at the left of the rest, when exactly one in the area bears its longest name."""
        span = 10 ** depth(area) if area else 10**15
        for length in range(min(self._longest[id(self._spots)], len(rest)), 1, -1):
            found = self._spots.get(rest[:length])
            if found:
                inside = [number for number in found if area <= number < area + span]
                if inside:
                    return inside[0] if len(inside) == 1 else 0
        return 0

    def _typo(self, rest: str, area: int) -> Answer | None:
        """One wrong character in a village's or a named place's name, when only one fits inside the area."""
        if not area or len(rest) < 3:
            return None
        if self._near is None:
            self._near = defaultdict(set)
            for kind, names in (("village", self._villages), ("address", self._spots)):
                for word, numbers in names.items():
                    if len(word) >= 3:
                        for at in range(len(word)):
                            self._near[word[:at] + "*" + word[at + 1 :]] |= {(number, kind) for number in numbers}
        span = 10 ** depth(area)
        for length in range(min(10, len(rest)), 2, -1):
            head = rest[:length]
            hits: set[tuple[int, str]] = set()
            for at in range(length):
                hits |= {
                    hit for hit in self._near.get(head[:at] + "*" + head[at + 1 :], ()) if area <= hit[0] < area + span
                }
            if len({number for number, _kind in hits}) == 1:
                number, kind = next(iter(hits))
                if kind == "village":
                    spot = self._spot(rest[length:], number)
                    if spot:
                        return Answer(spot, TYPO, "address")
                return Answer(number, TYPO, kind)
            if hits:
                villages = {number - number % 1000 for number, _kind in hits}
                return Answer(villages.pop(), TYPO, "village") if len(villages) == 1 else None
        return None


_ASIDE = re.compile(r"\(.*?\)")
_MARKS = re.compile(r"[\s,，。;；、]+")


def tidy(text: str) -> str:
    """One form a character, no blanks, brackets' content and punctuation gone."""
    return _MARKS.sub("", _ASIDE.sub("", unicodedata.normalize("NFKC", text)))
