"""REST at ``/api/v1/``. Each operation asks its selector or service with the token's actor: scope lies there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.urls import URLPattern
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Header, NinjaAPI, Path, Query, Status, UploadedFile
from ninja.errors import HttpError, ValidationError
from pydantic import AfterValidator

from yanzhen.kernel.errors import DomainError, NotAllowed
from yanzhen.kernel.files import api as files
from yanzhen.kernel.rulebook.api import value
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.domain.loop import STATE_WORDS, Act, By
from yanzhen.matters.domain.loop import State as Stage
from yanzhen.matters.domain.programs import unpack
from yanzhen.matters.models import Matter, Webhook
from yanzhen.matters.rest import acts, problems
from yanzhen.matters.rest import schemas as s
from yanzhen.matters.rest.auth import Token, WaitError
from yanzhen.matters.selectors import pages, staff
from yanzhen.matters.selectors import programs as reads
from yanzhen.matters.selectors.lines import line, lines
from yanzhen.matters.services import programs as writes
from yanzhen.measures.api import figures_for
from yanzhen.measures.indicators import indicators
from yanzhen.registry.api import children_of, find_units, path_of, unit_for, unit_ref
from yanzhen.registry.models import Unit

log = logging.getLogger("yanzhen.api")
PREFIX = "/api/v1/"
VERSION = "1.0.0"
OLDEST = timedelta(days=366)
_METHODS = ("get", "post", "put", "patch", "delete")

#: What each status means here (the standard library words some of them differently from version to version).
ANSWERS = {
    200: "Done", 201: "Made", 204: "Gone, nothing to say", 400: "The request cannot be read",
    401: "No token, or one that does not hold", 403: "The post or the token does not have the right",
    404: "Nothing there that the token may see", 405: "No such method here", 409: "Somebody else changed it first",
    413: "The body is too big", 415: "The body or file is of a kind that is not taken",
    422: "A field or a rule of the field says no", 429: "Called too often", 500: "The platform failed",
}  # fmt: skip
ERRORS: dict[int, Any] = dict.fromkeys((400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500), s.Problem)
MatterId = Annotated[int, Path(ge=1, le=s.BIGGEST, description="Id of the matter")]
Key = Annotated[str, Header(alias="Idempotency-Key", pattern=r"^[!-~]{0,60}$", description="The same key gives the same matter.")]


class Api(NinjaAPI):
    """The document says of every refusal that it is a problem document."""

    def get_openapi_operation_id(self, operation: Any) -> str:
        return str(operation.view_func.__name__)

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> Any:
        document = super().get_openapi_schema(path_prefix=PREFIX if path_prefix is None else path_prefix, path_params=path_params)
        for path in document["paths"].values():
            for operation in (path[method] for method in _METHODS if method in path):
                _refusals(operation)
        document["components"]["responses"] = {f"Problem{code}": _refusal(code) for code in ERRORS}
        return document


def _refusal(code: int) -> dict[str, Any]:
    """A refusal as the document describes it, once for all operations."""
    told: dict[str, Any] = {
        "description": ANSWERS[code],
        "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    header = {429: "Retry-After", 401: "WWW-Authenticate", 405: "Allow"}.get(code)
    if header:
        told["headers"] = {header: {"schema": {"type": "string"}, "required": True}}
    return told


def _refusals(operation: dict[str, Any]) -> None:
    """Which refusals an operation can give: without a token there is no right to lack, without a body nothing too big."""
    answers = {int(code): answer for code, answer in operation["responses"].items()}
    if "security" not in operation:
        for code in (401, 403, 409, 429):
            answers.pop(code, None)
    if "requestBody" not in operation:
        for code in (409, 413, 415):
            answers.pop(code, None)
    told = {}
    for code, answer in sorted(answers.items()):
        told[str(code)] = {"$ref": f"#/components/responses/Problem{code}"} if code >= 400 else {**answer, "description": ANSWERS[code]}
    operation["responses"] = told


api = Api(
    title="Yanzhen 雁阵",
    version=VERSION,
    description=(
        "Matters of the county: report, follow, act. Every operation acts in the post of its token and sees what that post sees. "
        "Times are ISO 8601 with their zone; lists are cursors, never offsets; refusals are RFC 9457 problem documents."
    ),
    docs_url=None,
    openapi_url=None,
    auth=Token(),
    urls_namespace="api",
)


# --- refusals ---------------------------------------------------------------------------------------------------------------


@api.exception_handler(DomainError)
def _domain(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problems.of_domain(error)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    wrong = [
        {"field": ".".join(str(part) for part in each["loc"][1:] if part not in ("body", "query")), "message": str(each["msg"])}
        for each in error.errors
    ]
    return problems.problem(422, "api.invalid", _("内容不符合接口要求，请检查标出的字段。"), errors=wrong)


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error, WaitError):
        return problems.too_many(error.seconds)
    if error.status_code == 401:
        return problems.unauthorised()
    if isinstance(error.__cause__, RequestDataTooBig):
        return problems.too_large()
    return problems.malformed()


@api.exception_handler(SuspiciousOperation)
def _suspicious(request: HttpRequest, error: SuspiciousOperation) -> HttpResponse:
    return problems.too_large() if isinstance(error, RequestDataTooBig) else problems.malformed()


@api.exception_handler(MultiPartParserError)
def _broken_upload(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return problems.malformed()


@api.exception_handler(Exception)
def _failed(request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("api operation failed", exc_info=error)
    return problems.problem(500, "api.failed", _("平台出错了，请稍后再试；如仍出错请联系运维人员。"))


# --- small shared pieces ----------------------------------------------------------------------------------------------------


def _me(request: HttpRequest) -> Actor:
    found: Actor = request.actor  # type: ignore[attr-defined]
    return found


def _need(actor: Actor, capability: str) -> None:
    if not actor.has(capability):
        raise NotAllowed("scope.denied", "您当前的岗位没有这项权限。请切换岗位或联系安全管理员。", capability=capability)


def _brief(unit_id: int) -> s.UnitBrief:
    found = line(unit_id).ref
    return s.UnitBrief(id=found.id, code=found.code, name=found.name)


def _unit(unit: Unit) -> s.UnitBrief:
    return s.UnitBrief(id=unit.pk, code=unit.code, name=unit.name)


def _act(act: Act) -> s.ActName:
    return s.ActName(code=act.code, words=_(act.words), needs=list(act.needs))


def _file(each: Any) -> s.FileOut:
    return s.FileOut(id=each.pk, name=each.name, mime=each.file.mime, size=each.file.size, act=each.act, at=each.at)


def _done(actor: Actor, now: datetime, act: str, row: Matter, code: str = "") -> s.Done:
    possible = [each.code for each in selectors.acts_for(actor, row, now)]
    return s.Done(
        id=row.pk, number=row.number, act=act, state=str(row.state), state_words=_(STATE_WORDS[Stage(row.state)]),
        version=row.version, due_at=row.due_at, press_level=row.press_level, acts=possible, code=code,
    )  # fmt: skip


# --- the program itself -----------------------------------------------------------------------------------------------------


@api.get("/health", response={200: s.Health, **ERRORS}, auth=None, tags=["program"])
def health(request: HttpRequest) -> s.Health:
    """Whether the API answers; needs no token."""
    return s.Health(status="ok", version=VERSION)


@api.get("/me", response={200: s.Me, **ERRORS}, tags=["program"])
def me(request: HttpRequest) -> s.Me:
    """The post, rights and last day of this token."""
    actor, token = _me(request), request.token  # type: ignore[attr-defined]
    assert actor.unit is not None  # noqa: S101 a post stands at a unit
    return s.Me(
        token=token.name, post=actor.post_label, unit=_brief(actor.unit.id), capabilities=sorted(actor.capabilities),
        valid_to=token.valid_to,
    )  # fmt: skip


# --- matters ----------------------------------------------------------------------------------------------------------------


def _cursor(cursor: str) -> str:
    """A cursor that this platform gave out; DomainError for anything else."""
    decoded = pages._decode(cursor) if cursor else None
    if not cursor:
        return ""
    try:
        if decoded is not None and 0 < decoded[0][1] <= s.BIGGEST and 2000 <= decoded[0][0].astimezone(UTC).year <= 2100:
            return cursor
    except (OverflowError, ValueError):
        pass
    raise DomainError("api.cursor", "翻页标记不对，请从第一页重新查询。", field="cursor")


@api.get("/matters", response={200: s.MatterPage, **ERRORS}, tags=["matters"])
def list_matters(request: HttpRequest, given: Query[s.Filter]) -> s.MatterPage:
    """Matters in sight of the token, newest first."""
    actor = _me(request)
    _need(actor, "matters.view")
    filters = selectors.Filters(
        tab=given.tab, state=given.state or "", category=acts.category_id(given.category), place=given.place,
        urgency=given.urgency or "", channel=given.channel or "", overdue=given.overdue, pressed=given.pressed,
        light=given.light or "", lead=given.lead, received_from=given.received_from, received_to=given.received_to,
        words=given.words, located=given.located,
    )  # fmt: skip
    page = selectors.page_for(actor, filters, _cursor(given.cursor), given.limit, now=timezone.now())
    return s.MatterPage(
        items=[s.MatterRow.model_validate(row, from_attributes=True) for row in page.rows], next=page.next,
        previous=page.previous, count=s.Count(value=min(page.count.n, page.count.cap), at_least=page.count.n > page.count.cap),
    )  # fmt: skip


def _place(actor: Actor, body: s.ReportIn) -> int | None:
    """Id of the place given, which must lie in the division that the token's post belongs to."""
    if actor.unit is None or (body.place_id is None and body.place_code is None):
        return None
    division = line(actor.unit.id).division
    if body.place_id is not None:
        found = lines([body.place_id]).get(body.place_id)
        if found is not None and found.ref.path in division.scope:
            return body.place_id
    elif body.place_code is not None:
        by_code = reads.place_below(division, body.place_code)
        if by_code is not None:
            return by_code
    raise DomainError("matters.report.place_unknown", "没有找到所选地点，请重新选择。", field="place_id" if body.place_id else "place_code")


