"""Democratic evaluation: called by the supervision committee, voted in a secret ballot of procedures, counted in totals, told."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain import evaluation as rules
from yanzhen.democracy.models import Evaluated, Evaluation
from yanzhen.democracy.selectors import evaluation as reads
from yanzhen.democracy.selectors import rosters
from yanzhen.democracy.selectors.scope import number, parent_of, table, today_of
from yanzhen.democracy.services import marks
from yanzhen.kernel.crypto.api import mask_name
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.scope.api import Actor, need, system
from yanzhen.kernel.trail import api as trail
from yanzhen.procedures import api as procedures
from yanzhen.registry.models import Person, Unit

CODE = "democracy.evaluation"
BODY = {"representatives": "villagers_reps", "villagers": "villagers_assembly"}


def _record(actor: Actor, now: datetime, action: str, row: Evaluation, **after: object) -> None:
    trail.record(
        actor=actor,
        now=now,
        action=action,
        kind="evaluation",
        subject_id=row.pk,
        label=row.title,
        after={"state": row.state, "year": row.year, **after},
        unit_path=row.unit.path,
    )


@transaction.atomic
def call(
    *,
    actor: Actor,
    now: datetime,
    unit: Unit,
    year: int,
    meets_on: date,
    cadres: Sequence[tuple[Person, str]],
    body: str = "representatives",
    with_case: bool = True,
) -> Evaluation:
    """Call an evaluation of some cadres ((person, duty)) with the scale of the county; the ballot is a case of procedures."""
    need(actor, "democracy.evaluate", unit.path)
    if not cadres:
        raise DomainError("democracy.evaluation.nobody", "请选择被评议的干部。", field="cadres")
    if Evaluation.objects.filter(unit=unit, year=year).exclude(state="void").exists():
        raise DomainError("democracy.evaluation.twice", "{year}年已经组织过评议。", field="year", year=year)
    grades = rules.check_scale([words for _, words in sorted(table("evaluation.scale", unit, meets_on).items())])
    due = rosters.due_count(unit, BODY.get(body, "villagers_reps"), meets_on)
    row = Evaluation.objects.create(
        unit=unit,
        year=year,
        title=f"{year}年度村干部述职和民主评议",
        scale="|".join(grades),
        body=body,
        meets_on=meets_on,
        due=due,
        called_name=actor.name[:80],
        called_at=now,
    )
    Evaluated.objects.bulk_create([Evaluated(evaluation=row, person=person, duty=duty[:80]) for person, duty in cadres])
    if with_case:
        case = procedures.start(
            actor=actor,
            now=now,
            procedure=CODE,
            unit_id=unit.pk,
            title=row.title,
            data={"cadres": [person.pk for person, _ in cadres]},
            subject=("democracy.evaluation", row.pk),
        )
        row.case_id = case.pk
        row.save(update_fields=["case_id"])
    _record(actor, now, actions.EVALUATION_CALLED, row, cadres=len(cadres), due=due)
    marks.stale(unit, today_of(now))
    return row


@transaction.atomic
def add_report(*, actor: Actor, now: datetime, evaluated: Evaluated, text: str) -> Evaluated:
    """The written report of one cadre."""
    need(actor, "democracy.evaluate", evaluated.evaluation.unit.path)
    if len(text.strip()) < 10:
        raise DomainError("democracy.evaluation.report", "述职报告至少十个字。", field="text")
    if evaluated.evaluation.state not in ("called", "reported"):
        raise DomainError("democracy.evaluation.state", "评议已经计票，不能再改述职报告。")
    evaluated.report = text.strip()
    evaluated.save(update_fields=["report"])
    trail.record(
        actor=actor,
        now=now,
        action=actions.CADRE_REPORTED,
        kind="evaluation",
        subject_id=evaluated.evaluation_id,
        label=mask_name(evaluated.person.name),
        after={"length": len(evaluated.report)},
        unit_path=evaluated.evaluation.unit.path,
    )
    return evaluated


@transaction.atomic
def count(
    *,
    actor: Actor,
    now: datetime,
    evaluation: Evaluation,
    issued: int,
    valid: int,
    counts: Mapping[int, Mapping[str, int]],
) -> Evaluation:
    """Enter the agreed totals: person id → grade → ballots. Too few voters make it void.

    The ballot's case hands the totals over (:func:`on_step`); nothing else of a ballot ever comes here.
    """
    need(actor, "democracy.evaluate", evaluation.unit.path)
    row = Evaluation.objects.select_for_update(of=("self",)).select_related("unit").get(pk=evaluation.pk)
    if row.state in ("counted", "told", "void"):
        raise DomainError("democracy.evaluation.counted", "这次评议已经计票。")
    unit, on = row.unit, row.meets_on
    scale = reads.scale_of(row)
    row.issued, row.valid, row.counted_at = issued, valid, now
    if issued * 100 < number("evaluation.valid_percent", unit, on) * row.due:
        row.state = "void"
        row.save(update_fields=["issued", "valid", "counted_at", "state"])
        _record(actor, now, actions.EVALUATION_COUNTED, row, issued=issued, due=row.due)
        return row
    warn, fail = number("evaluation.warn_percent", unit, on), number("evaluation.fail_percent", unit, on)
    for each in reads.evaluated_of(row):
        given = counts.get(each.person_id)
        if given is None:
            raise DomainError(
                "democracy.count.missing", "缺少{name}的票数。", field="counts", name=mask_name(each.person.name)
            )
        rules.check_count(scale, given, due=row.due, issued=issued, valid=sum(given.values()))
        verdict = rules.judge(
            scale, given, warn_percent=warn, fail_percent=fail, failed_before=reads.failed_last_year(each)
        )
        each.counts = "|".join(str(given.get(grade, 0)) for grade in scale)
        each.grade, each.warned, each.failed, each.twice = verdict.grade, verdict.warned, verdict.failed, verdict.twice
        each.save(update_fields=["counts", "grade", "warned", "failed", "twice"])
    row.state = "counted"
    row.save(update_fields=["issued", "valid", "counted_at", "state"])
    _record(actor, now, actions.EVALUATION_COUNTED, row, issued=issued, valid=valid, due=row.due)
    marks.stale(unit, today_of(now))
    return row


@transaction.atomic
def tell(*, actor: Actor, now: datetime, evaluation: Evaluation) -> Evaluation:
    """Results are told to those entitled: the township hears of warnings, and of a post that ends by law."""
    need(actor, "democracy.evaluate", evaluation.unit.path)
    row = Evaluation.objects.select_for_update(of=("self",)).select_related("unit").get(pk=evaluation.pk)
    if row.state != "counted":
        raise DomainError("democracy.evaluation.uncounted", "还没有计票，不能反馈结果。")
    row.state, row.told_at = "told", now
    row.save(update_fields=["state", "told_at"])
    township = parent_of(row.unit)
    for each in row.evaluated.filter(twice=True).select_related("person"):
        if township is not None:
            marks.tell(
                township,
                "democracy.results",
                now,
                "连续两次评议不称职，职务依法终止",
                f"{row.unit.name} {each.duty}（{rules.BASIS}）",
                f"/evaluations/{row.pk}/",
            )
    if township is not None and row.evaluated.filter(warned=True).exists():
        marks.tell(
            township, "democracy.results", now, "民主评议有需要诫勉谈话的结果", row.unit.name, f"/evaluations/{row.pk}/"
        )
    _record(actor, now, actions.EVALUATION_TOLD, row)
    return row


def _of_case(case: procedures.Case) -> Evaluation | None:
    return Evaluation.objects.select_related("unit").filter(case_id=case.pk).first()


def on_step(case: procedures.Case, step: str, outcome: str, actor: Actor, now: datetime) -> None:
    """The ballot of an evaluation is counted and both tellers agree: its totals come here, and nothing else of it."""
    row = _of_case(case)
    if row is None or row.state in ("counted", "told", "void"):
        return
    if step == "report" and outcome == "submitted":
        row.state = "reported"
        row.save(update_fields=["state"])
    elif step == "vote" and outcome in ("passed", "failed", "invalid"):
        done = (
            procedures.CaseStep.objects.filter(case_id=case.pk, key="vote").exclude(outcome="").order_by("-id").first()
        )
        result = json.loads(done.result or "{}") if done else {}
        present = int(result.get("present") or 0)
        counts = totals_of(row, result.get("totals") or {})
        valid = max((sum(each.values()) for each in counts.values()), default=0)
        count(actor=system(actor.name), now=now, evaluation=row, issued=max(present, valid), valid=valid, counts=counts)


def totals_of(row: Evaluation, totals: Mapping[str, Mapping[str, int]]) -> dict[int, dict[str, int]]:
    """The ballot's totals (by person and code of the scale) as person id → words of the grade → ballots."""
    words = table("evaluation.scale", row.unit, row.meets_on)
    return {
        each.person_id: {words.get(code, code): int(n) for code, n in (totals.get(str(each.person_id)) or {}).items()}
        for each in reads.evaluated_of(row)
    }


def on_result(case: procedures.Case, state: str, actor: Actor, now: datetime) -> None:
    """The last step of the case tells the results."""
    row = _of_case(case)
    if row is not None and state == "resolved" and row.state == "counted":
        tell(actor=system(actor.name), now=now, evaluation=row)
