"""Numbers for people: the matter's number with a check digit, the follow-up code without look-alikes (plain Python)."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

#: Totally anti-symmetric quasigroup of H. M. Damm (2004): finds every wrong digit and every swap of neighbours.
_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
#: Letters and digits that nobody confuses on paper or by telephone (no 0 O 1 I L U V 5 S 2 Z 8 B).
CODE_ALPHABET = "34679ACDEFGHJKMNPQRTWXY"
CODE_LENGTH = 8
_NUMBER = re.compile(r"(\d{4})-?(\d{6,})-?(\d)")


def check_digit(digits: str) -> int:
    """Damm's check digit of a row of digits."""
    state = 0
    for digit in digits:
        state = _DAMM[state][int(digit)]
    return state


def number(received: date, sequence: int) -> str:
    """``2611-000123-7``: year and month of receipt, running number, check digit."""
    month = f"{received.year % 100:02d}{received.month:02d}"
    running = f"{sequence:06d}"
    return f"{month}-{running}-{check_digit(month + running)}"


def parse_number(text: str) -> str:
    """The number in its usual form from what somebody typed (full-width digits, blanks, without hyphens); "" when it is
    none or its check digit is wrong."""
    plain = re.sub(r"[\s_—–.]", "", unicodedata.normalize("NFKC", text))
    found = _NUMBER.fullmatch(plain)
    if found is None or check_digit(found[1] + found[2]) != int(found[3]):
        return ""
    return f"{found[1]}-{found[2]}-{found[3]}"


def parse_code(text: str) -> str:
    """A follow-up code as it was made, from what somebody typed."""
    return re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