def _received(given: datetime | None, now: datetime) -> datetime | None:
    if given is not None and not now - OLDEST <= given:
        raise DomainError("matters.report.old", "收到时间最多早 {n} 天。", field="received_at", n=OLDEST.days)
    return given


@api.post("/matters", response={201: s.Reported, 200: s.Reported, **ERRORS}, tags=["matters"])
def create_matter(request: HttpRequest, body: s.ReportIn, idempotency_key: Key = "") -> Status[s.Reported]:
    """Report: 201 when it is new, 200 with the same matter when the key (or source and source_ref) came before."""
    actor, now = _me(request), timezone.now()
    _need(actor, "matters.report")
    draft = Report(
        text=body.text, place_id=_place(actor, body), title=body.title, category_id=acts.category_id(body.category),
        urgency=body.urgency, channel=body.channel, place_words=body.place_words, longitude=body.longitude,
        latitude=body.latitude, name=body.name, phone=body.phone, secret=body.secret,
        call_back_wanted=body.call_back_wanted, received_at=_received(body.received_at, now),
        source=f"p{actor.post_id}.{body.source}" if body.source_ref else "", source_ref=body.source_ref,
    )  # fmt: skip
    row = services.report(actor=actor, now=now, draft=draft, key=f"api.{idempotency_key}" if idempotency_key else "")
    fresh = row.created_at == now
    if not fresh and idempotency_key and row.text != body.text.strip():
        raise DomainError("api.idempotency", "这个幂等键已经用于另一件事项，请换一个。", field="Idempotency-Key")
    told = s.Reported(
        id=row.pk, number=row.number, code=row.code, state=str(row.state), received_at=row.received_at, due_at=row.due_at,
        version=row.version,
    )  # fmt: skip
    return Status(201 if fresh else 200, told)


