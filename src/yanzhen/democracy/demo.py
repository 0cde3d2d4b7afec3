"""The demo county's democracy: bodies everywhere, decisions in every step, disclosures on and off time, an evaluation, an audit plan.

A draw of its own keeps the rest of the demo as it is. A handful of villages goes through the services on a simulated clock; the boards
of the others are written in bulk, each notice with its row in the trail, so that every proof holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from django.db import transaction

from yanzhen.democracy import actions
from yanzhen.democracy.domain.disclosure import Notice, Section, catalogue, fingerprint
from yanzhen.democracy.models import Decision, Disclosure, Seat
from yanzhen.democracy.selectors import decisions as decision_reads
from yanzhen.democracy.selectors import disclosure as reads
from yanzhen.democracy.selectors import rosters
from yanzhen.democracy.selectors.scope import today_of
from yanzhen.democracy.services import audits, decisions, disclosure, evaluation, objections, supervision
from yanzhen.kernel.scope.api import Actor, public, system
from yanzhen.kernel.trail import api as trail
from yanzhen.measures.api import mark_many, month_of
from yanzhen.procedures import api as procedures
from yanzhen.registry.api import actor_in, posts_of

if TYPE_CHECKING:
    from yanzhen.registry.demo import County

#: How far each decision of the demo has come, what it is about; "fail" goes round once more.
PLOT = (
    ("discuss", "public_works", "三组道路硬化", "硬化三组道路三百米，方便群众出行。", 36_000),
    ("party", "plan", "年度工作计划", "今年办好道路、饮水、路灯三件事。", None),
    ("resolve", "relief", "重点帮扶方案", "对三户重点帮扶，落实到人。", None),
    ("amend", "public_works", "村部停车场改建", "把旧晒场改成停车场。", 42_000),
    ("review", "contract", "鱼塘发包合同", "鱼塘发包五年，公开竞价。", 120_000),
    ("publish", "allowance", "误工补贴标准", "按天计算，每天八十元。", 18_000),
    ("carry", "public_works", "饮水管道更换", "更换二组主管道六百米。", 48_000),
    ("carrying", "public_works", "路灯安装", "主干道装路灯二十四盏。", 31_000),
    ("report", "plan", "村规民约修订", "增加红白事从简、垃圾分类的约定。", None),
    ("done", "public_works", "文化广场修缮", "修缮文化广场地面和围栏。", 25_000),
    ("ended", "other", "外出考察", "组织外出考察一次。", 9000),
)


@dataclass
class _Stage:
    """Who acts, and the end of the simulated clock."""

    rng: Random
    county: County
    now: datetime

    def actor(self, account: str) -> Actor:
        row = self.county.accounts[account]
        return actor_in(posts_of(row.pk, self.now.date())[0], row.pk, row.display_name)

    def secretary(self, village: str) -> Actor:
        return self.actor("village" if village == "t1v1" else f"{village}.secretary")

    def supervisor(self, village: str) -> Actor:
        return self.actor("supervisor" if village == "t1v1" else f"{village}.supervisor")


def _bodies(stage: _Stage) -> None:
    """Seats of every village: both committees, supervisors of other households, representatives, a bookkeeper."""
    rows: list[Seat] = []
    since, ends = date(2024, 12, 20), date(2029, 12, 20)
    adults_before = stage.now.date() - timedelta(days=366 * 18)
    for village in stage.county.villages:
        unit, seen = stage.county.units[village], set()
        homes = []
        for grid in stage.county.grids(village):
            for person in stage.county.people.get(stage.county.units[grid].pk, []):
                if person.birth and person.birth <= adults_before and person.pk not in seen:
                    seen.add(person.pk)
                    homes.append((person, stage.county.units[grid].name))
        stage.rng.shuffle(homes)

        def take(body: str, number: int, duties: tuple[str, ...], rest: list, unit=unit) -> None:  # type: ignore[no-untyped-def, type-arg]
            for at in range(min(number, len(rest))):
                person, place = rest.pop()
                how = "elected"
                rows.append(
                    Seat(
                        unit=unit,
                        body=body,
                        person=person,
                        duty=duties[min(at, len(duties) - 1)],
                        group=place[-6:],
                        how=how,
                        valid_from=since,
                        term_ends=ends,
                    )
                )

        kept = list(homes)
        take("party_committee", 3, ("书记", "副书记", "委员"), kept)
        take("committee", 3, ("主任", "副主任", "委员"), kept)
        take("supervision", 3, ("主任", "委员"), kept)
        take("bookkeeping", 1, ("报账员",), kept)
        women = [each for each in kept if each[0].sex == "2"]
        men = [each for each in kept if each[0].sex == "1"]
        few = 3 if stage.rng.random() < 0.08 else 6  # a few villages miss the share of women
        take("representatives", 12, ("村民代表",), women[:few] + men[: 12 - few])
    Seat.objects.bulk_create(rows, batch_size=1000)


# --- decisions ------------------------------------------------------------------------------------------------------------


def _hold(stage: _Stage, row: Decision, step: str, body: str, at: datetime, *, passed: bool = True) -> None:
    due = max(rosters.due_count(row.unit, body, at.date()), 3)
    present = due - (1 if due > 6 else 0)
    against = 1 if passed and present > 8 else 0
    votes_for = present - against if passed else present // 3
    count = procedures.Count(due=due, present=present, votes_for=votes_for, against=present - votes_for)
    procedures.act(
        actor=system("demo"),
        now=at,
        case=row.case_id or 0,
        step=step,
        act=procedures.Hold(
            body=body,
            held_on=today_of(at),
            count=count,
            place="村部会议室",
            minutes="会议记录见纸质档案。",
            notified_on=today_of(at) - timedelta(days=12),
        ),
    )


def _notice(stage: _Stage, village: str, row: Decision, item: str, at: datetime) -> Disclosure:
    clerk, watch = stage.secretary(village), stage.supervisor(village)
    if item == "decision":
        made = disclosure.draft_decision(actor=clerk, now=at, decision=row, votes=decision_reads.votes_of(row))
    else:
        made = disclosure.draft_execution(actor=clerk, now=at, decision=row)
    disclosure.submit(actor=clerk, now=at, disclosure=made)
    disclosure.review(actor=watch, now=at + timedelta(hours=3), disclosure=made, passed=True)
    return disclosure.publish(actor=clerk, now=at + timedelta(hours=4), disclosure=made)


def _decision(stage: _Stage, village: str, goal: str, item: str, title: str, text: str, amount: int | None) -> None:
    """One decision, as far as the plot says, so that its last act lies a few days back."""
    clerk, unit = stage.secretary(village), stage.county.units[village]
    back = {
        "discuss": 6,
        "party": 21,
        "amend": 14,
        "review": 12,
        "resolve": 24,
        "publish": 26,
        "carry": 50,
        "carrying": 60,
        "report": 70,
    }
    at = stage.now - timedelta(days=back.get(goal, 95))
    row = decisions.propose(
        actor=clerk,
        now=at,
        unit=unit,
        item=item,
        title=title,
        text=text,
        amount=None if amount is None else Decimal(amount),
        funds="村集体收入",
    )
    if goal == "discuss":
        return
    if goal == "ended":
        decisions.give_up(actor=clerk, now=at + timedelta(days=2), decision=row, reason="与勤俭办事的要求不符")
        return
    _hold(stage, row, "discuss", "two_committees", at + timedelta(days=2))
    if goal == "party":
        return
    _hold(stage, row, "party", "party_members", at + timedelta(days=4), passed=goal != "amend")
    if goal in ("amend", "resolve", "review"):
        return
    _hold(stage, row, "resolve", "villagers_reps", at + timedelta(days=14))
    row.refresh_from_db()
    if goal == "publish":
        hung = _notice(stage, village, row, "decision", at + timedelta(days=15))
        objections.make(
            actor=public(),
            now=stage.now - timedelta(days=1),
            disclosure=hung,
            text="补贴天数怎么算的，没有写明，请说明。",
        )
        return
    _notice(stage, village, row, "decision", at + timedelta(days=15))
    disclosure.end_due(now=at + timedelta(days=32))
    row.refresh_from_db()
    if goal == "carry":
        return
    decisions.carry(actor=clerk, now=at + timedelta(days=34), decision=row, words="施工单位进场。", spent=Decimal(6000))
    if goal == "carrying":
        return
    decisions.carry(
        actor=clerk,
        now=at + timedelta(days=60),
        decision=row,
        words="完工，村民代表现场验收。",
        spent=Decimal(amount or 0) * Decimal("0.8"),
        finished=True,
    )
    row.refresh_from_db()
    if goal == "done":
        _notice(stage, village, row, "execution", at + timedelta(days=61))
        disclosure.end_due(now=at + timedelta(days=80))


def _decisions(stage: _Stage) -> None:
    villages = stage.county.villages
    for at, plot in enumerate(PLOT):
        _decision(stage, villages[0] if at % 2 == 0 else villages[1 + at // 2], *plot)


# --- boards --------------------------------------------------------------------------------------------------------------


def _text(item: str, rng: Random, period: str) -> tuple[Section, ...]:
    if item == "finance":
        rows = (
            (f"{period}-05", "上期结余", "", "", "48210.00", "报账员"),
            (f"{period}-12", "路灯电费", "", f"{rng.randint(280, 620)}.00", "", "报账员"),
            (f"{period}-20", "鱼塘租金", f"{rng.randint(2, 9)}000.00", "", "", "报账员"),
        )
        return (Section("", "", ("日期", "摘要", "收入", "支出", "余额", "经手人"), rows),)
    if item == "relief":
        rows = tuple(
            (f"{name}**", f"{n}组", "高龄津贴", f"{rng.randint(1, 4) * 60}") for n, name in enumerate("王李张刘", 1)
        )  # type: ignore[assignment]
        return (Section("", "", ("户主", "所在组", "项目", "金额（元）"), rows),)
    return (Section("", "本期各项工作按要求办理，费用由上级拨付，没有向村民收费。"),)


def _boards(stage: _Stage) -> int:
    """Notices of the last two months: most in time, some late, some missing; each with its row in the trail."""
    rng, today, rows = stage.rng, today_of(stage.now), []
    items = catalogue()
    for village in stage.county.villages:
        unit, care = stage.county.units[village], rng.choice((0.97, 0.9, 0.8, 0.55))
        for line in reads.due_lines(unit, today - timedelta(days=50), today + timedelta(days=8), today):
            if line.subject_kind or line.item.code == "supervision" or rng.random() > care:
                continue
            late = rng.randint(1, 5) if rng.random() < 0.12 else -rng.randint(0, 4)
            day = min(line.due + timedelta(days=late), today - timedelta(days=1))
            at = datetime.combine(day, stage.now.timetz())
            item = items[line.item.code]
            text = Notice(
                item.code,
                unit.code,
                unit.name,
                f"{item.title}（{line.period.code}）",
                line.period.code,
                _text(item.code, rng, line.period.code),
                (f"依据：{item.basis}",),
            ).canonical()
            up = day + timedelta(days=15)
            rows.append(
                Disclosure(
                    unit=unit,
                    item=item.code,
                    period=line.period.code,
                    title=f"{item.title}（{line.period.code}）",
                    content=text,
                    digest=fingerprint(text),
                    state="up" if up >= today else "ended",
                    due_on=line.due,
                    drafted_name="报账员",
                    drafted_at=at,
                    reviewed_name="监委会",
                    reviewed_at=at,
                    published_name="村委会",
                    published_at=at,
                    up_until=up,
                    ended_at=None if up >= today else datetime.combine(up + timedelta(days=1), stage.now.timetz()),
                )
            )
    Disclosure.objects.bulk_create(rows, batch_size=500)
    trail.record_many(
        [
            trail.build(
                actor=system("demo"),
                now=row.published_at or stage.now,
                action=actions.PUBLISHED,
                kind="disclosure",
                subject_id=row.pk,
                label=row.title,
                after={
                    "item": row.item,
                    "period": row.period,
                    "digest": row.digest,
                    "up_until": row.up_until,
                    "days": 15,
                },
                unit_path=row.unit.path,
            )
            for row in rows
        ]
    )
    codes = {month_of(today), month_of(today - timedelta(days=31))}
    mark_many(
        group="democracy",
        pairs=[(stage.county.units[v].pk, code) for v in stage.county.villages for code in (*codes, "now")],
    )
    return len(rows)


# --- supervision, evaluation, audit ------------------------------------------------------------------------------------------


def _watch(stage: _Stage) -> None:
    village = stage.county.villages[0]
    unit, watch, clerk = stage.county.units[village], stage.supervisor(village), stage.secretary(village)
    now = stage.now - timedelta(days=9)
    asked = supervision.inquire(
        actor=watch, now=now, unit=unit, kind="question", subject="10月份路灯电费", words="电费比上月多三成，请说明。"
    )
    supervision.answer(actor=clerk, now=now + timedelta(days=2), inquiry=asked, words="新装六盏路灯，附电费单。")
    supervision.conclude(actor=watch, now=now + timedelta(days=3), inquiry=asked, found="explained")
    supervision.inquire(
        actor=watch,
        now=stage.now - timedelta(days=2),
        unit=unit,
        kind="question",
        subject="停车场改建",
        words="改建方案有没有征求三组意见？",
    )
    seen = supervision.inquire(
        actor=watch, now=now, unit=unit, kind="check", subject="饮水管道沟槽", words="回填深度不够。"
    )
    supervision.conclude(
        actor=watch, now=now, inquiry=seen, found="wrong", words="饮水管道沟槽回填深度不够，请返工并报告。"
    )
    draft = disclosure.draft(
        actor=clerk,
        now=stage.now - timedelta(hours=5),
        unit=unit,
        item="consultation",
        title="垃圾分类协商结果",
        sections=(Section("", "三十二户参加，一致同意定点投放，每户每月自愿出两小时义务工。"),),
    )
    disclosure.submit(actor=clerk, now=stage.now - timedelta(hours=4), disclosure=draft)


def _evaluate(stage: _Stage) -> None:
    """One evaluation with results, a second with somebody warned, a third that is called."""
    for at, (village, shares) in enumerate(
        zip(stage.county.villages[:2], ((0.6, 0.3, 0.1, 0.0), (0.3, 0.2, 0.1, 0.4)), strict=True)
    ):
        unit, watch = stage.county.units[village], stage.supervisor(village)
        on = stage.now - timedelta(days=20 + at)
        cadres = [(seat.person, seat.duty) for seat in rosters.seats(unit, "committee")]
        row = evaluation.call(
            actor=watch, now=on, unit=unit, year=on.year, meets_on=today_of(on), cadres=cadres, with_case=False
        )
        for each in row.evaluated.select_related("person", "evaluation__unit"):
            evaluation.add_report(
                actor=watch, now=on, evaluated=each, text="一年来履职尽责，办成三件实事，不足是走访不够。"
            )
        n = row.due
        counts = {}
        for seat_at, (person, _duty) in enumerate(cadres):
            split = shares if seat_at == 0 else (0.6, 0.3, 0.1, 0.0)
            given = [int(n * share) for share in split]
            given[0] += n - sum(given)
            counts[person.pk] = dict(zip(row.scale.split("|"), given, strict=True))
        evaluation.count(actor=watch, now=on, evaluation=row, issued=n, valid=n, counts=counts)
        if at == 0:
            evaluation.tell(actor=watch, now=on + timedelta(days=1), evaluation=row)
    third = stage.county.villages[2]
    unit = stage.county.units[third]
    evaluation.call(
        actor=stage.supervisor(third),
        now=stage.now - timedelta(days=2),
        unit=unit,
        year=stage.now.year,
        meets_on=today_of(stage.now + timedelta(days=5)),
        cadres=[(seat.person, seat.duty) for seat in rosters.seats(unit, "committee")],
    )


def _audit(stage: _Stage) -> None:
    officer, today = stage.actor("county"), today_of(stage.now)
    first = date(today.year, 1, 1)
    made = audits.plan(
        actor=officer,
        now=stage.now - timedelta(days=200),
        unit=stage.county.units["county"],
        kind="audit",
        title="本届村级财务审计全覆盖",
        first=first,
        last=date(today.year + 4, 12, 31),
        urgent=frozenset({stage.county.units["t1v1"].pk}),
    )
    visits = list(made.visits.select_related("village", "coverage").order_by("quarter", "pk")[:14])
    for at, visit in enumerate(visits[:11]):
        found: list[tuple[str, Decimal | None]] = [("部分支出没有村民代表会议决议", None)] if at % 5 == 0 else []
        on = today - timedelta(days=90 - 5 * at)
        audits.done(
            actor=officer,
            now=stage.now - timedelta(days=3),
            visit=visit,
            on=max(on, first),
            team="第一审计组",
            result="账目基本清楚。",
            findings=found,
        )


@transaction.atomic
def build(*, now: datetime, county: County, say: Callable[[str], None]) -> None:
    """Bodies, decisions in every step, boards, supervision, evaluations, an audit plan."""
    stage = _Stage(Random(20261122), county, now)  # noqa: S311 - invented, not secret
    _bodies(stage)
    _decisions(stage)
    _watch(stage)
    _evaluate(stage)
    _audit(stage)
    notices = _boards(stage)
    say(f"{Decision.objects.count()} decisions, {notices + 6} notices on village boards")
