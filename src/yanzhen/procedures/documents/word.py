"""Word by docxtpl: a template for each document, which a county can open in Word and make its own; the names in the double
braces are the fields of ``papers``. What people wrote is escaped and never read as a template."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage

from yanzhen.procedures.documents.papers import Paper

TEMPLATES = Path(__file__).parent / "word"
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def render(paper: Paper) -> bytes:
    """The document as .docx."""
    template = DocxTemplate(str(TEMPLATES / f"{paper.code}.docx"))
    values = paper.values()
    address = values.get("address", "")
    values["qr"] = ""
    if address:
        picture = io.BytesIO()
        segno.make(address, error="m").save(picture, kind="png", scale=6, border=2)
        picture.seek(0)
        values["qr"] = InlineImage(template, picture, width=Mm(28))
    template.render(values, autoescape=True)
    out = io.BytesIO()
    template.save(out)
    return out.getvalue()
