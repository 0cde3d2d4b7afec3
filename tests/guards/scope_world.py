"""The county of the scope matrix: the small tree with its cast, and each thing an address can name twice over.

``own`` things lie in 松坡村 (its first grid) of 云岭县, ``foreign`` ones in 枫林村 of 望山县, where of the whole cast only the
outsider works. Words that people wrote carry a mark, so that a page that shows one to the wrong eyes is found out.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from tests.factories.matters import make_category
from tests.factories.registry import make_account, make_household, make_person, make_post
from tests.guards.source import PACKAGE
from tests.personas import World, build_world
from yanzhen.datahub.models import AccessRequest
from yanzhen.datahub.selectors import folder
from yanzhen.democracy.domain.disclosure import Notice as NoticeText
from yanzhen.democracy.domain.disclosure import Section
from yanzhen.democracy.models import (
    Coverage,
    Decision,
    Disclosure,
    Evaluated,
    Evaluation,
    Inquiry,
    Objection,
    Seat,
    Visit,
)
from yanzhen.kernel.files import api as files
from yanzhen.kernel.intake.models import ImportRun
from yanzhen.kernel.notify.models import Notice
from yanzhen.kernel.rulebook.api import rules as declared
from yanzhen.kernel.rulebook.models import RuleValue
from yanzhen.kernel.scope.api import system
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.kernel.worktime.models import DayOverride
from yanzhen.lake.api import setup
from yanzhen.matters import services
from yanzhen.matters.domain.draft import Report
from yanzhen.matters.models import (
    Admission,
    ApiToken,
    Attachment,
    DutyItem,
    Entry,
    Feedback,
    Matter,
    Press,
    Request,
    SavedFilter,
    Webhook,
    WebhookCall,
)
from yanzhen.matters.selectors.programs import digest, rights_of
from yanzhen.procedures import api as procedures
from yanzhen.procedures.models import Ballot, Evidence, Posting, Procedure
from yanzhen.registry.models import Correction, Delegation, Person, Post, Unit

SIDES = ("own", "foreign")
#: What stands in every text that somebody wrote on one side, and must never be read from the other.
MARK = {"own": "甲乙丙松坡", "foreign": "丁戊己枫林"}
PLACE = {"own": ("songpo", "songpo_1", "village_secretary"), "foreign": ("other_village", "other_grid", "outsider")}
SINCE = date(2020, 1, 1)


@dataclass
class Ground:
    """The built world: persons, things by kind and side, tokens by persona."""

    world: World
    things: dict[tuple[str, str], Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def thing(self, kind: str, side: str, persona: str) -> Any:
        """The value of a parameter. Kinds that begin with ``my_`` are the persona's own, and another's on the foreign side."""
        if not kind.startswith("my_"):
            return self.things[kind, side]
        mine = persona if persona != "villager" else "village_secretary"
        if side == "foreign":
            mine = "outsider" if mine != "outsider" else "village_secretary"
        return self.things[kind, mine]


def _matter(ground: Ground, side: str, now: datetime) -> Matter:
    world = ground.world
    village, grid, _secretary = PLACE[side]
    category = make_category("路灯")
    draft = Report(
        text=f"村口路灯坏了，{MARK[side]}。", title=f"路灯{MARK[side]}", place_id=world.unit(grid).pk, category_id=category.pk,
        name=f"王{MARK[side][:3]}", phone="13800001234",
    )  # fmt: skip
    matter = services.report(actor=system("test"), now=now, draft=draft)
    code = matter.code
    if side == "own":
        services.raise_level(actor=world["village_secretary"].actor, now=now, matter=matter, reason="村里没有维修队伍")
        services.assign(
            actor=world["township_secretary"].actor,
            now=now,
            matter=matter,
            lead=world.unit("agriculture"),
            words="请修复",
        )
        matter = services.accept(actor=world["department_officer"].actor, now=now, matter=matter)
    stored = files.store(
        actor=system("test"), now=now, upload=MARK[side].encode(), name=f"{MARK[side]}.csv", purpose="import"
    )
    attachment = Attachment.objects.create(matter=matter, file=stored, name=f"{MARK[side]}.csv", at=now)
    press = Press.objects.create(
        matter=matter, level=1, at=now, by_unit=world.unit("county" if side == "own" else "other_county"), by_name="督办人",
        cause="overdue", letter=f"请抓紧办理：{MARK[side]}", reply_due_at=now + timedelta(days=3),
    )  # fmt: skip
    Matter.objects.filter(pk=matter.pk).update(press_level=1)
    asked = Request.objects.create(
        matter=matter, kind="exclusion", reason=f"理由{MARK[side]}", detail="malicious", asked_at=now, asked_by=999_999,
        asked_name="申请人", asked_unit=world.unit(village),
    )  # fmt: skip
    row = Entry.objects.filter(matter=matter).first()
    assert row is not None
    ground.things |= {
        ("matter", side): matter.pk, ("number", side): matter.number, ("code", side): code, ("attachment", side): attachment.pk,
        ("press", side): press.pk, ("request", side): asked.pk,
    }  # fmt: skip
    return matter


def _registers(ground: Ground, side: str, now: datetime) -> None:
    world = ground.world
    village, grid, secretary = PLACE[side]
    person = make_person(world.unit(grid), name=f"赵{MARK[side]}", phone="13900001111")
    other = make_person(world.unit(grid), name=f"钱{MARK[side]}")
    household = make_household(world.unit(grid), number=f"H{MARK[side]}", members=[person, other])
    correction = Correction.objects.create(
        person=person,
        field="name",
        proposed=f"赵{MARK[side]}一",
        reason="写错了",
        proposed_by=999_999,
        proposed_name="某人",
        proposed_at=now,
    )
    account = make_account(f"plain_{side}", name=f"孙{MARK[side]}")
    make_post(account, world[secretary].post.role, world.unit(village))  # type: ignore[union-attr]
    waiting = Post.objects.create(
        account=make_account(f"waiting_{side}", name=f"李{MARK[side]}"), role=world[secretary].post.role,  # type: ignore[union-attr]
        unit=world.unit(village), valid_from=SINCE, proposed_by=999_999, proposed_at=now,
    )  # fmt: skip
    ground.things |= {
        ("unit", side): world.unit(grid).pk, ("village", side): world.unit(village).pk, ("village_code", side): world.unit(village).code,
        ("person", side): person.pk, ("household", side): household.pk, ("correction", side): correction.pk,
        ("account", side): account.pk, ("post", side): waiting.pk,
    }  # fmt: skip


def _books(ground: Ground, side: str, now: datetime) -> None:
    world = ground.world
    village, _grid, secretary = PLACE[side]
    unit: Unit = world.unit(village)
    county = world.unit("county" if side == "own" else "other_county")
    for kind, steward, at in (("rule_value", "business", unit), ("policy_value", "security", county)):
        key = next(
            rule.key for rule in declared().values() if rule.steward == steward and rule.type == "int" and not rule.dims
        )
        made = RuleValue.objects.create(
            key=key, unit_id=at.pk, value="7", basis=f"依据{MARK[side]}", valid_from=SINCE, proposed_by=999_999,
            proposed_name="某人", proposed_at=now,
        )  # fmt: skip
        ground.things[kind, side] = made.pk
    batch = f"batch-{side}"
    DayOverride.objects.create(
        day=date(2026, 7, 1), working=False, name=f"节{MARK[side]}", basis="县办通知", unit_id=unit.pk, unit_path=unit.path, batch=batch,
        proposed_by=999_999, proposed_name="某人", proposed_at=now,
    )  # fmt: skip
    stored = files.store(
        actor=system("test"), now=now, upload="姓名\n甲".encode(), name=f"名单{MARK[side]}.csv", purpose="import"
    )
    run = ImportRun.objects.create(
        importer="people", file=stored, sha256=side, name=f"名单{MARK[side]}.csv", unit_id=unit.pk, unit_path=unit.path,
        account_id=world[secretary].account.pk, account_name="某人", headings='["姓名"]', mapping='{"name": 0}', rows=0,  # type: ignore[union-attr]
        state="checked", created_at=now,
    )  # fmt: skip
    admission = Admission.objects.create(
        code=f"ZR-{side}", item=f"巡查{MARK[side]}", department=world.unit("agriculture") if side == "own" else county, scope_unit=county,
        basis="县办法", content="巡查", state="applied", applied_by=999_999, applied_name="某人", applied_at=now,
    )  # fmt: skip
    DutyItem.objects.create(unit=unit, list="village", item=f"事务{MARK[side]}", valid_from=SINCE)
    feedback = Feedback.objects.create(code=f"F{side}", text=f"建议{MARK[side]}", unit_path=unit.path, at=now)
    hook = Webhook.objects.create(
        unit_id=unit.pk,
        unit_path=unit.path,
        url=f"https://{side}.example/hook",
        secret="s",
        events="answered",
        created_at=now,
        created_by=1,
    )
    call = WebhookCall.objects.create(webhook=hook, event="answered", body="{}", created_at=now, status="failed")
    trail = TrailRow.objects.filter(unit_path=unit.path).order_by("id").first()
    assert trail is not None, "the matter of this side left a row"
    token = ApiToken.objects.create(
        name=f"接入{MARK[side]}", digest=f"digest-{side}", post_id=world[secretary].post.pk, capabilities="matters.view",  # type: ignore[union-attr]
        created_at=now, created_by=1, valid_to=date(2099, 1, 1),
    )  # fmt: skip
    ground.things |= {
        ("batch", side): batch, ("run", side): run.pk, ("admission", side): admission.pk, ("feedback", side): feedback.pk,
        ("webhook", side): hook.pk, ("call", side): call.pk, ("trail_row", side): trail.pk, ("token", side): token.pk,
    }  # fmt: skip


def _democracy(ground: Ground, side: str, now: datetime) -> None:
    """A decision, a notice in draft and one that hangs, an objection, a question, an evaluation, a plan with a visit, a seat."""
    world = ground.world
    village: Unit = world.unit(PLACE[side][0])
    person = Person.objects.get(pk=ground.things["person", side])
    seat = Seat.objects.create(unit=village, body="representatives", person=person, valid_from=SINCE)
    decision = Decision.objects.create(
        unit=village,
        item="plan",
        route="ordinary",
        title=f"修路{MARK[side]}",
        text=f"修路{MARK[side]}",
        proposed_name="书记",
        proposed_at=now,
    )
    notice = NoticeText("government", village.code, village.name, f"公开{MARK[side]}", "2026Q1", (Section("", "内容"),))
    given = {
        "unit": village, "item": "government", "content": notice.canonical(), "due_on": now.date(), "drafted_name": "某人", "drafted_at": now,
    }  # fmt: skip
    draft = Disclosure.objects.create(period="2026Q2", title=f"拟稿{MARK[side]}", **given)
    open_text = NoticeText("government", village.code, village.name, "一季度公开", "2026Q1", (Section("", "内容"),))
    hung = Disclosure.objects.create(
        period="2026Q1",
        title="一季度公开",
        state="up",
        published_at=now,
        up_until=now.date() + timedelta(days=15),
        digest="0" * 64,
        **(given | {"content": open_text.canonical()}),
    )
    objection = Objection.objects.create(
        disclosure=hung,
        matter_id=ground.things["matter", side],
        text="异议",
        made_at=now,
        due_at=now + timedelta(days=5),
    )
    inquiry = Inquiry.objects.create(
        unit=village, kind="question", subject=f"质询{MARK[side]}", words="问", by_name="某人", at=now
    )
    evaluation = Evaluation.objects.create(
        unit=village,
        year=2026,
        title=f"评议{MARK[side]}",
        scale="称职|不称职",
        meets_on=now.date(),
        due=9,
        called_name="某人",
        called_at=now,
    )
    cadre = Evaluated.objects.create(evaluation=evaluation, person=person, duty="主任")
    plan = Coverage.objects.create(
        unit=world.unit("county" if side == "own" else "other_county"), kind="audit", title=f"计划{side}", first=date(2026, 1, 1),
        last=date(2030, 12, 31), made_name="某人", made_at=now,
    )  # fmt: skip
    visit = Visit.objects.create(coverage=plan, village=village, quarter="2027Q1", result=f"结果{MARK[side]}")
    ground.things |= {
        ("seat", side): seat.pk, ("decision", side): decision.pk, ("disclosure", side): draft.pk, ("hung", side): hung.pk,
        ("objection", side): objection.pk, ("inquiry", side): inquiry.pk, ("evaluation", side): evaluation.pk, ("cadre", side): cadre.pk,
        ("coverage", side): plan.pk, ("visit", side): visit.pk, ("home", side): ground.things["household", side],
    }  # fmt: skip


def _data(ground: Ground, side: str, now: datetime) -> None:
    """A request for data by the village, and a lake (with one contract, empty) that the pages can stand on."""
    if not (folder() / "contracts" / "citizen_messages.toml").exists():
        lake = setup(folder())
        shutil.copy(PACKAGE / "lake/shipped/citizen_messages.toml", lake.folder / "contracts")
    unit = ground.world.unit(PLACE[side][0])
    asked = AccessRequest.objects.create(
        unit=unit, place=unit, source="citizen_messages", columns="title", purpose=f"用途{MARK[side]}", basis="职责",
        until=now.date() + timedelta(days=30), asked_by=0, asked_name="某人", asked_at=now,
    )  # fmt: skip
    ground.things["data_request", side] = asked.pk


def _procedures(ground: Ground, side: str, now: datetime) -> None:
    world = ground.world
    village, _grid, secretary = PLACE[side]
    unit, actor = world.unit(village), world[secretary].actor
    data = {"document": f"证明{MARK[side]}", "copies": 1, "kind": "letter"}
    case = procedures.start(
        actor=actor, now=now, procedure="cadres.seal", unit_id=unit.pk, title=f"用印{MARK[side]}", data=data
    )
    step = case.steps.get()
    stored = files.store(
        actor=system("test"), now=now, upload="甲,乙".encode(), name=f"{MARK[side]}.csv", purpose="import"
    )
    shown = Evidence.objects.create(step=step, key="draft", file=stored, at=now)
    row = case.procedure
    own = Procedure.objects.create(
        code="cadres.seal", version=7, unit=unit, title="用印", source=row.source.replace("version = 1", "version = 7"),
        digest=side, state="proposed", reason=f"理由{MARK[side]}", proposed_by=999_999, proposed_name="某人", proposed_at=now,
    )  # fmt: skip
    # on the board: without a mark, because everybody reads it
    asked = {"problem": "会议少", "measures": "每月一会", "grades": ["班子"]}
    plain = procedures.start(actor=system("test"), now=now, procedure="party.weak", unit_id=unit.pk, title="整顿", data=asked)
    poll = plain.steps.create(key="poll", opened_at=now)
    today = timezone.localdate(now)
    posting = Posting.objects.create(step=poll, put_up_on=today - timedelta(days=1), until=today + timedelta(days=30), least_days=15)
    ballot = Ballot.objects.create(
        step=poll, state="closed", form="scale", body="villagers_reps", due=5,
        questions='[{"key": "s1", "options": ["good", "fair", "bad", "abstain"], "marks": 1}]',
    )  # fmt: skip
    ground.things |= {
        ("case", side): case.pk, ("case_file", side): shown.pk, ("own_procedure", side): own.pk, ("posting", side): posting.pk,
        ("ballot", side): ballot.pk, ("polled", side): plain.pk,
    }  # fmt: skip


def _personal(ground: Ground, now: datetime) -> None:
    stand_in = make_account("stand_in", name="代行人")
    for name, persona in ground.world.personas.items():
        if persona.account is None or persona.post is None:
            continue
        lent = Delegation.objects.create(
            post=persona.post, to_account=stand_in, valid_from=now.date(), valid_to=now.date() + timedelta(days=9)
        )
        notice = Notice.objects.create(account_id=persona.account.pk, kind="matters.todo", title=f"待办·{name}", at=now)
        kept = SavedFilter.objects.create(account_id=persona.account.pk, name=f"筛选·{name}", query="tab=all")
        clear = f"yzt_{name}"
        ApiToken.objects.create(
            name=f"程序·{name}", digest=digest(clear), post_id=persona.post.pk, capabilities=",".join(rights_of(persona.actor)),
            created_at=now, created_by=persona.account.pk, valid_to=date(2099, 1, 1),
        )  # fmt: skip
        ground.tokens[name] = clear
        ground.things |= {
            ("my_post", name): persona.post.pk, ("my_delegation", name): lent.pk, ("my_notice", name): notice.pk,
            ("my_filter", name): kept.pk,
        }  # fmt: skip


def build_ground() -> Ground:
    """Everything, in the transaction of the caller."""
    now = timezone.now() - timedelta(minutes=30)
    ground = Ground(build_world())
    for side in SIDES:
        _matter(ground, side, now)
        _registers(ground, side, now)
        _books(ground, side, now)
        _procedures(ground, side, now)
        _democracy(ground, side, now)
        _data(ground, side, now)
    _personal(ground, now)
    assert Person.objects.count() == 4
    return ground


__all__ = ["MARK", "SIDES", "Ground", "build_ground"]
