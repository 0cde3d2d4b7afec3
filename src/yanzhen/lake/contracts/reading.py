"""A contract's TOML file read into the model; what is wrong with it is told line by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.contracts.model import (
    DERIVABLE,
    FORMATS,
    METHODS,
    MODES,
    PARTITIONS,
    REFRESHES,
    SENSITIVITIES,
    TYPES,
    Book,
    Column,
    Contract,
    Format,
    Limits,
    Locate,
    Person,
)
from yanzhen.lake.elements import codesets, elements

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_KEEP = re.compile(r"\d{1,3}[ymd]|forever")
_SECTIONS = {"source", "format", "limits", "person", "locate", "column"}
_SOURCE = {
    "name", "title", "department", "system", "legal_basis", "purpose", "sensitivity", "steward", "refresh",
    "mode", "key", "watermark", "retention", "partition", "enterprise", "source_of_truth",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong (``error``) or doubtful (``warning``) with a contract, at a line of its file (1-based; 0: the whole)."""

    line: int
    level: str
    words: str


def load(path: Path) -> Contract:
    """The contract; DomainError with the first errors when the file does not hold one."""
    contract, findings = examine(path.read_text(encoding="utf-8"))
    errors = [finding for finding in findings if finding.level == "error"]
    if contract is None or errors:
        words = "；".join(f"第{finding.line}行：{finding.words}" for finding in errors[:5])
        raise DomainError("lake.contract", "契约{file}有错。{words}", file=path.name, words=words)
    return contract


