"""A contract proposed from a sample: what each column looks like, which element it may be, what can link and locate."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.contracts.model import Column
from yanzhen.lake.elements import codesets, element_for, elements
from yanzhen.lake.kernels import values
from yanzhen.lake.kernels.ids import look

_SAMPLE = 2000
_GUESSES = ("phone", "date", "datetime", "integer", "decimal", "money")
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹"
    "熊白孟秦邱侯江尹薛阎段雷龙史陶贺顾毛郝龚邵万钱严赖覃洪武莫孔庄柯翁戴颜施詹简游"
)
_DEFAULT_MASK = {"name": "name", "phone": "phone", "address": "address", "household": "hide"}


def propose(path: Path, name: str = "") -> str:
    """The text of a contract for a sample file (CSV, Parquet, JSON lines, Excel); what nobody can guess is marked ``？``."""
    kind, encoding, delimiter, heads, rows = _sample(path)
    name = name or re.sub(r"[^a-z0-9_]+", "_", path.stem.lower()).strip("_") or "source"
    if not name[0].isalpha():
        name = f"s_{name}"
    columns = []
    taken: set[str] = set()
    for number, head in enumerate(heads):
        texts = [str(row[number]) for row in rows if number < len(row) and row[number] not in (None, "")]
        columns.append(_column(head, texts, len(rows), number, taken))
    return _text(name, path, kind, encoding, delimiter, columns)


def _sample(path: Path) -> tuple[str, str, str, list[str], list[Sequence[Any]]]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        table = next(pq.ParquetFile(path).iter_batches(_SAMPLE), None)
        if table is None:
            raise DomainError("lake.sample", "样本是空的。")
        return "parquet", "utf-8", ",", table.schema.names, [tuple(row.values()) for row in pa.table(table).to_pylist()]
    if suffix in {".xlsx", ".xls", ".ods"}:
        from python_calamine import CalamineWorkbook

        found = (
            CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=True)[: _SAMPLE + 1]
        )
        return "excel", "utf-8", ",", [str(cell).strip() for cell in found[0]], list(found[1:])
    body = path.open("rb").read(4 << 20)
    encoding = _encoding(body)
    text = body.decode(encoding, "replace")
    if suffix in {".jsonl", ".ndjson"}:
        import json

        lines = [json.loads(line) for line in text.splitlines()[:_SAMPLE] if line.strip().endswith("}")]
        heads = list(dict.fromkeys(key for line in lines for key in line))
        return "jsonl", encoding, ",", heads, [[line.get(head) for head in heads] for line in lines]
    first = text.splitlines()[0] if text else ""
    delimiter = max(",\t|;", key=first.count)
    rows = list(csv.reader(io.StringIO(text.replace("\r\n", "\n")), delimiter=delimiter))[: _SAMPLE + 1]
    if len(rows) < 2:
        raise DomainError("lake.sample", "样本是空的。")
    return "csv", encoding, delimiter, [head.strip() for head in rows[0]], list(rows[1:-1] or rows[1:])


def _encoding(body: bytes) -> str:
    """UTF-8 when it reads as such (the last character may be cut), GB 18030 otherwise."""
    for cut in range(4):
        try:
            body[: len(body) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
        return "utf-8"
    return "gb18030"


def _column(head: str, texts: list[str], rows: int, number: int, taken: set[str]) -> Column:
    element = element_for(head)
    kind = element.type if element else _kind(texts)
    codes = element.codes if element else _codes(texts)
    if codes:
        kind = "code"
    name = (
        element.code.split(".")[-1]
        if element
        else re.sub(r"[^a-z0-9_]+", "_", head.lower()).strip("_") or f"c{number + 1}"
    )
    if not name[0].isalpha() or name in {"place", "person", "how"}:
        name = f"c_{name}"
    while name in taken:
        name = f"{name}_{number + 1}"
    taken.add(name)
    return Column(
        name=name, source=head, type=kind, element=element.code if element else "", codes=codes,
        required=bool(rows) and len(texts) == rows, mask=_DEFAULT_MASK.get(kind, ""),
    )  # fmt: skip


def _kind(texts: list[str]) -> str:
    some = list(dict.fromkeys(texts))[:300]
    if not some:
        return "text"
    if (look(pa.array(some, pa.string())).bad == 0).mean() > 0.8:
        return "id_number"
    if sum(2 <= len(text) <= 4 and text[0] in _SURNAMES for text in some) > 0.8 * len(some):
        return "name"
    for kind in _GUESSES:
        kernel: Callable[..., tuple[Any, int]] = values.KERNELS[kind]
        probe = Column(name="x", source="x", type=kind)
        if kind == "integer" and any(text.startswith("0") and len(text) > 1 for text in some):
            continue
        if sum(kernel(text, probe)[1] == 0 for text in some) > 0.95 * len(some):
            return "datetime" if kind == "date" and any(":" in text for text in some) else kind
    return "text"


def _codes(texts: list[str]) -> str:
    some = set(texts)
    if not 2 <= len(some) <= 30 or all(text.isdigit() for text in some):
        return ""
    for name in codesets():
        probe = Column(name="x", source="x", type="code", codes=name)
        if all(values.code(text, probe)[1] == 0 for text in some):
            return name
    return ""


def _text(name: str, path: Path, kind: str, encoding: str, delimiter: str, columns: list[Column]) -> str:
    personal = any(column.type in {"id_number", "name", "phone"} for column in columns)
    strict = max(
        (elements()[c.element].sensitivity for c in columns if c.element),
        key=("open", "internal", "personal", "sensitive").index,
        default="internal",
    )
    lines = [
        "[source]", f'name = "{name}"', f'title = "{path.stem}"', 'department = "？"', 'system = "？"', 'legal_basis = "？"',
        'purpose = "？"', f'sensitivity = "{strict if not personal or strict in ("personal", "sensitive") else "personal"}"',
        'steward = "？"', 'refresh = "monthly"', 'mode = "append"', "", "[format]", f'kind = "{kind}"',
        f'files = "*{path.suffix}"', f'encoding = "{encoding}"',
    ]  # fmt: skip
    if delimiter != ",":
        lines.append(f'delimiter = "{delimiter}"'.replace("\t", "\\t"))
    by_type: dict[str, str] = {}
    for column in columns:
        by_type.setdefault(column.type, column.name)
    lines += ["", "[limits]", "dirt = 0.05"]
    roles = {"id": "id_number", "name": "name", "phone": "phone", "village": "division", "household": "household"}
    person = [f'{role} = "{by_type[each]}"' for role, each in roles.items() if each in by_type]
    if "id_number" in by_type or "name" in by_type:
        lines += ["", "[person]", *person]
    order = (["code"] if "division" in by_type else []) + (["residence"] if "id_number" in by_type else [])
    order += (["point"] if {"lon", "lat"} <= by_type.keys() else []) + (["address"] if "address" in by_type else [])
    lines += ["", "[locate]", f"order = [{', '.join(repr(each) for each in order)}]".replace("'", '"')]
    places = {"code": "division", "lon": "lon", "lat": "lat", "address": "address"}
    lines += [f'{role} = "{by_type[each]}"' for role, each in places.items() if each in by_type]
    for column in columns:
        lines += ["", "[[column]]", f'name = "{column.name}"', f'source = "{column.source}"', f'type = "{column.type}"']
        lines += [f'element = "{column.element}"'] if column.element else []
        lines += [f'codes = "{column.codes}"'] if column.codes else []
        lines += [f'mask = "{column.mask}"'] if column.mask else []
        lines += ["required = true"] if column.required else []
    return "\n".join(lines) + "\n"
