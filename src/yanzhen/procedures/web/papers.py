"""Fills the documents from the record: no figure and no name is typed for a document."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from yanzhen.kernel.errors import NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures import selectors
from yanzhen.procedures.documents import papers as p
from yanzhen.procedures.documents import pdf, word
from yanzhen.procedures.domain.bodies import BODIES
from yanzhen.procedures.domain.definition import OUTCOME_WORDS
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors.views import CaseView, StepView
from yanzhen.procedures.web import fields, roll, show
from yanzhen.registry.api import unit_ref

STATES = {"running": "正在办理", "resolved": "同意（办结）", "rejected": "未获通过", "ended": "已终止"}
#: Fields of a case that name people; on the notice board they are masked.
PEOPLE = ("person", "people")


class Filler:
    """What the record says, once for all documents of a step. Documents are in Chinese, whatever the reader's language."""

    def __init__(self, viewer: Actor, case: Case, step: str, now: datetime) -> None:
        self.viewer, self.case, self.now = viewer, case, now
        self.view: CaseView = selectors.case_view(viewer, case, now)
        found = [each for each in (*self.view.steps, *self.view.earlier) if each.step.key == step]
        if not found:
            raise NotFound("procedures.step.none", "这个程序没有这一步。")
        self.here: StepView = found[0]
        self.row = case.steps.filter(pk=self.here.step_id).first() if self.here.step_id else None
        self.meeting = self.row.meetings.filter(void=False).order_by("-pk").first() if self.row else None

    # --- pieces ----------------------------------------------------------------------------------------------------

    def head(self, title: str, day: date | None = None) -> dict[str, Any]:
        """What every document has."""
        today = timezone.localdate(self.now)
        stamp = timezone.localtime(self.now).strftime("%Y-%m-%d %H:%M")
        return {
            "unit": self.case.unit.name, "title": title, "day": p.day_words(day or today), "number": self.case.number,
            "source": f"编号 {self.case.number} · 数据时间 {stamp}",
        }  # fmt: skip

    def facts(self, *, masked: bool = False) -> tuple[p.Fact, ...]:
        """Fields of the case."""
        return tuple(
            p.Fact(field.title.zh, fields.value_words(field, self.view.data.get(field.key), self.viewer, masked=masked))
            for field in self.view.definition.fields
            if self.view.data.get(field.key) not in (None, "", [])
            and not (masked and field.personal and field.type not in PEOPLE)
        )

    def names(self) -> list[str]:
        """Names of people that the case carries: masked on the board wherever they stand."""
        found = []
        for field in self.view.definition.fields:
            value = self.view.data.get(field.key)
            if field.type in PEOPLE and value:
                found += [fields.name_of(self.viewer, each) for each in (value if isinstance(value, list) else [value])]
            elif field.personal and isinstance(value, str):
                found.append(value)
        return [each for each in found if each]

    def stages(self) -> tuple[p.Stage, ...]:
        """What was decided where, in the order of the steps."""
        return tuple(
            p.Stage(
                each.step.title.zh,
                BODIES[str(each.result["body"])].title.zh if each.result.get("body") else each.done_post,
                str(each.result.get("held_on") or show.day(each.done_at)),
                "，".join(filter(None, [OUTCOME_WORDS[each.outcome].zh, show.counts(each.result)])),
            )
            for each in self.view.steps
            if each.status == "done" and each.outcome in OUTCOME_WORDS
        )

    @property
    def body(self) -> str:
        """The body of the meeting, or the one that would meet."""
        code = self.meeting.body if self.meeting and self.meeting.body else next(iter(self.here.step.bodies), "")
        return BODIES[code].title.zh if code in BODIES else ""

    def body_code(self) -> str:
        """Its code."""
        return self.meeting.body if self.meeting and self.meeting.body else next(iter(self.here.step.bodies), "meeting")

    def quorum(self) -> tuple[str, str]:
        """How many must come and agree, and by which article."""
        code = self.body_code()
        if code not in BODIES:
            return "", ""
        held = (self.meeting.held_on if self.meeting else None) or timezone.localdate(self.now)
        rule = selectors.quorum_for(code, unit_ref(self.case.unit_id), held)
        return f"到会{rule.valid.words().zh}方为有效，赞成{rule.passes.words().zh}方为通过。", rule.valid_basis

    def day_of_meeting(self) -> date | None:
        """When it met or will meet."""
        return (self.meeting.held_on or self.meeting.planned_on) if self.meeting else None

    def votes(self) -> tuple[p.Vote, ...]:
        """The vote, as counted."""
        m = self.meeting
        if m is None or m.votes_for is None:
            return ()
        result = OUTCOME_WORDS[m.outcome].zh if m.outcome in OUTCOME_WORDS else ""
        return (p.Vote(self.case.title, m.due, m.present, m.votes_for, m.against, m.abstain, result),)

    def verdict(self) -> str:
        """The result in one sentence."""
        m = self.meeting
        if m is None or m.votes_for is None or m.outcome not in OUTCOME_WORDS:
            return ""
        head = f"会议结果：{OUTCOME_WORDS[m.outcome].zh}。到会须有{m.need_present}人，实到{m.present}人；"
        return f"{head}通过须有{m.need_for}票，赞成{m.votes_for}票。"

    def public_url(self) -> str:
        """The public page of the notice of this step, for the QR code."""
        posting = self.row.postings.order_by("-pk").first() if self.row else None
        if posting is None or self.case.restricted:
            return ""
        return f"{settings.YANZHEN.base_url.rstrip('/')}{reverse('posting', args=[posting.pk])}"

    # --- documents -------------------------------------------------------------------------------------------------

    def notice(self) -> p.Paper:
        quorum, basis = self.quorum()
        m = self.meeting
        return p.MeetingNotice(
            **self.head(f"关于召开{self.body}的通知", m.notified_on if m else None),
            to=f"各位{BODIES[self.body_code()].of.zh}", body=self.body,
            time=p.day_words(self.day_of_meeting()), place=m.place if m else "",
            matter=m.items if m and m.items else f"审议“{self.case.title}”", facts=self.facts(), quorum=quorum, basis=basis,
        )  # fmt: skip

    def attendance(self) -> p.Paper:
        m, unit = self.meeting, unit_ref(self.case.unit_id)
        held = self.day_of_meeting()
        lines = (
            [(each.name, each.marks, "到会" if each.present else "缺席") for each in m.attendance.order_by("pk")]
            if m
            else []
        )
        if not lines:
            lines = [
                (each.name, each.note, "")
                for each in roll.roll(self.body_code(), unit, held or timezone.localdate(self.now))
            ]
        if not lines:
            lines = [("", "", "")] * 40
        return p.AttendanceSheet(
            **self.head(f"{self.body}签到表", held), body=self.body, time=p.day_words(held), place=m.place if m else "",
            matter=self.case.title, due=m.due if m else None, present=m.present if m else None,
            roll=tuple(p.Voice(number, name, note if note != "None" else "", mark) for number, (name, note, mark) in enumerate(lines, 1)),
        )  # fmt: skip

    def ballot(self) -> p.Paper:
        spec = self.here.step.ballot
        subjects: tuple[str, ...] = ()
        if spec and spec.subjects:
            field = self.view.definition.field(spec.subjects)
            words = fields.value_words(field, self.view.data.get(spec.subjects), self.viewer) if field else ""
            subjects = tuple(filter(None, words.split("、")))
        marks = tuple(each.title.zh for each in spec.scale) if spec and spec.scale else ("赞成", "反对", "弃权")
        return p.Ballot(
            **self.head("表决票", self.day_of_meeting()), body=self.body,
            question=f"是否同意“{self.case.title}”？" if not subjects else self.case.title,
            form=spec.form if spec else "question", marks=marks, subjects=subjects, basis=self.quorum()[1],
        )  # fmt: skip

    def minutes(self) -> p.Paper:
        m = self.meeting
        return p.Minutes(
            **self.head(f"{self.body}会议记录", self.day_of_meeting()), body=self.body, time=p.day_words(self.day_of_meeting()),
            place=m.place if m else "", chair=m.chair if m else "", recorder=m.recorded_name if m else "", due=m.due if m else None,
            present=m.present if m else None, matter=self.case.title, facts=self.facts(),
            text=tuple(filter(None, (m.minutes if m else "").splitlines())),
            votes=self.votes(), quorum=self.quorum()[0], verdict=self.verdict(),
        )  # fmt: skip

    def resolution(self) -> p.Paper:
        m = self.meeting
        passed = m is not None and m.outcome == "passed"
        return p.Resolution(
            **self.head(f"{self.body}决议" if passed else f"{self.body}表决结果", self.day_of_meeting()), body=self.body,
            time=p.day_words(self.day_of_meeting()), due=m.due if m else None, present=m.present if m else None,
            matter=f"“{self.case.title}”",
            facts=self.facts(), votes=self.votes(), verdict=self.verdict(), basis=m.basis if m else "",
        )  # fmt: skip

    def public_notice(self) -> p.Paper:
        posting = self.row.postings.order_by("-pk").first() if self.row else None
        text = tuple(filter(None, (posting.words if posting else "").splitlines())) or (
            "现将有关事项公示如下，欢迎监督。",
        )
        paper = p.PublicNotice(
            **self.head(f"关于“{self.case.title}”的公示", posting.put_up_on if posting else None), matter=self.case.title, text=text,
            facts=self.facts(masked=True), stages=self.stages(), begins=p.day_words(posting.put_up_on) if posting else "",
            ends=p.day_words(posting.until) if posting else "", days=posting.least_days if posting else None,
            objections="公示期内如有异议，可当面、书面或扫码向村务监督委员会或乡镇人民政府提出，实名、匿名均可。",
            basis=posting.basis if posting else "", address=self.public_url(),
        )  # fmt: skip
        return p.for_board(paper, self.names())

    def result_notice(self) -> p.Paper:
        last = next((each for each in reversed(self.view.steps) if each.words), None)
        return p.ResultNotice(
            **self.head("办理结果告知书", timezone.localdate(self.case.ended_at) if self.case.ended_at else None),
            to=self.case.starter_name,
            matter=self.case.title, result=STATES[self.case.state], reason=last.words if last and self.case.state != "resolved" else "",
            facts=self.facts(), stages=self.stages(),
        )  # fmt: skip

    def register(self) -> p.Paper:
        return p.Register(
            **self.head(f"{self.view.definition.title.zh}登记表"),
            matter=self.case.title,
            facts=self.facts(),
            stages=self.stages(),
        )


def paper(viewer: Actor, case: Case, step: str, code: str, now: datetime) -> p.Paper:
    """One document of a step, filled from the record; NotFound for a code that is none."""
    if code not in p.PAPERS:
        raise NotFound("procedures.paper.none", "没有这种文书。")
    with override("zh-hans"):
        filled: p.Paper = getattr(Filler(viewer, case, step, now), code)()
    return filled


def drawn(made: p.Paper, kind: str, now: datetime) -> tuple[bytes, str]:
    """The document as a file, and its type."""
    if kind == "docx":
        return word.render(made), word.MIME
    return pdf.render(made, now=now), "application/pdf"
