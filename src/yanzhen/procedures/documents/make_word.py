"""Makes the Word templates in ``word/`` anew: ``python -m yanzhen.procedures.documents.make_word``.

They are made by a program so that page, fonts and lines are the same in all of them (GB/T 9704-2012); afterwards they are
plain Word files, and a county may change them by hand.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

SERIF, HEAVY, PLAIN = "仿宋_GB2312", "方正小标宋简体", "黑体"
BLANK = "＿＿＿＿＿＿"


def _font(run: Any, name: str, size: float, *, bold: bool = False) -> Any:
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, name
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), name)
    return run


class Sheet:
    """A template being written."""

    def __init__(self) -> None:
        self.doc = Document()
        section = self.doc.sections[0]
        section.page_width, section.page_height = Mm(210), Mm(297)
        section.top_margin, section.bottom_margin = Mm(37), Mm(35)
        section.left_margin, section.right_margin = Mm(28), Mm(26)
        normal = self.doc.styles["Normal"]
        normal.font.name, normal.font.size = SERIF, Pt(16)
        normal.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), SERIF)
        form = normal.paragraph_format
        form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(28)
        form.space_before = form.space_after = Pt(0)
        self._footer(section)

    def _footer(self, section: Any) -> None:
        line = section.footer.paragraphs[0]
        _font(line.add_run("{{ source }}　— "), SERIF, 10.5)
        run = _font(line.add_run(), SERIF, 10.5)
        for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
            if kind:
                mark = OxmlElement("w:fldChar")
                mark.set(qn("w:fldCharType"), kind)
            else:
                mark = OxmlElement("w:instrText")
                mark.text = text
            run._element.append(mark)
        _font(line.add_run(" —"), SERIF, 10.5)

    def p(
        self,
        text: str,
        *,
        font: str = SERIF,
        size: float = 16,
        indent: bool = True,
        align: Any = None,
        bold: bool = False,
    ) -> Any:
        """A paragraph."""
        line = self.doc.add_paragraph()
        if indent:
            line.paragraph_format.first_line_indent = Pt(2 * size)
        if align is not None:
            line.alignment = align
        _font(line.add_run(text), font, size, bold=bold)
        return line

    def tag(self, text: str) -> None:
        """A paragraph that holds a template command only; it leaves no line behind."""
        self.doc.add_paragraph(text)

    def each(self, name: str, line: str, *, item: str = "line") -> None:
        """A paragraph for each of a list."""
        self.tag(f"{{%p for {item} in {name} %}}")
        self.p(line)
        self.tag("{%p endfor %}")

    def when(self, condition: str, text: str, **more: Any) -> None:
        """A paragraph only where the condition holds."""
        self.tag(f"{{%p if {condition} %}}")
        self.p(text, **more)
        self.tag("{%p endif %}")

    def title(self) -> None:
        """Title, with a mark while it is a draft."""
        self.when("trial", "（草稿）", indent=False, align=WD_ALIGN_PARAGRAPH.CENTER)
        self.p("{{ title }}", font=HEAVY, size=22, indent=False, align=WD_ALIGN_PARAGRAPH.CENTER)
        self.p("", indent=False)

    def sub(self, text: str) -> None:
        """A heading."""
        self.p(text, font=PLAIN)

    def table(self, heads: list[str], cells: list[str], rows: str, *, widths: list[float], item: str = "row") -> None:
        """A table with one line for each of ``rows``."""
        table = self.doc.add_table(rows=4 if heads else 3, cols=len(cells))
        table.style = "Table Grid"
        table.autofit = False
        lines = list(table.rows)
        if heads:
            for cell, text in zip(lines[0].cells, heads, strict=True):
                self._cell(cell, text, PLAIN)
            mark = OxmlElement("w:tblHeader")
            lines[0]._tr.get_or_add_trPr().append(mark)
            lines = lines[1:]
        lines[0].cells[0].text = f"{{%tr for {item} in {rows} %}}"
        for cell, text in zip(lines[1].cells, cells, strict=True):
            self._cell(cell, text, SERIF)
        lines[2].cells[0].text = "{%tr endfor %}"
        for row in table.rows:
            for cell, width in zip(row.cells, widths, strict=True):
                cell.width = Mm(width)

    def _cell(self, cell: Any, text: str, font: str) -> None:
        line = cell.paragraphs[0]
        line.paragraph_format.line_spacing = Pt(22)
        _font(line.add_run(text), font, 14)

    def facts(self, rows: str = "facts") -> None:
        """What is known, two columns."""
        self.tag(f"{{%p if {rows} %}}")
        self.table([], ["{{ row.label }}", "{{ row.value or '" + BLANK + "' }}"], rows, widths=[45, 111])
        self.tag("{%p endif %}")

    def votes(self) -> None:
        """Votes by counts."""
        cells = [f"{{{{ row.{name} if row.{name} is not none else '' }}}}" for name in _COUNTS]
        self.tag("{%p if votes %}")
        self.table(
            ["表决事项", "应到", "实到", "赞成", "反对", "弃权", "结果"], ["{{ row.item }}", *cells, "{{ row.result }}"], "votes",
            widths=[46, 16, 16, 16, 16, 16, 30],
        )  # fmt: skip
        self.tag("{%p endif %}")

    def stages(self) -> None:
        """What was decided where."""
        self.tag("{%p if stages %}")
        self.table(
            ["环节", "由谁办理", "时间", "结果"], ["{{ row.step }}", "{{ row.who }}", "{{ row.day }}", "{{ row.result }}"], "stages",
            widths=[40, 44, 34, 38],
        )  # fmt: skip
        self.tag("{%p endif %}")

    def signed(self) -> None:
        """Who signs, and the day."""
        self.p("", indent=False)
        self.p("{{ unit }}　　", indent=False, align=WD_ALIGN_PARAGRAPH.RIGHT)
        self.p("{{ day }}　　", indent=False, align=WD_ALIGN_PARAGRAPH.RIGHT)

    def hands(self, *names: str) -> None:
        """Lines for signatures."""
        self.p("", indent=False)
        self.p("　".join(f"{name}：＿＿＿＿＿" for name in names), indent=False)

    def code(self, words: str) -> None:
        """The QR code with its words."""
        self.tag("{%p if address %}")
        self.p("{{ qr }}", indent=False).paragraph_format.line_spacing = 1.0
        self.p(words, size=12, indent=False)
        self.p("{{ address }}", size=12, indent=False)
        self.tag("{%p endif %}")


_COUNTS = ("due", "present", "approve", "against", "abstain")
CENTER, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT


def notice(s: Sheet) -> None:
    s.when("to", "{{ to }}：", indent=False)
    s.p(f"经研究，定于{{{{ time or '{BLANK}' }}}}召开{{{{ body or '{BLANK}' }}}}。现将有关事项通知如下：")
    s.sub("一、会议地点")
    s.p(f"{{{{ place or '{BLANK}' }}}}")
    s.sub("二、会议议题")
    s.p("{{ matter }}")
    s.facts()
    s.sub("三、有关要求")
    s.p("请准时参加。{{ quorum }}")
    s.when("basis", "依据：{{ basis }}。")
    s.signed()


def attendance(s: Sheet) -> None:
    s.p("会议：{{ body }}", indent=False)
    s.p("时间：{{ time }}　地点：{{ place }}", indent=False)
    s.p("议题：{{ matter }}", indent=False)
    s.p(
        f"应到：{{{{ due if due is not none else '{BLANK}' }}}}人　实到：{{{{ present if present is not none else '{BLANK}' }}}}人",
        indent=False,
    )
    s.table(
        ["序号", "姓名", "备注", "签名"], ["{{ row.number }}", "{{ row.name }}", "{{ row.note }}", "{{ row.mark }}"], "roll",
        widths=[18, 40, 44, 54],
    )  # fmt: skip
    s.hands("主持人", "记录人")
    s.p("{{ day }}", indent=False, align=RIGHT)


def ballot(s: Sheet) -> None:
    s.p("{{ body }}　{{ day }}", size=14, indent=False, align=CENTER)
    s.p("{{ question }}")
    s.tag("{%p if form == 'question' %}")
    s.p("{% for mark in marks %}□ {{ mark }}　　{% endfor %}", indent=False, align=CENTER)
    s.tag("{%p elif form == 'choice' %}")
    s.table(["姓名（名称）", "同意画“○”"], ["{{ row }}", ""], "subjects", widths=[110, 46])
    s.tag("{%p else %}")
    s.table(
        ["姓名（名称）", "请在一个等次前画“√”"],
        ["{{ row }}", "{% for mark in marks %}□{{ mark }}　{% endfor %}"],
        "subjects",
        widths=[50, 106],
    )
    s.tag("{%p endif %}")
    s.p(
        "说明：1. 无记名填写，请在所选处画“○”或“√”。2. {% if form == 'choice' and seats %}最多选{{ seats }}人，多选无效。{% else %}"
        "每项只选一种，多选无效。"
        "{% endif %}3. 不写姓名，不作记号；填好后对折投入票箱。{% if basis %}依据：{{ basis }}。{% endif %}", size=12, indent=False,
    )  # fmt: skip
    s.p("（{{ unit }} 盖章有效）", indent=False, align=RIGHT)


def minutes(s: Sheet) -> None:
    s.table(
        [], ["{{ row[0] }}", "{{ row[1] if row[1] is not none else '' }}"],
        "[('会议', body), ('时间', time), ('地点', place), ('主持人', chair), ('记录人', recorder),"
        " ('应到人数', due), ('实到人数', present)]",
        widths=[36, 120],
    )  # fmt: skip
    s.sub("一、议题")
    s.p("{{ matter }}")
    s.facts()
    s.sub("二、会议记录")
    s.each("text", "{{ line }}")
    s.sub("三、表决情况")
    s.votes()
    s.when("quorum", "{{ quorum }}")
    s.when("verdict", "{{ verdict }}")
    s.when("tellers", "计票人：{{ tellers }}")
    s.hands("主持人", "记录人", "监票人")
    s.p("{{ day }}", indent=False, align=RIGHT)


def resolution(s: Sheet) -> None:
    s.when("number", "{{ number }}", indent=False, align=CENTER)
    s.p(
        "{{ time }}，{{ unit }}召开{{ body }}，"
        "应到{{ due if due is not none else '＿＿' }}人，实到{{ present if present is not none else '＿＿' }}人"
        "{% if basis %}，符合{{ basis }}的规定{% endif %}。会议就下列事项进行表决："
    )
    s.p("{{ matter }}")
    s.facts()
    s.votes()
    s.p("{{ verdict }}")
    s.hands("主持人", "参会代表")
    s.signed()


def public_notice(s: Sheet) -> None:
    s.when("matter", "事项：{{ matter }}")
    s.each("text", "{{ line }}")
    s.facts()
    s.stages()
    s.p(
        f"公示时间：{{{{ begins or '{BLANK}' }}}}至{{{{ ends or '{BLANK}' }}}}"
        "{% if days is not none %}，不少于{{ days }}日{% endif %}。"
    )
    s.p("{{ objections }}")
    s.when("basis", "依据：{{ basis }}。")
    s.code("扫码查看本公示、提出异议")
    s.signed()


def result_notice(s: Sheet) -> None:
    s.when("to", "{{ to }}：", indent=False)
    s.p("关于“{{ matter }}”一事，办理结果为：{{ result }}。")
    s.when("reason", "理由：{{ reason }}")
    s.facts()
    s.stages()
    s.when("remedy", "{{ remedy }}")
    s.code("扫码查看办理情况")
    s.signed()


def register(s: Sheet) -> None:
    s.when("number", "{{ number }}", indent=False, align=CENTER)
    s.p("{{ matter }}")
    s.facts()
    s.stages()
    s.hands("经办人", "负责人")
    s.signed()


DRAWN = (notice, attendance, ballot, minutes, resolution, public_notice, result_notice, register)


def main(folder: Path = Path(__file__).parent / "word") -> None:
    """Write every template."""
    folder.mkdir(exist_ok=True)
    for draw in DRAWN:
        sheet = Sheet()
        sheet.title()
        draw(sheet)
        sheet.doc.core_properties.author = "Yanzhen"
        sheet.doc.core_properties.title = draw.__name__
        sheet.doc.save(str(folder / f"{draw.__name__}.docx"))


if __name__ == "__main__":
    main()