def load_all(folder: Path) -> Book:
    """All contracts (``*.toml``) of a folder; DomainError when one is wrong or two share a name."""
    found = tuple(load(path) for path in sorted(folder.glob("*.toml")))
    names = [contract.name for contract in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise DomainError("lake.contract.twice", "有两份契约同名：{names}", names="、".join(sorted(twice)))
    return Book(found)


def lint(path: Path) -> list[Finding]:
    """Everything that is wrong or doubtful, in the order of lines."""
    return sorted(examine(path.read_text(encoding="utf-8"))[1], key=lambda finding: finding.line)


def examine(text: str) -> tuple[Contract | None, list[Finding]]:
    """The contract, if the text holds one at all, and what there is to say about it."""
    try:
        body = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        return None, [Finding(int(line.group(1)) if line else 0, "error", f"不是合法的 TOML：{error}")]
    lines = _Lines(text)
    findings = list(_shape(body, lines))
    if any(finding.level == "error" for finding in findings):
        return None, findings
    contract = _build(body)
    findings += _sense(contract, lines)
    return contract, findings


class _Lines:
    """Where in the text a key stands."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str, str], int] = {}
        section, count = "", -1
        for number, line in enumerate(text.splitlines(), 1):
            head = re.match(r"\s*\[+\s*([a-z_]+)\s*\]+", line)
            if head:
                section = head.group(1)
                if section == "column":
                    count += 1
                    section = f"column.{count}"
                self._at.setdefault((section, ""), number)
                continue
            key = re.match(r"\s*([A-Za-z_]+)\s*=", line)
            if key:
                self._at.setdefault((section, key.group(1)), number)

    def of(self, section: str, key: str = "") -> int:
        return self._at.get((section, key)) or self._at.get((section, "")) or 0


def _shape(body: Mapping[str, Any], lines: _Lines) -> Iterator[Finding]:
    """Sections, keys and kinds of values: what must hold before there can be a model."""
    for section in body.keys() - _SECTIONS:
        yield Finding(lines.of(section), "error", f"不认识的小节 [{section}]；只有 {'、'.join(sorted(_SECTIONS))}")
    source = body.get("source", {})
    for key in ("name", "title", "department", "system", "legal_basis", "purpose", "sensitivity", "steward", "refresh"):
        if not source.get(key):
            yield Finding(lines.of("source", key), "error", f"[source] 缺少 {key}")
    known: dict[str, set[str]] = {"source": _SOURCE}
    for section, model in (("format", Format), ("limits", Limits), ("person", Person), ("locate", Locate)):
        known[section] = {each.name for each in fields(model)}
    for section, keys in known.items():
        for key in body.get(section, {}).keys() - keys:
            yield Finding(lines.of(section, key), "error", f"[{section}] 里没有 {key} 这一项")
    columns = body.get("column", [])
    if not columns:
        yield Finding(0, "error", "没有一列：至少要有一个 [[column]]")
    keys = {each.name for each in fields(Column)}
    for number, column in enumerate(columns):
        at = f"column.{number}"
        for key in ("name", "source"):
            if not column.get(key):
                yield Finding(lines.of(at), "error", f"第{number + 1}列缺少 {key}")
        for key in column.keys() - keys:
            yield Finding(lines.of(at, key), "error", f"列里没有 {key} 这一项")


def _build(body: Mapping[str, Any]) -> Contract:
    source = dict(body["source"])
    for key in ("key", "source_of_truth"):
        source[key] = tuple(source.get(key, ()))
    columns = tuple(
        Column(**{**column, "derive": tuple(column.get("derive", ()))}) for column in body["column"]
    )  # fmt: skip
    locate = dict(body.get("locate", {}))
    locate["order"] = tuple(locate.get("order", ()))
    return Contract(
        **source,
        columns=columns,
        format=Format(**body.get("format", {})),
        limits=Limits(**body.get("limits", {})),
        person=Person(**body.get("person", {})),
        locate=Locate(**locate),
    )


def _sense(contract: Contract, lines: _Lines) -> Iterator[Finding]:
    """Whether the parts fit each other."""
    yield from _sense_source(contract, lines)
    yield from _sense_columns(contract, lines)
    yield from _sense_roles(contract, lines)


def _sense_source(contract: Contract, lines: _Lines) -> Iterator[Finding]:
    def wrong(key: str, words: str, section: str = "source") -> Finding:
        return Finding(lines.of(section, key), "error", words)

    if not _NAME.fullmatch(contract.name):
        yield wrong("name", "名称只能用小写字母、数字和下划线，以字母开头，不超过 40 个字符")
    if contract.sensitivity not in SENSITIVITIES:
        yield wrong("sensitivity", f"敏感级别只能是 {'、'.join(SENSITIVITIES)}")
    if contract.refresh not in REFRESHES:
        yield wrong("refresh", f"更新频率只能是 {'、'.join(REFRESHES)}")
    if contract.mode not in MODES:
        yield wrong("mode", f"方式只能是 {'、'.join(MODES)}")
    if contract.mode != "append" and not contract.key:
        yield wrong("mode", f"方式 {contract.mode} 要有主键 key，才知道哪一行变了")
    if contract.partition not in PARTITIONS:
        yield wrong("partition", f"切分只能按 {'、'.join(PARTITIONS)}")
    elif contract.partition != "town" and contract.sensitivity not in {"open", "internal"}:
        yield wrong("partition", "有个人信息的来源只能按乡镇切分")
    if not _KEEP.fullmatch(contract.retention):
        yield wrong("retention", "保存期限写成 10y、18m、90d 或 forever")
    for name in (*contract.key, *((contract.watermark,) if contract.watermark else ())):
        if not contract.has(name):
            yield wrong("key", f"主键或时间戳 {name} 不在列里")
        elif name in contract.key and not contract.column(name).required:
            yield wrong("key", f"主键列 {name} 必须是必填的（required = true）：空的主键分不出是哪一行")
    if contract.format.kind not in FORMATS:
        yield wrong("kind", f"格式只能是 {'、'.join(FORMATS)}", "format")
    if contract.format.kind == "database" and not contract.format.query:
        yield wrong("kind", "数据库来源要写 query", "format")
    if not 0 <= contract.limits.dirt <= 1:
        yield wrong("dirt", "脏数据上限是 0 到 1 之间的比例", "limits")
    elif contract.limits.dirt > 0.2:
        yield Finding(lines.of("limits", "dirt"), "warning", "脏数据上限高于 20%：这样的批次几乎总会被接受")
    for element in contract.source_of_truth:
        if element not in elements():
            yield wrong("source_of_truth", f"数据元 {element} 不在目录里")
        elif all(provided != element for provided, _column in contract.provides):
            yield wrong("source_of_truth", f"没有一列提供数据元 {element}")


def _sense_columns(contract: Contract, lines: _Lines) -> Iterator[Finding]:
    names = [column.name for column in contract.columns]
    for number, column in enumerate(contract.columns):
        at = f"column.{number}"

        def wrong(key: str, words: str, at: str = at) -> Finding:
            return Finding(lines.of(at, key), "error", words)

        if not _NAME.fullmatch(column.name) or column.name in {"place", "person", "how"}:
            yield wrong("name", f"列名 {column.name} 不能用（小写字母、数字、下划线；place、person、how 由平台写）")
        if names.count(column.name) > 1:
            yield wrong("name", f"列名 {column.name} 出现了两次")
        if column.type not in TYPES:
            yield wrong("type", f"没有类型 {column.type}；可用：{'、'.join(TYPES)}")
        if column.type == "code" and column.codes not in codesets():
            yield wrong("codes", f"代码集 {column.codes or '（未写）'} 不存在；可用：{'、'.join(sorted(codesets()))}")
        if column.on_bad not in {"", "hold", "clear"}:
            yield wrong("on_bad", "on_bad 只能是 hold（整行扣下）或 clear（只清空这一格）")
        if column.mask not in {"", "name", "phone", "address", "hide"}:
            yield wrong("mask", "mask 只能是 name、phone、address、hide")
        if column.pattern:
            try:
                re.compile(column.pattern)
            except re.error as error:
                yield wrong("pattern", f"正则表达式有错：{error}")
        if set(column.derive) - set(DERIVABLE):
            yield wrong("derive", f"只能派生 {'、'.join(DERIVABLE)}")
        if column.derive and column.type != "id_number":
            yield wrong("derive", "只有公民身份号码可以派生")
        element = elements().get(column.element)
        if column.element and element is None:
            yield wrong("element", f"数据元 {column.element} 不在目录里")
        elif element is not None and element.type != column.type:
            yield Finding(
                lines.of(at, "type"),
                "warning",
                f"数据元“{element.title}”的类型是 {element.type}，这里写的是 {column.type}",
            )
        if not column.element:
            yield Finding(lines.of(at), "warning", f"列 {column.name} 没有对应数据元：别的表单不知道这里已经有它")


def _sense_roles(contract: Contract, lines: _Lines) -> Iterator[Finding]:
    expected = {"id": "id_number", "name": "name", "birth": "date", "phone": "phone", "village": "division"}
    for role in ("id", "name", "birth", "sex", "phone", "village", "household"):
        name = getattr(contract.person, role)
        if not name:
            continue
        if not contract.has(name):
            yield Finding(lines.of("person", role), "error", f"[person] {role} = {name}，但没有这一列")
        elif role in expected and contract.column(name).type != expected[role]:
            yield Finding(
                lines.of("person", role),
                "error",
                f"[person] {role} 要用 {expected[role]} 类型的列，{name} 是 {contract.column(name).type}",
            )
    locate = contract.locate
    for method in locate.order:
        if method not in METHODS:
            yield Finding(lines.of("locate", "order"), "error", f"没有定位方式 {method}；可用：{'、'.join(METHODS)}")
    needs = {"code": ("code",), "point": ("lon", "lat"), "address": ("address",)}
    for method, roles in needs.items():
        for role in roles:
            name = getattr(locate, role)
            if method in locate.order and not name:
                yield Finding(lines.of("locate", "order"), "error", f"按 {method} 定位要写 {role} = 列名")
            if name and not contract.has(name):
                yield Finding(lines.of("locate", role), "error", f"[locate] {role} = {name}，但没有这一列")
    if "residence" in locate.order and not (contract.person.id or contract.person.linkable):
        yield Finding(
            lines.of("locate", "order"), "error", "按住处定位要先知道是谁：[person] 要有 id，或者 name 加 birth/phone"
        )
    if not locate.order:
        yield Finding(lines.of("locate"), "warning", "没有写定位方式：这些行只有市级能看到")
    if contract.enterprise and not contract.has(contract.enterprise):
        yield Finding(lines.of("source", "enterprise"), "error", f"企业列 {contract.enterprise} 不在列里")
    personal = contract.sensitivity in {"personal", "sensitive"}
    for number, column in enumerate(contract.columns):
        if column.type in {"name", "phone", "id_number"} and not personal:
            yield Finding(
                lines.of(f"column.{number}"), "error", "有姓名、电话或身份号码的来源，敏感级别至少是 personal"
            )
            break