@api.get("/matters/{matter_id}", response={200: s.MatterOut, **ERRORS}, tags=["matters"])
def get_matter(request: HttpRequest, matter_id: MatterId) -> s.MatterOut:
    """One matter in full, with what this token may do to it now."""
    actor, now = _me(request), timezone.now()
    _need(actor, "matters.view")
    row = selectors.matter_for(actor, matter_id)
    contact = selectors.contact_for(actor, row)
    return s.MatterOut(
        id=row.pk, number=row.number, title=row.title, text=row.text, category=row.category.code if row.category else None,
        category_name=row.category.full_name if row.category else "", state=row.state,
        state_words=_(STATE_WORDS[Stage(row.state)]), urgency=row.urgency, channel=row.channel, secret=row.secret,
        place=_brief(row.place_id), place_words=row.place_words, located=row.located,
        longitude=float(row.longitude) if row.longitude is not None else None,
        latitude=float(row.latitude) if row.latitude is not None else None, desk=_brief(row.desk_id),
        holder=_brief(row.holder_id), lead=_brief(row.lead_id) if row.lead_id else None, contact_name=contact.name,
        contact_phone=contact.phone, received_at=row.received_at, due_at=row.due_at, step_due_at=row.step_due_at,
        due_basis=row.due_basis, responded_at=row.responded_at, answered_at=row.answered_at, closed_at=row.closed_at,
        stopped=row.stopped, overdue=row.overdue, press_level=row.press_level, outcome=row.outcome, solved=row.solved,
        grade=row.grade, voices=row.voices, redos=row.redos, merged_into=row.merged_into_id, version=row.version,
        acts=[_act(act) for act in selectors.acts_for(actor, row, now)],
        files=[_file(each) for each in reads.attachments_for(actor, row)],
    )  # fmt: skip


