"""The notice on paper: A4, readable from a step away, with the code that leads to the same words and their fingerprint."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import segno
import typst
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from yanzhen.democracy.domain.disclosure import Section
from yanzhen.democracy.models import Disclosure
from yanzhen.democracy.selectors.disclosure import notice_of

_HEAD = """#set page(paper: "a4", margin: (x: 2.2cm, y: 2cm), numbering: "1 / 1")
#set text(font: ("Noto Sans CJK SC", "Source Han Sans SC", "SimHei", "Noto Sans SC"), size: 12pt, lang: "zh", region: "cn")
#set par(leading: 0.9em, justify: true)
#set table(stroke: 0.5pt, inset: 6pt)
#show table.cell.where(y: 0): set text(weight: "bold")
"""


def quoted(text: str) -> str:
    """A text as a Typst string: nothing in it is markup."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n") + '"'


def _section(section: Section) -> str:
    parts = []
    if section.heading:
        parts.append(f'#text(weight: "bold", size: 13pt, {quoted(section.heading)})\n\n')
    if section.text:
        parts.append(
            "\n\n".join(f"#text({quoted(line)})" for line in section.text.splitlines() if line.strip()) + "\n\n"
        )
    if section.columns:
        cells = ", ".join(f"text({quoted(cell)})" for cell in section.columns)
        rows = ", ".join(f"text({quoted(cell)})" for row in section.rows for cell in row)
        body = f"table.header({cells}), {rows}" if rows else f"table.header({cells})"
        parts.append(f"#table(columns: {len(section.columns)}, {body})\n\n")
    return "".join(parts)


def full_url(row: Disclosure) -> str:
    """Where the same notice stands for everybody."""
    return str(settings.YANZHEN.base_url).rstrip("/") + reverse("open_notice", args=[row.unit.code, row.pk])


def source(row: Disclosure) -> str:
    """The Typst source of a notice."""
    notice = notice_of(row)
    url = full_url(row)
    code = segno.make(url, error="m", micro=False).svg_inline(scale=4, border=1)
    up = timezone.localtime(row.published_at).strftime("%Y-%m-%d") if row.published_at else "—"
    foot = [
        f"公布：{up} 至 {row.up_until or '—'}　　公布单位：{row.unit.name}　　审核：{row.reviewed_name or '—'}",
        "对内容有异议，请扫码提出，或告诉村务监督委员会；五个工作日内答复。",
        f"内容指纹：{row.digest}",
        url,
    ]
    lines = "\n\n".join(f"#text(size: 9pt, {quoted(line)})" for line in [*notice.notes, *foot])
    return (
        _HEAD
        + f'#align(center, text(size: 22pt, weight: "bold", {quoted(row.unit.name + "村务公开")}))\n\n'
        + f'#align(center, text(size: 16pt, weight: "bold", {quoted(notice.title)}))\n\n'
        + "".join(_section(section) for section in notice.sections)
        + "#v(1em)\n#line(length: 100%, stroke: 0.5pt)\n"
        + f'#grid(columns: (1fr, 3.2cm), gutter: 0.6cm, [{lines}], image(bytes({quoted(code)}), format: "svg", width: 3.2cm))\n'
    )


@lru_cache(maxsize=64)
def _compiled(text: str) -> bytes:
    made: Any = typst.compile(text.encode())
    return bytes(made)


def notice_pdf(row: Disclosure) -> bytes:
    """The notice as a PDF; the same notice is drawn once."""
    return _compiled(source(row))
