"""The engine: the state of a case, an act and the facts in; the next state or a refusal out (plain Python, no clock).

``apply`` is the only way on. It checks what the kind of step demands (evidence, counts against the body's quorum, days on the
board, answers to objections, every sign-off), finds the outcome, takes the first branch whose guard holds and opens what
follows. A case is resolved only when nothing is open any more, some branch arrived at ``@resolved`` and every step that all
ways to it pass (``paths.must_pass``) stands as passed in the present round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain import acts, fields, guards, paths
from yanzhen.procedures.domain import definition as defs
from yanzhen.procedures.domain.bodies import Verdict, check_item, judge
from yanzhen.procedures.domain.definition import Definition, Kind, Step
from yanzhen.procedures.domain.state import (
    DONE,
    ENDED,
    OPEN,
    REJECTED,
    RESOLVED,
    RUNNING,
    SKIPPED,
    VOID,
    Announced,
    CaseState,
    Facts,
    Lack,
    Off,
    Posted,
    Raised,
    StepState,
)

_ENDS = {defs.RESOLVED: RESOLVED, defs.REJECTED: REJECTED, defs.ENDED: ENDED}
#: Outcomes that must be explained to those who get it back.
EXPLAINED = frozenset({"returned", "refused", "rejected", "withdrawn"})
_Id = tuple[str, int]
_JUDGED = (Kind.REVIEW, Kind.DECISION, Kind.SIGNATURE, Kind.FILING)


@dataclass(frozen=True, slots=True)
class Change:
    """What an act did. ``outcome`` is empty while the step goes on; ``verdict`` of a meeting or ballot."""

    case: CaseState
    step: StepState
    outcome: str = ""
    verdict: Verdict | None = None


def begin(definition: Definition, data: Mapping[str, Any], facts: Facts) -> CaseState:
    """A new case with its first step open."""
    case = CaseState(fields.merged(definition, {}, data))
    return _open(definition, case, definition.first, facts)


def apply(definition: Definition, case: CaseState, key: str, act: acts.Act, facts: Facts) -> Change:
    """One act in one open step."""
    if case.state != RUNNING:
        raise DomainError("procedures.case.over", "这件事已经结束，不能再办理。")
    here = case.now_at(key)
    if here is None:
        raise DomainError("procedures.step.not_open", "这一步现在没有在办，页面可能已过时，请刷新。")
    step = definition.step(key)
    if isinstance(act, acts.Amend):
        return _amend(definition, case, step, here, act)
    here, outcome, result, verdict = _ruling(definition, case, step, here, act, facts)
    case = _put(case, here)
    if not outcome:
        return Change(case, here, "", verdict)
    if outcome in EXPLAINED and not result.get("words"):
        raise DomainError("procedures.words.needed", "请写明理由，让对方知道怎么改。", field="words")
    if outcome == step.good:
        lacking = lacks(definition, case, step, here, facts)
        if lacking:
            first = lacking[0]
            raise DomainError("procedures.step.lacks", first.template, field=first.key, **first.data)
    case = advance(definition, case, step, here, outcome, result, facts)
    return Change(case, _same(case, here), outcome, verdict)


def lacks(definition: Definition, case: CaseState, step: Step, here: StepState, facts: Facts) -> list[Lack]:
    """What is missing before the step can end well: required fields and evidence."""
    found = []
    for key in step.fields:
        each = definition.field(key)
        if each is not None and each.required and case.data.get(key) in (None, "", []):
            found.append(Lack(key, "请填写“{title}”。", {"title": each.title.zh}))
    names = names_for(definition, case, {}, facts)
    found += [
        Lack(shown.key, "缺少“{title}”：{why}", {"title": shown.title.zh, "why": shown.why.zh})
        for shown in step.evidence
        if shown.required and shown.key not in here.evidence and guards.holds(shown.when, names)
    ]
    return found


def names_for(definition: Definition, case: CaseState, result: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """What guards may ask."""
    return {
        "case": fields.for_guards(definition, case.data, facts.level),
        "step": result,
        "steps": {
            step.key: (
                {**found.result, "outcome": found.outcome} if (found := case.standing(step.key)) else {"outcome": ""}
            )
            for step in definition.steps
        },
        "rule": {short: _number(facts.rules.get(key)) for short, key in definition.rules.items()},
    }


def _number(value: Any) -> Any:
    """Money written as text in a table of the rulebook is a number in a guard."""
    if isinstance(value, Mapping):
        return {key: _number(each) for key, each in value.items()}
    if isinstance(value, str) and value.replace(".", "", 1).isdigit():
        return Decimal(value)
    return value


# --- what each kind of step demands ---------------------------------------------------------------------------------

_Ruling = tuple[StepState, str, dict[str, Any], Verdict | None]


def _ruling(
    definition: Definition, case: CaseState, step: Step, here: StepState, act: acts.Act, facts: Facts
) -> _Ruling:
    kind = step.kind
    if isinstance(act, acts.Submit) and kind is Kind.SUBMIT:
        return here, "submitted", {"words": act.words}, None
    if isinstance(act, acts.Judge) and (kind in _JUDGED or (kind is Kind.SUBMIT and act.outcome == "withdrawn")):
        return _judged(step, here, act)
    if isinstance(act, acts.Answer) and kind is Kind.SIGN_OFFS:
        return _answered(here, act)
    if kind in (Kind.MEETING, Kind.BALLOT) and isinstance(act, acts.Announce):
        return _announced(here, act, facts), "", {}, None
    if isinstance(act, acts.Hold) and kind is Kind.MEETING:
        return _held(definition, case, step, here, act, facts)
    if isinstance(act, acts.Close) and kind is Kind.BALLOT:
        return _tallied(definition, case, step, here, facts)
    if kind is Kind.PUBLICITY and isinstance(act, (acts.Publish, acts.Object, acts.Reply, acts.Close)):
        return _publicity(definition, case, step, here, act, facts)
    if kind is Kind.WAIT and isinstance(act, (acts.Close, acts.Signal)):
        return _waited(case, step, here, act, facts)
    raise DomainError("procedures.act.wrong_kind", "这一步（{kind}）不能这样办理。", kind=defs.KIND_WORDS[kind].zh)


def _judged(step: Step, here: StepState, act: acts.Judge) -> _Ruling:
    if act.outcome not in defs.OUTCOMES[step.kind] or act.outcome not in step.ways:
        raise DomainError(
            "procedures.outcome.none", "这一步不能以“{outcome}”结束。", field="outcome", outcome=act.outcome
        )
    result = {"words": act.words.strip()}
    if act.number:
        result["number"] = act.number.strip()
    return here, act.outcome, result, None


def _answered(here: StepState, act: acts.Answer) -> _Ruling:
    off = next((each for each in here.offs if each.key == act.key), None)
    if off is None:
        raise DomainError("procedures.sign_off.none", "会签名单中没有“{key}”。", key=act.key)
    if off.agreed is not None:
        raise DomainError("procedures.sign_off.twice", "这一方已经签过意见，不能重复会签。")
    if not act.agreed and not (act.code or act.words.strip()):
        raise DomainError("procedures.words.needed", "请写明理由，让对方知道怎么改。", field="words")
    offs = tuple(Off(each.key, act.agreed) if each is off else each for each in here.offs)
    here = replace(here, offs=offs)
    if any(each.agreed is None for each in offs):
        return here, "", {}, None
    agreed = sum(1 for each in offs if each.agreed)
    result: dict[str, Any] = {"agreed": agreed, "refused": len(offs) - agreed}
    outcome = "agreed" if agreed == len(offs) else "refused"
    if outcome == "refused":
        result["words"] = "有会签单位不同意"
    return here, outcome, result, None


def _announced(here: StepState, act: acts.Announce, facts: Facts) -> StepState:
    if act.given_on > facts.today:
        raise DomainError("procedures.date.future", "日期不能晚于今天。", field="given_on")
    if act.held_on < act.given_on:
        raise DomainError("procedures.date.before", "会议日期不能早于通知日期。", field="held_on")
    return replace(here, announced=Announced(act.given_on, act.held_on))


def _floor(definition: Definition, case: CaseState, key: str) -> tuple[date | None, str]:
    """The last day on which something happened in a step before this one, and which step."""
    best: date | None = None
    which = ""
    here = case.now_at(key)
    before = case.ancestors(here.id) if here else set()
    for each in case.steps:
        if each.state != DONE or each.key == key or each.id not in before:
            continue
        for name in ("held_on", "until"):
            day = each.result.get(name)
            if isinstance(day, str) and (best is None or date.fromisoformat(day) > best):
                best, which = date.fromisoformat(day), definition.step(each.key).title.zh
    return best, which


def _check_days(definition: Definition, case: CaseState, step: Step, on: date, facts: Facts, name: str) -> None:
    if on > facts.today:
        raise DomainError("procedures.date.future", "日期不能晚于今天。", field=name)
    floor, which = _floor(definition, case, step.key)
    if floor is not None and on < floor:
        raise DomainError(
            "procedures.date.order",
            "这一步的日期不能早于前一步“{step}”（{day}）。",
            field=name,
            step=which,
            day=floor.isoformat(),
        )


def _check_notice(given: date | None, held_on: date, days: int, basis: str) -> None:
    if days <= 0:
        return
    if given is None:
        raise DomainError(
            "procedures.notice.none",
            "应当提前 {days} 天通知，请填写通知日期（{basis}）。",
            field="notified_on",
            days=days,
            basis=basis,
        )
    if (held_on - given).days < days:
        raise DomainError(
            "procedures.notice.short", "通知距会议只有 {given} 天，应当提前 {days} 天（{basis}）。",
            field="notified_on", given=(held_on - given).days, days=days, basis=basis,
        )  # fmt: skip


def _held(
    definition: Definition, case: CaseState, step: Step, here: StepState, act: acts.Hold, facts: Facts
) -> _Ruling:
    if act.body not in step.bodies:
        raise DomainError("procedures.body.wrong", "这一步不能由所选的会议决定。", field="body")
    _check_days(definition, case, step, act.held_on, facts, "held_on")
    quorum = facts.quorums[act.body]
    given = act.notified_on or (here.announced.given_on if here.announced else None)
    _check_notice(given, act.held_on, quorum.notice_days, quorum.valid_basis)
    item = act.item or str(case.data.get("item", ""))
    check_item(act.body, item)
    if act.attendees:
        present = sum(1 for each in act.attendees if each.present)
        if len(act.attendees) != act.count.due or present != act.count.present:
            raise DomainError(
                "procedures.count.roll", "签到表上应到 {due} 人、实到 {present} 人，与所填人数不一致。",
                field="present", due=len(act.attendees), present=present,
            )  # fmt: skip
    verdict = judge(quorum, act.count)
    count = act.count
    result: dict[str, Any] = {
        "body": act.body, "held_on": act.held_on.isoformat(), "due": count.due, "present": count.present,
        "votes_for": count.votes_for, "against": count.against, "abstain": count.abstain, "spoilt": count.spoilt,
        "proxies": count.proxies, "item": item, "need_present": verdict.need_present, "need_for": verdict.need_for,
    }  # fmt: skip
    return here, verdict.outcome, result, verdict


def _tallied(definition: Definition, case: CaseState, step: Step, here: StepState, facts: Facts) -> _Ruling:
    found = here.tallied
    if found is None:
        raise DomainError("procedures.ballot.not_agreed", "两名计票人的结果还没有一致，不能进入下一步。")
    if found.body not in step.bodies or step.ballot is None:
        raise DomainError("procedures.body.wrong", "这一步不能由所选的会议决定。", field="body")
    _check_days(definition, case, step, found.held_on, facts, "held_on")
    quorum = facts.quorums[found.body]
    _check_notice(
        here.announced.given_on if here.announced else None, found.held_on, quorum.notice_days, quorum.valid_basis
    )
    verdict = judge(quorum, found.count)
    count = found.count
    result: dict[str, Any] = {
        "body": found.body, "held_on": found.held_on.isoformat(), "due": count.due, "present": count.present,
        "votes_for": count.votes_for, "against": count.against, "abstain": count.abstain, "spoilt": count.spoilt,
        "totals": {question: dict(votes) for question, votes in found.totals.items()},
    }  # fmt: skip
    outcome = verdict.outcome
    if step.ballot.form != "question":
        outcome = "passed" if verdict.valid else "invalid"  # grades and choices are totals; there is no motion to pass
    return here, outcome, result, verdict


def _publicity(
    definition: Definition, case: CaseState, step: Step, here: StepState, act: acts.Act, facts: Facts
) -> _Ruling:
    if isinstance(act, acts.Publish):
        if here.posted is not None:
            raise DomainError("procedures.publicity.twice", "已经公示，不能重复登记。")
        _check_days(definition, case, step, act.on, facts, "on")
        least = int(facts.rule(step.days, step.key))
        until = act.until or act.on + timedelta(days=least)
        if (until - act.on).days < least:
            raise DomainError("procedures.publicity.short", "公示不得少于 {days} 天。", field="until", days=least)
        return replace(here, posted=Posted(act.on, until, least)), "", {}, None
    if here.posted is None:
        raise DomainError("procedures.publicity.not_posted", "还没有登记公示。")
    if isinstance(act, acts.Object):
        if not act.words.strip():
            raise DomainError("procedures.objection.words", "请写明对什么有异议。", field="words")
        number = max((each.id for each in here.raised), default=0) + 1
        return replace(here, raised=(*here.raised, Raised(number))), "", {}, None
    if isinstance(act, acts.Reply):
        return _replied(here, act), "", {}, None
    if facts.today <= here.posted.until:
        raise DomainError(
            "procedures.publicity.running",
            "公示到 {until} 为止，期满后才能进入下一步。",
            until=here.posted.until.isoformat(),
        )
    if any(each.upheld is None for each in here.raised):
        raise DomainError("procedures.objection.open", "还有异议没有答复，不能进入下一步。")
    upheld = sum(1 for each in here.raised if each.upheld)
    result: dict[str, Any] = {
        "from": here.posted.on.isoformat(), "until": here.posted.until.isoformat(), "days": (here.posted.until - here.posted.on).days,
        "objections": len(here.raised), "upheld": upheld,
    }  # fmt: skip
    outcome = "objected" if upheld and "objected" in step.ways else "clear"
    return here, outcome, result, None


def _replied(here: StepState, act: acts.Reply) -> StepState:
    found = next((each for each in here.raised if each.id == act.objection), None)
    if found is None:
        raise DomainError("procedures.objection.none", "没有这条异议。")
    if found.upheld is not None:
        raise DomainError("procedures.objection.twice", "这条异议已经答复。")
    if not act.words.strip():
        raise DomainError("procedures.objection.answer", "请写明答复。", field="words")
    return replace(here, raised=tuple(Raised(each.id, act.upheld) if each is found else each for each in here.raised))


def waits_until(step: Step, opened_on: date, data: Mapping[str, Any], facts: Facts) -> date | None:
    """The day a wait is over; None where only a signal ends it."""
    if step.until and data.get(step.until):
        return date.fromisoformat(str(data[step.until]))
    if step.days:
        return opened_on + timedelta(days=int(facts.rule(step.days, step.key)))
    return None


def _waited(case: CaseState, step: Step, here: StepState, act: acts.Act, facts: Facts) -> _Ruling:
    if isinstance(act, acts.Signal):
        if not step.signal or act.name != step.signal:
            raise DomainError("procedures.signal.other", "这一步等待的不是“{name}”。", name=act.name)
        return here, "reached", {"signal": act.name} | dict(act.data), None
    until = waits_until(step, here.opened_on, case.data, facts)
    if until is None or facts.today < until:
        raise DomainError(
            "procedures.wait.running", "还没有到时间（{until}）。", until=until.isoformat() if until else step.signal
        )
    return here, "reached", {"until": until.isoformat()}, None


def _amend(definition: Definition, case: CaseState, step: Step, here: StepState, act: acts.Amend) -> Change:
    for key in act.data:
        if key not in step.fields:
            raise DomainError("procedures.field.not_here", "这一步不能修改“{key}”。", field=key, key=key)
    return Change(replace(case, data=fields.merged(definition, case.data, act.data)), here)


# --- going on --------------------------------------------------------------------------------------------------------


def _same(case: CaseState, here: StepState) -> StepState:
    return next(each for each in case.steps if each.id == here.id)


def _put(case: CaseState, changed: StepState) -> CaseState:
    steps = tuple(changed if s.id == changed.id else s for s in case.steps)
    return replace(case, steps=steps)


def advance(
    definition: Definition,
    case: CaseState,
    step: Step,
    here: StepState,
    outcome: str,
    result: Mapping[str, Any],
    facts: Facts,
) -> CaseState:
    """End a step with an outcome and open what follows."""
    result = {**result, "outcome": outcome}
    names = names_for(definition, case, result, facts)
    branches = step.ways.get(outcome)
    if branches is None:
        if outcome in ("failed", "invalid"):  # hold it again
            case = _put(case, replace(here, state=VOID, outcome=outcome, result=result, to=(step.key,)))
            return _open(definition, case, step, facts, here.cause)
        raise DomainError("procedures.outcome.none", "这一步不能以“{outcome}”结束。", field="outcome", outcome=outcome)
    chosen = next((each for each in branches if guards.holds(each.when, names)), None)
    if chosen is None:
        raise DomainError("procedures.way.none", "没有符合条件的下一步，请检查程序定义。")
    case = _put(case, replace(here, state=DONE, outcome=outcome, result=result, to=chosen.to))
    return _settle(definition, _follow(definition, case, chosen.to, facts, here.id, set()))


def _follow(
    definition: Definition, case: CaseState, targets: tuple[str, ...], facts: Facts, cause: _Id, seen: set[str]
) -> CaseState:
    for target in targets:
        if target in (defs.REJECTED, defs.ENDED):
            steps = tuple(replace(each, state=VOID) if each.state == OPEN else each for each in case.steps)
            return replace(case, steps=steps, state=_ENDS[target])
        if target == defs.RESOLVED:
            continue
        case = _enter(definition, case, definition.step(target), facts, cause, seen)
    return case


def _enter(definition: Definition, case: CaseState, step: Step, facts: Facts, cause: _Id, seen: set[str]) -> CaseState:
    if step.key in seen:
        raise DomainError("procedures.way.circle", "程序定义在“{step}”处绕圈，无法继续。", step=step.title.zh)
    before = case.standing(step.key)
    if before is not None and before.state == OPEN:
        return case
    if before is not None:  # back: whatever came of it is to be done again
        again = case.descendants(before.id)
        steps = tuple(replace(each, state=VOID) if each.id in again else each for each in case.steps)
        case = replace(case, steps=steps)
    if not all(_joined(definition, case, key, step.key) for key in step.join):
        return case
    causes = (cause, *(found.id for key in step.join if (found := case.standing(key)) and found.id != cause))
    names = names_for(definition, case, {}, facts)
    if guards.holds(step.when, names):
        return _open(definition, case, step, facts, causes)
    skipped = StepState(
        step.key, _round(case, step.key), facts.today, SKIPPED, "skipped", {"outcome": "skipped"}, cause=causes
    )  # fmt: skip
    branches = step.ways.get("skipped", step.ways[step.good])
    chosen = next((each for each in branches if guards.holds(each.when, names)), branches[-1])
    case = replace(case, steps=(*case.steps, replace(skipped, to=chosen.to)))
    return _follow(definition, case, chosen.to, facts, skipped.id, seen | {step.key})


def _joined(definition: Definition, case: CaseState, key: str, into: str) -> bool:
    found = case.standing(key)
    if found is None or not found.counts:
        return False
    return found.state == SKIPPED or found.outcome == definition.step(key).good or into in found.to


def _round(case: CaseState, key: str) -> int:
    return 1 + sum(1 for each in case.steps if each.key == key)


def _open(definition: Definition, case: CaseState, step: Step, facts: Facts, cause: tuple[_Id, ...] = ()) -> CaseState:
    number = _round(case, step.key)
    if step.rounds and number > int(facts.rule(step.rounds, step.key)):
        raise DomainError(
            "procedures.rounds.used", "“{step}”已办理 {times} 次，按规定不能再重复，只能终止。",
            step=step.title.zh, times=number - 1,
        )  # fmt: skip
    offs: tuple[Off, ...] = ()
    if step.kind is Kind.SIGN_OFFS:
        offs = tuple(Off(key) for key in off_keys(step, case.data, facts))
        if not offs:
            raise DomainError(
                "procedures.sign_off.empty", "会签单位为空，请先确定由哪些单位会签。", field=step.units_field
            )
    before = next((each for each in reversed(case.steps) if each.key == step.key), None)
    kept = before.evidence if before and step.kind is Kind.SUBMIT else frozenset()  # amended, not asked for twice
    opened = StepState(step.key, number, facts.today, OPEN, cause=cause, evidence=kept, offs=offs)
    return replace(case, steps=(*case.steps, opened))


def off_keys(step: Step, data: Mapping[str, Any], facts: Facts) -> tuple[str, ...]:
    """Keys of the sign-offs a step asks for: its own list, or ``u<unit id>`` for each unit of a field or rule."""
    if step.sign_offs:
        return tuple(each.key for each in step.sign_offs)
    ids = data.get(step.units_field, ()) if step.units_field else facts.units.get(step.key, ())
    return tuple(f"u{unit_id}" for unit_id in ids)


def _settle(definition: Definition, case: CaseState) -> CaseState:
    """Resolve a case with nothing open, if it arrived and nothing was left out."""
    if case.state != RUNNING or case.open:
        return case
    arrived = any(each.counts and defs.RESOLVED in each.to for each in case.steps)
    if not arrived:
        raise DomainError("procedures.way.stuck", "这样办理后没有下一步，也没有办结，请检查程序定义的并行与汇合。")
    for key in paths.must_pass(definition):
        found = case.standing(key)
        if found is None or not found.counts:
            raise DomainError(
                "procedures.way.skipped", "还没有经过“{step}”，不能办结。", step=definition.step(key).title.zh
            )
    return replace(case, state=RESOLVED)


def end(case: CaseState) -> CaseState:
    """Give a case up: open steps are void."""
    if case.state != RUNNING:
        raise DomainError("procedures.case.over", "这件事已经结束，不能再办理。")
    steps = tuple(replace(each, state=VOID) if each.state == OPEN else each for each in case.steps)
    return replace(case, steps=steps, state=ENDED)


def moved(old: Definition, new: Definition, case: CaseState) -> CaseState:
    """A running case under another version; DomainError unless no step is lost.

    The new version must say that it takes the old one over; every step that is open or stands as passed must exist there with the same
    kind; and every step that all ways to the open steps pass in the new version must stand as passed already.
    """
    names = new.takes_over.get(old.version)
    if old.code != new.code or names is None:
        raise DomainError(
            "procedures.move.refused", "新版本没有声明可以接办第 {version} 版的在办事项。", version=old.version
        )
    if case.state != RUNNING:
        raise DomainError("procedures.case.over", "这件事已经结束，不能再办理。")
    for each in case.steps:
        key = names.get(each.key, each.key)
        if each.state == VOID:
            continue
        if not new.has(key):
            raise DomainError(
                "procedures.move.lost",
                "新版本里没有“{step}”这一步，已办内容会丢失，不能转入。",
                step=old.step(each.key).title.zh,
            )
        if new.step(key).kind is not old.step(each.key).kind:
            raise DomainError(
                "procedures.move.kind", "新版本里“{step}”的类型不同，不能转入。", step=old.step(each.key).title.zh
            )
    steps = tuple(replace(each, key=names.get(each.key, each.key)) for each in case.steps)
    found = replace(
        case,
        steps=tuple(
            replace(
                each,
                to=tuple(names.get(target, target) for target in each.to),
                cause=tuple((names.get(key, key), number) for key, number in each.cause),
            )
            for each in steps
        ),
    )
    for each in found.open:
        for key in paths.must_pass(new, each.key):
            before = found.standing(key)
            if before is None or not before.counts:
                raise DomainError(
                    "procedures.move.missing", "按新版本，到“{step}”之前应先经过“{missing}”，这件事还没有，不能转入。",
                    step=new.step(each.key).title.zh, missing=new.step(key).title.zh,
                )  # fmt: skip
    return found