@api.get("/matters/{matter_id}/timeline", response={200: s.Timeline, **ERRORS}, tags=["matters"])
def get_timeline(request: HttpRequest, matter_id: MatterId) -> s.Timeline:
    """The history of a matter."""
    actor = _me(request)
    _need(actor, "matters.view")
    found = selectors.timeline_for(actor, selectors.matter_for(actor, matter_id))
    return s.Timeline(
        items=[
            s.Step(
                at=each.at, act=each.act, act_words=_(each.act_words), state=each.state, unit_name=each.unit_name,
                actor_name=each.actor_name, actor_post=each.actor_post, words=each.words, public=each.public,
            )
            for each in found
        ]
    )  # fmt: skip


@api.post("/matters/{matter_id}/attachments", response={201: s.Uploaded, **ERRORS}, tags=["matters"])
def add_attachment(
    request: HttpRequest, matter_id: MatterId, file: File[UploadedFile], body: Form[s.UploadIn]
) -> Status[s.Uploaded]:
    """A photo or document with a line of work (the act ``progress``). Checked by content; pictures lose hidden data."""
    actor, now = _me(request), timezone.now()
    _need(actor, "matters.view")
    row = selectors.matter_for(actor, matter_id)
    most = int(value("files.max_mb", actor.unit, on=timezone.localdate(), purpose="matter"))
    if (file.size or 0) > min(most, settings.YANZHEN.upload_mb) * 1024 * 1024:
        raise DomainError("files.too_big", "文件超过 {mb} MB，请压缩或拆分后再传。", field="file", mb=most)
    before = {each.pk for each in reads.attachments_for(actor, row)}
    row = services.progress(actor=actor, now=now, matter=row, words=body.words, files=[(file.name or "file", file.read())])
    added = [each for each in reads.attachments_for(actor, row) if each.pk not in before]
    return Status(201, s.Uploaded(done=_done(actor, now, "progress", row), files=[_file(each) for each in added]))


@api.get(
    "/matters/{matter_id}/attachments/{file_id}", response={200: None, **ERRORS}, tags=["matters"],
    openapi_extra={"responses": {200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}}},
)  # fmt: skip
def get_attachment(request: HttpRequest, matter_id: MatterId, file_id: Annotated[int, Path(ge=1, le=s.BIGGEST)]) -> Any:
    """The file itself."""
    actor = _me(request)
    _need(actor, "matters.view")
    found = reads.attachment_for(actor, selectors.matter_for(actor, matter_id), file_id)
    return files.response(found.file, as_attachment=True)


