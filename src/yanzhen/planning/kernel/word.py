"""The Word list for signature, by docxtpl: the county may bring its own template; ours is made in code so that it cannot rot."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from yanzhen.planning.kernel.text import Lang, Text, said

_FONT = "FangSong"
_PLACE = "\u2063table\u2063"  # the paragraph that the table replaces


def write(
    target: Path,
    title: Text,
    columns: Sequence[Any],
    rows: Sequence[Mapping[str, Any]],
    facts: Sequence[tuple[Text, Text]],
    notes: Sequence[Text],
    signers: Sequence[Text],
    lang: Lang,
    template: Path | None,
) -> Path:
    """See :func:`yanzhen.planning.kernel.writing.write_word`."""
    from docxtpl import DocxTemplate

    source: Any = str(template) if template else io.BytesIO(_template())
    page = DocxTemplate(source)
    colon = "：" if lang == "zh" else ": "
    page.render(
        {
            "title": title.say(lang),
            "facts": [f"{name.say(lang)}{colon}{value.say(lang)}" for name, value in facts],
            "table": _PLACE,
            "notes": [note.say(lang) for note in notes],
            "signers": [f"{signer.say(lang)}{colon}" for signer in signers],
            "day": {"zh": "　　　　年　　月　　日", "en": "Date: ____________"}[lang],
        },
        autoescape=True,
    )
    _table(page.docx, columns, rows, lang)
    target.parent.mkdir(parents=True, exist_ok=True)
    page.save(str(target))
    return target


def _table(page: Any, columns: Sequence[Any], rows: Sequence[Mapping[str, Any]], lang: Lang) -> None:
    import copy

    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    table = page.add_table(rows=1, cols=len(columns))
    table.style = "Table Grid"
    for cell, column in zip(table.rows[0].cells, columns, strict=True):
        cell.text = column.heading.say(lang)
        for run in cell.paragraphs[0].runs:
            run.bold = True
    repeated = OxmlElement("w:tblHeader")
    repeated.set(qn("w:val"), "true")
    table.rows[0]._tr.get_or_add_trPr().append(repeated)
    blank = table.add_row()._tr  # one row is copied: python-docx is slow when it asks every cell of a long table
    table._tbl.remove(blank)
    for values in rows:
        row = copy.deepcopy(blank)
        table._tbl.append(row)
        for cell, column in zip(row.tc_lst, columns, strict=True):
            paragraph = cell.p_lst[0]
            run = paragraph.add_r()
            run.text = said(values.get(column.key), lang)
    for paragraph in page.paragraphs:
        if paragraph.text == _PLACE:
            paragraph._p.addnext(table._tbl)
            paragraph._p.getparent().remove(paragraph._p)


def _template() -> bytes:
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt

    page = Document()
    section = page.sections[0]
    section.page_width, section.page_height = Cm(21.0), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.2)
    section.top_margin = section.bottom_margin = Cm(2.4)
    style = page.styles["Normal"]
    style.font.name, style.font.size = _FONT, Pt(11)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    head = page.add_paragraph()
    head.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = head.add_run("{{ title }}")
    run.bold, run.font.size = True, Pt(18)
    for name in ("facts",):
        page.add_paragraph("{%p for item in " + name + " %}")
        page.add_paragraph("{{ item }}")
        page.add_paragraph("{%p endfor %}")
    page.add_paragraph("{{ table }}")
    for name in ("notes", "signers"):
        page.add_paragraph("{%p for item in " + name + " %}")
        page.add_paragraph("{{ item }}")
        page.add_paragraph("{%p endfor %}")
    page.add_paragraph("{{ day }}").alignment = WD_ALIGN_PARAGRAPH.RIGHT
    out = io.BytesIO()
    page.save(out)
    return out.getvalue()
