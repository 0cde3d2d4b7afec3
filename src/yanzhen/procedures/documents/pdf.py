"""PDF by typst: in this process, without a network, from templates in this folder. What people wrote travels as data and is
never read as markup."""

from __future__ import annotations

import io
import json
import tempfile
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

import segno
import typst

from yanzhen.procedures.documents.papers import Paper

TEMPLATES = Path(__file__).parent / "typst"


@lru_cache(maxsize=1)
def _templates() -> dict[str, str]:
    return {each.name: each.read_text(encoding="utf-8") for each in TEMPLATES.glob("*.typ")}


def qr(address: str) -> str:
    """A QR code as SVG, drawn here."""
    if not address:
        return "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>"
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=2, xmldecl=False, svgns=True, nl=False)
    return out.getvalue().decode()


def render(paper: Paper, *, now: datetime, kind: Literal["pdf", "png"] = "pdf") -> bytes:
    """The document as PDF (``kind`` "png": its first page as a picture, 96 dpi). ``now`` is written into the file."""
    with tempfile.TemporaryDirectory(prefix="yz-paper-") as folder:
        for name, text in _templates().items():
            Path(folder, name).write_text(text, encoding="utf-8")
        Path(folder, "qr.svg").write_text(qr(getattr(paper, "address", "")), encoding="utf-8")
        pages: bytes | list[bytes] = typst.compile(
            str(Path(folder, f"{paper.code}.typ")),
            root=folder,
            format=kind,
            ppi=96,
            sys_inputs={"data": json.dumps(paper.values(), ensure_ascii=False)},
            timestamp=int(now.timestamp()),
        )
    return pages[0] if isinstance(pages, list) else pages