def _add_act(act: Act, body: Any, run: acts.Run) -> None:
    """One operation for an act of the table."""

    def view(request: HttpRequest, matter_id: Any, body: Any) -> s.Done:
        actor, now = _me(request), timezone.now()
        _need(actor, "matters.view")
        if act.capability:
            _need(actor, act.capability)
        row = selectors.matter_for(actor, matter_id)
        fields = body.model_dump()
        moved, code = run(actor, now, row, fields)
        return _done(actor, now, act.code, moved, code)

    view.__name__ = f"act_{act.code}"
    view.__doc__ = f"{act.words}：{'、'.join(STATE_WORDS[each] for each in STATE_WORDS if each in act.sources)}" + (
        f" → {STATE_WORDS[act.target]}" if act.target else ""
    )
    view.__annotations__ = {"request": HttpRequest, "matter_id": MatterId, "body": body, "return": s.Done}
    person = "; needs the person's follow-up code" if act.by is By.PERSON else ""
    api.post(
        f"/matters/{{matter_id}}/acts/{act.code}", response={200: s.Done, **ERRORS}, tags=["acts"],
        summary=f"{act.words} ({act.code})", description=f"{view.__doc__}{person}",
    )(view)  # fmt: skip


for _each in acts.offered():
    if _each.code in acts.TABLE:
        _add_act(_each, *acts.TABLE[_each.code])


# --- units, categories ------------------------------------------------------------------------------------------------------

UnitId = Annotated[int, Path(ge=1, le=s.BIGGEST, description="Id of the unit")]
Short = Annotated[str, Query(max_length=40), AfterValidator(s.clean)]
Needed = Annotated[str, Query(min_length=1, max_length=40), AfterValidator(s.clean)]
When = Annotated[str, Query(max_length=10, description="2026-11, 2026-Q4 or 2026"), AfterValidator(s.clean)]


