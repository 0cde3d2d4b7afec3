"""Standard forms of values, computed on distinct texts only. Each kernel: texts in; values and reasons (0: fine) out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from yanzhen.lake.contracts.model import Column
from yanzhen.lake.elements import codesets
from yanzhen.lake.kernels import reasons as why
from yanzhen.lake.kernels.ids import credit_code

#: Arrow type of a standard value by column type.
ARROW: dict[str, pa.DataType] = {
    "text": pa.string(),
    "name": pa.string(),
    "phone": pa.string(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "month": pa.date32(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "money": pa.decimal128(18, 2),
    "boolean": pa.bool_(),
    "code": pa.string(),
    "credit_code": pa.string(),
    "lon": pa.float64(),
    "lat": pa.float64(),
    "household": pa.string(),
    "address": pa.string(),
}
#: Dots that clerks write between the parts of a minority name, and the one that GB/T 43819-style registers use.
_DOTS = str.maketrans(dict.fromkeys("・•‧∙.。●▪", "·"))
_FINE_NAME = "^[\u4e00-\u9fff]{2,6}$"
_FINE_PHONE = r"^1[3-9][0-9]{9}$"
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff〇A-Za-z]+(·[\u3400-\u9fff\U00020000-\U0003ffff〇A-Za-z]+)*")
_LANDLINE = re.compile(r"(0\d{2,3})?[2-8]\d{6,7}")
_CHINESE = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?",
        r"(\d{4})/(\d{1,2})/(\d{1,2})(?: .*)?",
        r"(\d{4})\.(\d{1,2})\.(\d{1,2})\.?",
        r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?",
        r"(\d{4})(\d{2})(\d{2})(?:\d{6})?",
    )
)
_MONTHS = tuple(
    re.compile(form) for form in (r"(\d{4})[-/.]?(\d{2})", r"(\d{4})[-/.](\d{1,2})", r"(\d{4})年(\d{1,2})月?份?")
)
_SERIAL = re.compile(r"[2-6]\d{4}(?:\.\d+)?")

Kernel = Callable[[str, Column], tuple[Any, int]]


def text_width(text: str) -> str:
    """Half width, one form a character, no blanks at the ends."""
    return unicodedata.normalize("NFKC", text).strip()


def name(text: str, _column: Column) -> tuple[Any, int]:
    """A name as registers write it: no blanks, one kind of dot between the parts of a minority name."""
    plain = "".join(text_width(text).translate(_DOTS).split()).strip("·")
    if "�" in plain or "?" in plain:
        return None, why.GARBLED
    return (plain, 0) if 2 <= len(plain) <= 40 and _NAME.fullmatch(plain) else (None, why.NAME)


def phone(text: str, _column: Column) -> tuple[Any, int]:
    """A mobile number of 11 digits, or a landline with its area code."""
    digits = re.sub(r"[\s\-—()（）.]", "", text_width(text))
    digits = re.sub(r"^(\+?86|0086)(?=1\d{10}$|0)", "", digits)
    if re.fullmatch(_FINE_PHONE, digits) or _LANDLINE.fullmatch(digits):
        return digits, 0
    return None, why.PHONE


def _arabic(text: str) -> str:
    """Chinese numerals of a date as digits: 二〇二四年十一月二十三日 → 2024年11月23日."""
    text = re.sub(r"(?<=[二三])十(?=[一二三四五六七八九])", "", text)
    text = re.sub(r"(?<=[二三])十", "0", text)
    text = re.sub(r"十(?=[一二三四五六七八九])", "1", text)
    return text.replace("十", "10").translate(_CHINESE)


def day(text: str, column: Column) -> tuple[Any, int]:
    """A date in any of a dozen spellings; two-digit years are refused: they would have to be guessed."""
    plain = text_width(text).replace(" ", " ")
    if not plain.isascii():
        plain = _arabic(plain)
    for form in _FORMS:
        found = form.fullmatch(plain)
        if found:
            try:
                value = date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                return None, why.DATE
            return (value, 0) if 1850 <= value.year <= 2100 else (None, why.RANGE)
    if _SERIAL.fullmatch(plain):  # Excel's day number, 1900 system
        return date.fromordinal(date(1899, 12, 30).toordinal() + int(float(plain))), 0
    return None, why.DATE


def month(text: str, column: Column) -> tuple[Any, int]:
    """A month as its first day."""
    plain = text_width(text)
    if not plain.isascii():
        plain = _arabic(plain)
    for form in _MONTHS:
        found = form.fullmatch(plain)
        if found and 1 <= int(found[2]) <= 12 and 1850 <= int(found[1]) <= 2100:
            return date(int(found[1]), int(found[2]), 1), 0
    value, bad = day(text, column)
    return (value.replace(day=1), 0) if not bad else (None, why.DATE)


def moment(text: str, column: Column) -> tuple[Any, int]:
    """A date with a time of day (local time); a bare date is its midnight."""
    plain = text_width(text).replace("/", "-").replace("T", " ")
    for form in (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y%m%d%H%M%S",
        "%Y年%m月%d日 %H:%M:%S",
        "%Y-%m-%d %H:%M:%S.%f",
    ):
        try:
            return datetime.strptime(plain, form), 0  # noqa: DTZ007  # local wall time is what systems write
        except ValueError:
            continue
    value, bad = day(text, column)
    return (datetime(value.year, value.month, value.day), 0) if not bad else (None, bad)  # noqa: DTZ001


def money(text: str, _column: Column) -> tuple[Any, int]:
    """Yuan to the cent: ￥1,234.50, 1234.5元, 1.2万元, （12.00）."""
    plain = text_width(text).replace(",", "").replace(" ", "")
    negative = plain.startswith(("-", "(")) or plain.endswith(")")
    plain = plain.strip("()-").removeprefix("RMB").strip("¥￥$-").removesuffix("元")
    times = 1
    if plain.endswith("万"):
        plain, times = plain[:-1], 10_000
    try:
        value = (Decimal(plain) * times).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None, why.NUMBER
    if abs(value) >= Decimal(10) ** 15:
        return None, why.RANGE
    return (-value if negative else value), 0


def integer(text: str, _column: Column) -> tuple[Any, int]:
    plain = text_width(text).replace(",", "").removesuffix(".0")
    return (int(plain), 0) if re.fullmatch(r"-?\d{1,18}", plain) else (None, why.NUMBER)


def number(text: str, _column: Column) -> tuple[Any, int]:
    plain = text_width(text).replace(",", "")
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", plain):
        return None, why.NUMBER
    return float(plain), 0


def code(text: str, column: Column) -> tuple[Any, int]:
    """The code itself, or the code that the word means; 1 and 01 are the same where only one of them exists."""
    known = codesets()[column.codes]
    plain = text_width(text)
    if plain in known:
        return plain, 0
    for candidate, words in known.items():
        if plain in words or plain.lstrip("0") == candidate or plain == candidate.lstrip("0"):
            return candidate, 0
    return None, why.CODE


def boolean(text: str, _column: Column) -> tuple[Any, int]:
    plain = text_width(text).lower()
    if plain in {"1", "是", "有", "y", "yes", "true", "t"}:
        return True, 0
    return (False, 0) if plain in {"0", "否", "无", "n", "no", "false", "f"} else (None, why.FORM)


def words(text: str, column: Column) -> tuple[Any, int]:
    plain = text_width(text)
    if column.pattern and not re.fullmatch(column.pattern, plain):
        return None, why.PATTERN
    return (None, why.GARBLED) if "�" in plain else (plain or None, 0)


def _credit(text: str, _column: Column) -> tuple[Any, int]:
    return credit_code(text)


KERNELS: dict[str, Kernel] = {
    "text": words,
    "name": name,
    "phone": phone,
    "date": day,
    "month": month,
    "datetime": moment,
    "money": money,
    "integer": integer,
    "decimal": number,
    "lon": number,
    "lat": number,
    "code": code,
    "boolean": boolean,
    "credit_code": _credit,
    "household": words,
    "address": words,
}


def standardise(values: pa.Array, column: Column) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.int16]]]:
    """Standard values and reasons of distinct, non-null texts; what is plainly fine takes the short way through Arrow."""
    kind = ARROW[column.type]
    fine = _fine(values, column)
    bad = np.zeros(len(values), dtype=np.int16)
    rest = np.nonzero(~fine)[0]
    kernel = KERNELS[column.type]
    slow: list[Any] = []
    for text in values.take(pa.array(rest)).to_pylist():
        value, reason = kernel(text, column) if text.strip() else (None, why.REQUIRED if column.required else 0)
        slow.append(value)
        bad[rest[len(slow) - 1]] = reason
    straight = _convert(values.filter(pa.array(fine)), column)
    joined = pa.concat_arrays([straight, pa.array(slow, type=kind)])
    order = np.empty(len(values), dtype=np.int64)
    order[np.nonzero(fine)[0]] = np.arange(len(straight))
    order[rest] = np.arange(len(straight), len(joined))
    out = joined.take(pa.array(order))
    if column.least is not None or column.most is not None:
        figures = pc.cast(out, pa.float64())
        low = pc.less(figures, column.least) if column.least is not None else pc.is_null(figures, nan_is_null=False)
        high = pc.greater(figures, column.most) if column.most is not None else pc.is_null(figures, nan_is_null=False)
        outside = pc.fill_null(pc.or_(low, high), False).to_numpy(zero_copy_only=False) & (bad == 0)
        outside &= pc.is_valid(out).to_numpy(zero_copy_only=False)
        bad[outside] = why.RANGE
        out = pc.if_else(pa.array(outside), pa.scalar(None, kind), out)
    return out, bad


def _fine(values: pa.Array, column: Column) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if column.type == "date":
        iso, days = _straight_dates(values)
        written = pc.equal(pc.cast(days, pa.string()), iso)
        return np.asarray(pc.fill_null(written, False).to_numpy(zero_copy_only=False))
    patterns = {
        "name": _FINE_NAME,
        "phone": _FINE_PHONE,
        "money": r"^-?[0-9]{1,12}(\.[0-9]{1,2})?$",
        "integer": r"^-?[0-9]{1,17}$",
        "decimal": r"^-?[0-9]{1,12}(\.[0-9]{1,12})?$",
        "lon": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?$",
        "lat": r"^-?[0-9]{1,3}(\.[0-9]{1,15})?$",
        "datetime": r"^(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]) ([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$",
        "household": r"^[0-9A-Za-z]+$",
    }
    if column.type in {"text", "address"} and not column.pattern:
        pattern = "^[\u4e00-\u9fff0-9A-Za-z-]+$"
    elif column.type in patterns:
        pattern = patterns[column.type]
    else:
        return np.zeros(len(values), dtype=bool)
    found: np.ndarray[Any, np.dtype[np.bool_]] = pc.match_substring_regex(values, pattern).to_numpy(
        zero_copy_only=False
    )
    return found


def _straight_dates(values: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Dates of full digits as ISO texts and days; a day that is none comes out as another text than it went in."""
    iso = pc.replace_substring_regex(
        values, "^((?:19|20)[0-9]{2})[-/.年]?([0-9]{2})[-/.月]?([0-9]{2})日?$", "\\1-\\2-\\3"
    )
    return iso, pc.cast(pc.strptime(iso, format="%Y-%m-%d", unit="s", error_is_null=True), pa.date32())


def _convert(values: pa.Array, column: Column) -> pa.Array:
    kind = ARROW[column.type]
    if column.type == "date":
        return _straight_dates(values)[1]
    if column.type == "datetime":
        return pc.cast(pc.strptime(values, format="%Y-%m-%d %H:%M:%S", unit="us"), kind)
    if column.type == "money":
        return pc.cast(pc.cast(values, pa.decimal128(30, 2)), kind)
    return values if kind == pa.string() else pc.cast(values, kind)
