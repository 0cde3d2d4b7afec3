"""Random walks through the loop by its people: whatever they do, the promises hold."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.matters import make_admission, make_category, make_duty, make_matter
from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor, public
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.matters import selectors, services
from yanzhen.matters.domain.loop import ACTS, CLOSED, OPEN, RUNNING, By, State
from yanzhen.matters.models import Entry, Matter, Participation, Request
from yanzhen.matters.selectors.scope import visible
from yanzhen.matters.selectors.standing import parties_of, sees

START = datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
STAFF = (
    "village_secretary", "township_secretary", "county_officer", "department_officer", "grid_worker", "outsider",
)  # fmt: skip
#: Refusals that answer "may this post do this act now?"; everything else says what is wrong with what was said.
REFUSED = {
    "matters.matter.wrong_state", "matters.matter.not_now", "matters.act.denied", "matters.act.clock", "matters.request.own",
    "matters.dispute.fixed", "matters.extension.used", "matters.raise.top", "matters.callback.own", "matters.matter.unknown",
}  # fmt: skip
Do = Callable[..., Matter]


def doings(world: World, matter: Matter, other: Matter, category: int) -> dict[str, Callable[[Actor, datetime], Any]]:
    """Each act of the table with plausible words, as a service call."""

    def call(service: Any, **given: Any) -> Callable[[Actor, datetime], Any]:
        return lambda actor, now: service(actor=actor, now=now, matter=matter.pk, **given)

    def decide(kind: str) -> Callable[[Actor, datetime], Any]:
        def go(actor: Actor, now: datetime) -> Any:
            waiting = Request.objects.filter(matter=matter, kind=kind, granted__isnull=True).first()
            if waiting is None:
                waiting = Request.objects.filter(matter=matter, kind=kind).first()
            if waiting is None:
                raise DomainError("matters.matter.not_now", "没有申请")
            return services.decide_request(
                actor=actor, now=now, matter=matter.pk, request=waiting.pk, granted=now.minute % 2 == 0, words="审批意见"
            )

        return go

    return {
        "take": call(services.take),
        "assign": call(services.assign, lead=world.unit("agriculture"), assists=[world.unit("civil")]),
        "divert": call(services.divert, diversion="other_law", words="请走诉讼"),
        "decline": call(services.decline, reason="不属受理范围", words="不予受理"),
        "merge": call(services.merge, into=other.pk),
        "raise": call(services.raise_level, reason="请上级协调"),
        "locate": call(services.locate, place=world.unit("songpo_2")),
        "classify": call(services.classify, category=category, urgency="pressing"),
        "accept": call(services.accept),
        "dispute": call(services.dispute, reason="不属我单位"),
        "settle": call(services.settle, upheld=False, reason="维持"),
        "reassign": call(services.reassign, lead=world.unit("civil"), reason="改由民政"),
        "add_assist": call(services.add_assist, assist=world.unit("organisation")),
        "contact": call(services.contact, words="已联系"),
        "progress": call(services.progress, words="在办"),
        "assist_done": call(services.assist_done, words="协办好了"),
        "stop_clock": call(services.stop_clock, reason="person"),
        "resume_clock": call(services.resume_clock),
        "ask_extension": call(services.ask_extension, reason="等材料", amount_days=2),
        "decide_extension": decide("extension"),
        "ask_unsolvable": call(services.ask_unsolvable, reason="无依据", plan="列入计划"),
        "decide_unsolvable": decide("unsolvable"),
        "press": call(services.press, level=3, words="请办"),
        "clear_press": call(services.clear_press, reason="已办"),
        "answer": call(services.answer, words="已办结"),
        "call_back": call(services.call_back, contacted=True, solved=True, grade="good"),
        "redo": call(services.redo, reason="没办好"),
        "archive": call(services.archive, words="归档"),
        "reopen": call(services.reopen, reason="复发"),
        "add_voice": call(services.add_voice, text="我也是"),
        "note": call(services.note, words="记一笔"),
        "make_secret": call(services.make_secret),
        "exclude": call(services.ask_exclusion, exclusion="malicious", reason="恶意"),
        "decide_exclusion": decide("exclusion"),
    }


def test_every_staff_act_is_walked(world: World) -> None:
    matter = make_matter(world, START)
    walked = set(doings(world, matter, matter, 1))
    assert walked == {code for code, act in ACTS.items() if act.by not in (By.PERSON, By.CLOCK)}


def promises(matter: Matter, now: datetime) -> None:
    """What holds after every act, whoever did it."""
    state = State(matter.state)
    assert None not in (matter.holder_id, matter.desk_id, matter.first_receiver_id), "somebody always has it"
    assert matter.holder_path == matter.holder.path
    assert matter.desk_path == matter.desk.path
    assert matter.place_path.startswith(matter.desk_path), "the desk lies on the way to the place"
    live = list(Participation.objects.filter(matter=matter, ended_at__isnull=True))
    leads = [each.unit_id for each in live if each.role == "lead"]
    if state in OPEN:
        assert matter.closed_at is None
    if state in RUNNING:
        assert matter.due_at is not None, "the clock runs"
        assert matter.step_due_at is not None
        assert matter.step_due_at <= matter.due_at
    if state in (State.ASSIGNED, State.WORKING):
        assert leads == [matter.lead_id] == [matter.holder_id]
    if state == State.COLLECTED:
        assert matter.holder_id == matter.desk_id
        assert leads == []
    if state in CLOSED:
        assert matter.closed_at is not None
    assert matter.stopped is matter.stops.filter(ended_at__isnull=True).exists()
    if matter.stopped:
        assert state == State.WORKING
    assert not [each for each in matter.requests.all() if each.decided_by and each.decided_by == each.asked_by]
    if matter.excluded:
        assert matter.requests.filter(granted=True).exists(), "nothing leaves the rates without a second person"
    assert (matter.press_level > 0) == matter.presses.filter(cleared_at__isnull=True).exists()
    assert Entry.objects.filter(matter=matter).count() == TrailRow.objects.filter(
        subject_kind="matter", subject_id=str(matter.pk)
    ).count() + Entry.objects.filter(matter=matter, act="merged_in").count()


def same_answer(world: World, matter: Matter) -> None:
    """May = which: who sees the row by rule is who finds it by query."""
    parties = parties_of(matter.pk)
    for key in STAFF:
        actor = world[key].actor
        found = Matter.objects.filter(visible(actor), pk=matter.pk).exists()
        assert found == sees(actor, matter, parties), key
        listed = {row.id for row in selectors.page_for(actor, selectors.Filters(), limit=100, counted=False).rows}
        assert (matter.pk in listed) == found, key
        try:
            selectors.matter_for(actor, matter.pk)
        except NotFound:
            assert not found
        else:
            assert found


#: Acts that lead nowhere new: walked, but seldom.
STANDING = {
    "add_voice", "note", "exclude", "make_secret", "classify", "locate", "merge", "divert", "decline", "raise", "press", "clear_press",
    "add_assist",
}  # fmt: skip


def choice(rng: random.Random, world: World, matter: Matter, now: datetime) -> tuple[Actor, str, list[str]]:
    """Somebody, an act, and what that post is offered: mostly a way forward, sometimes anything at all."""
    if rng.random() < 0.15:
        actor = world[rng.choice(STAFF)].actor
        code = rng.choice([code for code, act in ACTS.items() if act.by not in (By.PERSON, By.CLOCK)])
        return actor, code, [act.code for act in selectors.acts_for(actor, matter, now)]
    ways = []
    for key in STAFF:
        offered = [act.code for act in selectors.acts_for(world[key].actor, matter, now)]
        ways += [(world[key].actor, code, offered) for code in offered]
    forward = [way for way in ways if way[1] not in STANDING]
    if not ways:
        return world["outsider"].actor, "take", []
    return rng.choice(forward if forward and rng.random() < 0.85 else ways)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(rng=st.randoms(use_true_random=True))
def test_whatever_they_do_the_promises_hold(rng: random.Random) -> None:
    from django.core.cache import cache
    from django.db import transaction

    from tests.personas import build_world

    cache.clear()
    with transaction.atomic():
        world = build_world()
        category = make_category("路灯")
        make_duty(world, category, list="village")
        make_admission(world, category)
        other = make_matter(world, START, category=category, actor=world["county_officer"].actor)
        matter = make_matter(world, START, category=category, secret=rng.random() < 0.3)
        now = START
        for _step in range(rng.randint(6, 18)):
            now += timedelta(minutes=rng.choice([1, 2, 45, 600, 3000]))
            if rng.random() < 0.1:
                services.tick(now=now)
            matter = Matter.objects.select_related("category__parent__parent", "holder", "desk").get(pk=matter.pk)
            actor, code, offered = choice(rng, world, matter, now)
            written = TrailRow.objects.count()
            try:
                with transaction.atomic():
                    doings(world, matter, other, category.pk)[code](actor, now)
            except DomainError as error:
                refused = error.code in REFUSED
                assert refused == (code not in offered), (code, error.code, offered)  # noqa: PT017
                assert TrailRow.objects.count() == written
            else:
                assert code in offered, (code, matter.state)
                assert TrailRow.objects.count() == written + 1
            matter = Matter.objects.select_related("category__parent__parent", "holder", "desk").get(pk=matter.pk)
            promises(matter, now)
        same_answer(world, matter)
        transaction.set_rollback(True)


def test_the_offer_is_exactly_what_is_not_refused(world: World) -> None:
    """In a matter of each kind of state, every act by everybody: offered ⇔ not refused."""
    from django.db import transaction

    category = make_category("路灯")
    make_duty(world, category, list="village")
    ways: dict[str, list[tuple[str, str]]] = {
        "collected": [],
        "assigned": [("township_secretary", "assign")],
        "disputed": [("township_secretary", "assign"), ("department_officer", "dispute")],
        "working": [("township_secretary", "assign"), ("department_officer", "accept")],
        "answered": [
            ("township_secretary", "assign"), ("department_officer", "accept"), ("department_officer", "answer"),
        ],
        "diverted": [("township_secretary", "divert")],
    }  # fmt: skip
    for state, way in ways.items():
        other = make_matter(world, START, category=category)
        matter = make_matter(world, START, category=category)
        for key, code in way:
            doings(world, matter, other, category.pk)[code](world[key].actor, START)
        matter = Matter.objects.get(pk=matter.pk)
        assert matter.state == state
        for key in STAFF:
            actor = world[key].actor
            offered = {act.code for act in selectors.acts_for(actor, matter, START)}
            for code, do in doings(world, matter, other, category.pk).items():
                try:
                    with transaction.atomic():
                        do(actor, START)
                        transaction.set_rollback(True)
                except DomainError as error:
                    assert (error.code in REFUSED) == (code not in offered), (state, key, code, error.code)  # noqa: PT017
                else:
                    assert code in offered, (state, key, code)


def test_nobody_outside_gets_near(world: World) -> None:
    matter = make_matter(world, START)
    for key in ("outsider", "system_officer", "security_officer", "audit_officer"):
        actor = world[key].actor
        assert selectors.acts_for(actor, matter, START) == []
        with pytest.raises((NotFound, NotAllowed)):
            services.take(actor=actor, now=START, matter=matter)
    with pytest.raises(NotFound):
        services.take(actor=public(), now=START, matter=matter)