@api.get("/units", response={200: s.UnitList, **ERRORS}, tags=["units"])
def search_units(
    request: HttpRequest, q: Needed, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> s.UnitList:
    """Units in sight by name, beginning of the code, pinyin or initials."""
    actor = _me(request)
    _need(actor, "units.view")
    return s.UnitList(items=[_unit(each) for each in find_units(actor, q, limit=limit)])


def _branch(actor: Actor, unit_id: int | None, after: str) -> s.UnitBranch:
    found = children_of(actor, unit_id, after=after)
    return s.UnitBranch(
        items=[
            s.UnitNode(id=node.id, code=node.code, name=node.name, kind=node.kind, level=node.level, children=node.children)
            for node in found.nodes
        ],
        after=found.after,
    )


@api.get("/units/root", response={200: s.UnitBranch, **ERRORS}, tags=["units"])
def get_root(request: HttpRequest) -> s.UnitBranch:
    """Where the token's tree begins."""
    actor = _me(request)
    _need(actor, "units.view")
    return _branch(actor, None, "")


@api.get("/units/{unit_id}", response={200: s.UnitOut, **ERRORS}, tags=["units"])
def get_unit(request: HttpRequest, unit_id: UnitId) -> s.UnitOut:
    """One unit with what stands above it."""
    actor = _me(request)
    _need(actor, "units.view")
    unit = unit_for(actor, unit_id)
    above = [_unit(each) for each in path_of([unit])[unit.pk]]
    return s.UnitOut(id=unit.pk, code=unit.code, name=unit.name, kind=unit.kind, level=unit.level, above=above)


@api.get("/units/{unit_id}/children", response={200: s.UnitBranch, **ERRORS}, tags=["units"])
def get_children(request: HttpRequest, unit_id: UnitId, after: Short = "") -> s.UnitBranch:
    """One expand of the tree: 100 children at a time; ``after`` of the answer leads on."""
    actor = _me(request)
    _need(actor, "units.view")
    return _branch(actor, unit_id, after)


@api.get("/units/{unit_id}/figures", response={200: s.FigureList, **ERRORS}, tags=["figures"])
def get_figures(
    request: HttpRequest, unit_id: UnitId, period: When
) -> s.FigureList:
    """All indicators of a unit for a month, quarter or year."""
    actor = _me(request)
    _need(actor, "measures.view")
    unit = unit_ref(unit_for(actor, unit_id, "measures.view"))
    found = figures_for(actor, [unit], period, on=timezone.localdate())[unit.id]
    return s.FigureList(
        unit=_brief(unit.id),
        items=[
            s.FigureOut(
                indicator=code, period=each.period, numerator=float(each.numerator), denominator=each.denominator,
                excluded=each.excluded, value=each.value, low=each.interval.low if each.interval else None,
                high=each.interval.high if each.interval else None, light=each.light, rankable=each.rankable,
                computed_at=each.computed_at,
            )
            for code, each in found.items()
        ],
    )  # fmt: skip


@api.get("/indicators", response={200: s.IndicatorList, **ERRORS}, tags=["figures"])
def list_indicators(request: HttpRequest) -> s.IndicatorList:
    """What is counted, how, and on what basis."""
    _need(_me(request), "measures.view")
    return s.IndicatorList(
        items=[
            s.IndicatorOut(
                code=each.code, name=str(each.name), kind=each.kind, measure=str(each.measure), direction=each.direction,
                basis=str(each.basis), numerator=str(each.numerator), denominator=str(each.denominator), stock=each.stock,
            )
            for each in indicators().values()
        ]
    )  # fmt: skip


@api.get("/categories", response={200: s.CategoryList, **ERRORS}, tags=["lists"])
def list_categories(
    request: HttpRequest,
    parent: Annotated[s.Code | None, Query(description="Children of this code; without it the whole table.")] = None,
    q: Short = "",
) -> s.CategoryList:
    """Classes of the official table."""
    found = reads.categories(parent=parent, words=q)
    return s.CategoryList(
        items=[
            s.CategoryOut(
                code=each.code, name=each.name, full_name=each.full_name, level=each.level,
                parent=each.parent.code if each.parent else None, public=each.public,
            )
            for each in found
        ]
    )  # fmt: skip


@api.get("/admissions", response={200: s.AdmissionList, **ERRORS}, tags=["lists"])
def list_admissions(request: HttpRequest, q: Short = "") -> s.AdmissionList:
    """The list of grid work as far as it concerns the token's place."""
    actor = _me(request)
    _need(actor, "matters.view")
    return s.AdmissionList(
        items=[
            s.AdmissionOut(
                id=each.pk, code=each.code, item=each.item, state=each.state, level=each.level,
                department=_unit(each.department), scope_unit=_unit(each.scope_unit),
                category=each.category.code if each.category else None, basis=each.basis, urgent=each.urgent,
                valid_from=each.valid_from, valid_to=each.valid_to,
            )
            for each in staff.admissions_for(actor, words=q)
        ]
    )  # fmt: skip


@api.get("/duties", response={200: s.DutyList, **ERRORS}, tags=["lists"])
def list_duties(
    request: HttpRequest, q: Short = "", unit: Annotated[s.Id | None, Query()] = None
) -> s.DutyList:
    """Duty lists that hold in or above the token's place."""
    actor = _me(request)
    _need(actor, "matters.view")
    return s.DutyList(
        items=[
            s.DutyOut(
                id=each.pk, list=each.list, unit=_unit(each.unit), item=each.item,
                department=_unit(each.department) if each.department else None, basis=each.basis,
                valid_from=each.valid_from, valid_to=each.valid_to,
            )
            for each in staff.duty_items(actor, timezone.localdate(), words=q, unit_id=unit)
        ]
    )  # fmt: skip


# --- webhooks ---------------------------------------------------------------------------------------------------------------

HookId = Annotated[int, Path(ge=1, le=s.BIGGEST, description="Id of the webhook")]


def _hook(kept: Webhook) -> s.WebhookOut:
    return s.WebhookOut(
        id=kept.pk, url=kept.url, events=unpack(kept.events), unit_id=kept.unit_id, active=kept.active,
        created_at=kept.created_at,
    )  # fmt: skip


def _integrator(request: HttpRequest) -> Actor:
    actor = _me(request)
    _need(actor, reads.RIGHT)
    return actor


@api.get("/webhooks", response={200: s.WebhookList, **ERRORS}, tags=["webhooks"])
def list_webhooks(request: HttpRequest) -> s.WebhookList:
    """Webhooks in the token's place."""
    return s.WebhookList(items=[_hook(each) for each in reads.webhooks_for(_integrator(request))])


@api.post("/webhooks", response={201: s.WebhookMade, **ERRORS}, tags=["webhooks"])
def create_webhook(request: HttpRequest, body: s.WebhookIn) -> Status[s.WebhookMade]:
    """Tell another system; its host must be on the operator's list. The signing secret is shown here only."""
    kept, secret = writes.add_webhook(
        actor=_integrator(request), now=timezone.now(), url=body.url, events=body.events, unit=body.unit_id
    )
    return Status(201, s.WebhookMade(**_hook(kept).model_dump(), secret=secret))


@api.get("/webhooks/{webhook_id}", response={200: s.WebhookOut, **ERRORS}, tags=["webhooks"])
def get_webhook(request: HttpRequest, webhook_id: HookId) -> s.WebhookOut:
    """One webhook."""
    return _hook(reads.webhook_for(_integrator(request), webhook_id))


@api.patch("/webhooks/{webhook_id}", response={200: s.WebhookOut, **ERRORS}, tags=["webhooks"])
def change_webhook(request: HttpRequest, webhook_id: HookId, body: s.WebhookPatch) -> s.WebhookOut:
    """Change address, events, or switch it off."""
    actor = _integrator(request)
    kept = reads.webhook_for(actor, webhook_id)
    return _hook(writes.change_webhook(actor=actor, now=timezone.now(), webhook=kept, **body.model_dump()))


@api.delete("/webhooks/{webhook_id}", response={204: None, **ERRORS}, tags=["webhooks"])
def delete_webhook(request: HttpRequest, webhook_id: HookId) -> Status[None]:
    """Remove a webhook with its deliveries."""
    actor = _integrator(request)
    writes.end_webhook(actor=actor, now=timezone.now(), webhook=reads.webhook_for(actor, webhook_id))
    return Status(204, None)


@api.get("/webhooks/{webhook_id}/calls", response={200: s.CallList, **ERRORS}, tags=["webhooks"])
def list_calls(request: HttpRequest, webhook_id: HookId, before: Annotated[s.Id | None, Query()] = None) -> s.CallList:
    """Deliveries of a webhook, newest first; ``before``: id of the last one seen."""
    actor = _integrator(request)
    found = reads.calls_for(actor, reads.webhook_for(actor, webhook_id), before=before)
    return s.CallList(items=[s.CallOut.model_validate(each, from_attributes=True) for each in found])


@api.post("/webhooks/{webhook_id}/calls/{call_id}/again", response={200: s.CallOut, **ERRORS}, tags=["webhooks"])
def resend_call(request: HttpRequest, webhook_id: HookId, call_id: Annotated[int, Path(ge=1, le=s.BIGGEST)]) -> s.CallOut:
    """Put a delivery that was given up back into the queue."""
    actor = _integrator(request)
    call = reads.call_for(actor, reads.webhook_for(actor, webhook_id), call_id)
    kept = writes.send_again(actor=actor, now=timezone.now(), call=call)
    return s.CallOut.model_validate(kept, from_attributes=True)


# --- the shell around ninja ---------------------------------------------------------------------------------------------------


def _kinds(operation: Any) -> str:
    """The media type that an operation's body has ("" = it takes none)."""
    sources = {model.__ninja_param_source__ for model in operation.models}
    return "multipart/form-data" if "file" in sources else "application/json" if "body" in sources else ""


def _shell(pattern: URLPattern, wanted: dict[str, str]) -> URLPattern:
    """Refuse bodies of another kind (415) and say which methods there are (405), as problem documents."""
    inner: Callable[..., HttpResponse] = pattern.callback

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        kind = wanted.get(request.method or "")
        if kind and request.content_type != kind and request.headers.get("Authorization", "").startswith("Bearer "):
            return problems.media_type()
        response = inner(request, *args, **kwargs)
        return problems.not_allowed(response["Allow"]) if response.status_code == 405 else response

    view.csrf_exempt = True  # type: ignore[attr-defined]  # no cookie is looked at: the token is the proof
    view.capability = ""  # type: ignore[attr-defined]  # the token's rights are asked for by each operation
    pattern.callback = view
    return pattern


def patterns() -> list[URLPattern]:
    """Addresses of the operations."""
    bodies = {
        f"{prefix.strip('/')}/{path.strip('/')}".strip("/"): {
            method: _kinds(operation) for operation in view.operations for method in operation.methods
        }
        for prefix, router in ((bound.prefix, bound) for bound in api._get_bound_routers())
        for path, view in router.path_operations.items()
    }
    found = [each for each in api.urls[0] if isinstance(each, URLPattern)]
    made = []
    for each in found:
        route = str(each.pattern).replace("<", "{").replace(">", "}").strip("/")
        if route in bodies:
            made.append(_shell(each, bodies[route]))
    return made

