"""Versions of procedures: the list, one version with its drawing, uploading one's own, and the second person's decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.files.api import bytes_response
from yanzhen.kernel.scope.api import Actor
from yanzhen.kernel.ui import components as c
from yanzhen.procedures import services
from yanzhen.procedures.domain import writer
from yanzhen.procedures.domain.loader import DefinitionErrors, Problem
from yanzhen.procedures.drawing import bpmn_in, bpmn_out, of, svg
from yanzhen.procedures.selectors import versions as found_in
from yanzhen.procedures.selectors.versions import Version
from yanzhen.procedures.web import forms, pages, show
from yanzhen.procedures.web.fields import said
from yanzhen.procedures.web.sheet import refuse
from yanzhen.registry import api as registry

STATE_WORDS = {
    "proposed": gettext_lazy("待审批"),
    "active": gettext_lazy("在用"),
    "retired": gettext_lazy("停用"),
    "rejected": gettext_lazy("未采用"),
}
TONES = {"proposed": "warning", "active": "success", "retired": "neutral", "rejected": "neutral"}
KINDS = {"toml": "application/toml", "bpmn": "application/xml", "svg": "image/svg+xml"}


def address(version: Version) -> str:
    """The page of a version."""
    if version.row is not None:
        return reverse("procedure_own", args=[version.row.pk])
    return reverse("procedure", args=[version.definition.code, version.definition.version])


def table(viewer: Actor) -> c.CaseTable:
    """Every version in sight."""
    rows = [
        c.Row(
            said(each.definition.title), address(each), note=each.definition.code,
            badge=c.Badge(STATE_WORDS[each.state], TONES[each.state]),
            cells=[
                c.Cell(_("第 %(n)s 版") % {"n": each.definition.version}), c.Cell(each.unit_name or _("平台自带")),
                c.Cell(len(each.definition.steps)),
            ],
        )
        for each in found_in.versions_for(viewer)
    ]  # fmt: skip
    heads = [c.Column(_("程序")), c.Column(_("版本")), c.Column(_("谁的")), c.Column(_("步骤数"), "num")]
    return c.CaseTable(_("程序版本"), heads, rows, count=len(rows))


def page(viewer: Actor, version: Version) -> dict[str, Any]:
    """One version: what it is, its drawing, its text."""
    definition, row = version.definition, version.row
    facts = [
        c.AnswerRow(_("代号"), definition.code),
        c.AnswerRow(_("版本"), definition.version),
        c.AnswerRow(_("谁的"), version.unit_name or _("平台自带")),
        c.AnswerRow(_("依据"), "；".join(definition.basis)),
        c.AnswerRow(_("可以接手的旧版本"), "、".join(str(each) for each in definition.takes_over)),
    ]
    if row is not None:
        facts.append(c.AnswerRow(_("提出"), " ".join(filter(None, [show.when(row.proposed_at), row.proposed_name]))))
        facts.append(c.AnswerRow(_("审批"), " ".join(filter(None, [show.when(row.decided_at), row.decided_name]))))
        facts.append(c.AnswerRow(_("理由"), row.reason))
    decide = found_in.may_decide(viewer, version)
    base = address(version)
    return {
        "version": version, "definition": definition, "title": said(definition.title), "note": said(definition.note), "row": row,
        "facts": [each for each in facts if each.value], "state": STATE_WORDS[version.state], "tone": TONES[version.state],
        "source": version.source, "downloads": [(kind, f"{base}{kind}/") for kind in KINDS],
        "may_decide": decide and version.state == "proposed", "may_retire": decide and version.state == "active",
        "own_proposal": bool(row and version.state == "proposed" and row.proposed_by == viewer.account_id),
        "form": forms.ReasonForm(), **pages.bare(definition),
    }  # fmt: skip


def download(version: Version, kind: str) -> HttpResponse:
    """A version as TOML, BPMN or SVG."""
    definition = version.definition
    language = show.language()
    if kind == "toml":
        body = version.source.encode()
    elif kind == "bpmn":
        body = bpmn_out.write(definition, language)
    elif kind == "svg":
        body = svg.draw(of.graph_of(definition, language), frame=True).encode()
    else:
        raise NotFound("procedures.definition.none", "没有这个程序，或它没有启用。")
    return bytes_response(body, f"{definition.code}-{definition.version}.{kind}", KINDS[kind])


# --- one's own ----------------------------------------------------------------------------------------------------


def source_of(form: forms.UploadForm) -> tuple[str, list[Problem]]:
    """The TOML text of what was uploaded; a drawing is turned into one, with every problem by line of the drawing."""
    upload = form.cleaned_data.get("file")
    body: bytes = upload.read() if upload else form.cleaned_data["source"].encode()
    if body.lstrip()[:1] == b"<" or (body[:3] == b"\xef\xbb\xbf" and body[3:].lstrip()[:1] == b"<"):
        try:
            return writer.dump(bpmn_in.load(body)), []
        except DefinitionErrors as errors:
            return "", errors.problems
    try:
        return body.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return "", [Problem(0, "", "文件不是 UTF-8 编码的文字，请另存为 UTF-8 后再上传。")]


def problem_rows(problems: list[Problem]) -> list[dict[str, Any]]:
    """What is wrong, by line, in the reader's language."""
    return [
        {
            "line": each.line or "",
            "where": each.where,
            "text": _(each.template).format(**each.data),
        }
        for each in problems
    ]


def upload(request: HttpRequest) -> HttpResponse:
    """Upload → check with a preview → propose."""
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    if request.method == "GET":
        return render(request, "procedures/version_new.html", {"form": forms.UploadForm()})
    form = forms.UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return render(request, "procedures/version_new.html", {"form": form}, status=422)
    source, problems = source_of(form)
    definition = None
    if not problems:
        definition, problems = services.validate(source)
    if definition is None:
        context = {"form": form, "problems": problem_rows(problems)}
        return render(request, "procedures/version_new.html", context, status=422)
    if "confirmed" in request.POST:
        return _propose(request, viewer, form, source)
    filled = forms.UploadForm(initial={"source": source, "reason": form.cleaned_data["reason"]})
    context = {
        "form": filled,
        "preview": definition,
        "title": said(definition.title),
        "source": source,
        **pages.bare(definition),
    }
    return render(request, "procedures/version_new.html", context)


def _propose(request: HttpRequest, viewer: Actor, form: forms.UploadForm, source: str) -> HttpResponse:
    try:
        unit = registry.unit_for(viewer, viewer.unit.id if viewer.unit else 0)
        row = services.propose(
            actor=viewer, now=timezone.now(), unit=unit, source=source, reason=form.cleaned_data["reason"]
        )
    except (NotAllowed, NotFound):
        raise
    except DomainError as error:
        refuse(form, error)
        return render(request, "procedures/version_new.html", {"form": form}, status=422)
    messages.success(request, _("已提出，须由另一人批准后才会启用"))
    return redirect("procedure_own", row.pk)


def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """The second person approves, refuses or retires."""
    viewer: Actor = request.actor  # type: ignore[attr-defined]
    version, now = found_in.version_for(viewer, pk), timezone.now()
    form = forms.ReasonForm(request.POST)
    choice = request.POST.get("choice", "")
    form.fields["reason"].required = choice in ("refuse", "retire")
    if form.is_valid() and choice in ("grant", "refuse", "retire"):
        reason = form.cleaned_data["reason"]
        try:
            if choice == "retire":
                services.retire(actor=viewer, now=now, procedure_id=pk, reason=reason)
            else:
                services.decide(actor=viewer, now=now, procedure_id=pk, granted=choice == "grant", reason=reason)
            messages.success(
                request,
                {
                    "grant": _("已批准，新发起的事项按这一版办理"),
                    "refuse": _("已退回"),
                    "retire": _("已停用，在办事项照旧办完"),
                }[choice],
            )
            return redirect("procedure_own", pk)
        except (NotAllowed, NotFound):
            raise
        except DomainError as error:
            refuse(form, error)
    return render(request, "procedures/version.html", page(viewer, version) | {"form": form}, status=422)
