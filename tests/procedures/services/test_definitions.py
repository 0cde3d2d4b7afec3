"""A county's own definition: problems by line in words, a preview, two people; running cases keep their version."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.utils import translation
from django.utils.translation import gettext

from tests.factories.registry import make_account, make_post
from tests.personas import World
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.scope.api import Actor
from yanzhen.procedures import api as procedures
from yanzhen.procedures import services
from yanzhen.procedures.models import Entry, Procedure
from yanzhen.procedures.selectors.definitions import shipped
from yanzhen.registry.api import actor_in, unit_ref
from yanzhen.registry.models import Role

pytestmark = pytest.mark.django_db
OWN = """code = "county.paving"
version = {version}
title = "修路"
title_en = "Paving"
level = "village"
[[steps]]
key = "ask"
kind = "submit"
title = "提出"
who = {{ starter = true }}
ways.submitted = "{first}"
{more}
[[steps]]
key = "decide"
kind = "decision"
title = "决定"
who = {{ roles = ["township_secretary"], at = "township" }}
limit = "procedures.limit.decision"
ways.approved = "@resolved"
ways.rejected = "@rejected"
"""
CHECK = """
[[steps]]
key = "check"
kind = "review"
title = "核对"
who = { roles = ["township_secretary"], at = "township" }
ways.passed = "decide"
"""


def second(world: World) -> Actor:
    account = make_account(name="另一人")
    post = make_post(account, Role.objects.get(code="county_officer"), world.unit("county"))
    return actor_in(post, account.pk, account.display_name)


def active(world: World, now: datetime, source: str) -> Procedure:
    row = services.propose(
        actor=world["county_officer"].actor, now=now, unit=world.unit("county"), source=source, reason="本县规定"
    )
    return services.decide(actor=second(world), now=now, procedure_id=row.pk, granted=True)


def v1() -> str:
    return OWN.format(version=1, first="decide", more="")


def test_problems_are_named_by_line_in_both_languages(world: World) -> None:
    source = v1().replace("procedures.limit.decision", "procedures.limit.nothing").replace('"township_secretary"', '"mayor"').replace(
        "ways.rejected", "ways.denied"
    )  # fmt: skip
    definition, problems = services.validate(source)
    assert definition is None
    lines = source.splitlines()
    by_line = {lines[each.line - 1]: each for each in problems}
    assert by_line['limit = "procedures.limit.nothing"'].message == "规则库里没有“procedures.limit.nothing”。"
    assert "没有角色“mayor”" in by_line['who = { roles = ["mayor"], at = "township" }'].message
    assert "denied" in by_line['ways.denied = "@rejected"'].message
    with translation.override("en"):
        words = gettext(by_line['limit = "procedures.limit.nothing"'].template)
        assert words.format(**by_line['limit = "procedures.limit.nothing"'].data).isascii() or "rulebook" in words
    assert services.validate("code = ")[1][0].line == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ways.submitted = "decide"', 'ways.submitted = "nowhere"', "没有步骤“nowhere”"),
        ('ways.approved = "@resolved"', 'ways.approved = "ask"', "没有任何去向通到办结"),
        ('ways.approved = "@resolved"', 'ways.approved = [{ when = "case.x > 5", to = "@resolved" }, { to = "ask" }]', "写死了数字 5"),
        ('ways.approved = "@resolved"', 'ways.approved = [{ when = "case.x >", to = "@resolved" }, { to = "ask" }]', "写法有误"),
        ('ways.approved = "@resolved"', 'ways.approved = [{ when = "__import__(\'os\')", to = "@resolved" }, { to = "ask" }]', "不能用的函数“__import__”"),
        ('kind = "decision"', 'kind = "decree"', "不认识的步骤类型“decree”"),
        ('title = "决定"', "", "缺少“title”"),
        ('key = "decide"', 'key = "ask"', "用了两次"),
        ("level", "leval", "不认识的项目“leval”"),
        ('who = { starter = true }', "", ""),
    ],
)  # fmt: skip
def test_what_is_refused(world: World, old: str, new: str, said: str) -> None:
    definition, problems = services.validate(v1().replace(old, new))
    if old.startswith("who"):
        assert definition is not None, "a step may be the clock's"
        return
    assert definition is None
    assert any(said in each.message for each in problems), [each.message for each in problems]


def test_a_photo_is_never_forced(world: World) -> None:
    more = '[[steps.evidence]]\nkey = "photo"\ntype = "photo"\ntitle = "照片"\nwhy = "看一看"\n'
    _, problems = services.validate(OWN.format(version=1, first="decide", more=more))
    assert "不得强制上传照片" in problems[0].message


def test_two_people_bring_a_definition_into_force(world: World, now: datetime) -> None:
    officer = world["county_officer"].actor
    with pytest.raises(DomainError, match=r"procedures\.definition\.wrong"):
        services.propose(actor=officer, now=now, unit=world.unit("county"), source="x = 1", reason="")
    row = services.propose(actor=officer, now=now, unit=world.unit("county"), source=v1(), reason="本县规定")
    with pytest.raises(NotFound):
        procedures.start(
            actor=world["village_secretary"].actor,
            now=now,
            procedure="county.paving",
            unit_id=world.unit("songpo").pk,
            title="修路",
        )
    with pytest.raises(NotAllowed, match=r"procedures\.definition\.own"):
        services.decide(actor=officer, now=now, procedure_id=row.pk, granted=True)
    services.decide(actor=second(world), now=now, procedure_id=row.pk, granted=True)
    with pytest.raises(DomainError, match=r"procedures\.definition\.taken"):
        services.propose(actor=officer, now=now, unit=world.unit("county"), source=v1(), reason="再来")
    case = procedures.start(
        actor=world["village_secretary"].actor,
        now=now,
        procedure="county.paving",
        unit_id=world.unit("songpo").pk,
        title="修路",
    )
    assert case.steps_now == "ask"
    with pytest.raises(NotFound):
        procedures.definition_for("county.paving", unit_ref(world.unit("other_village")))


def test_running_cases_keep_their_version_and_move_only_where_no_step_is_lost(world: World, now: datetime) -> None:
    secretary, officer = world["village_secretary"].actor, world["county_officer"].actor
    active(world, now, v1())
    one, two = (
        procedures.start(
            actor=secretary, now=now, procedure="county.paving", unit_id=world.unit("songpo").pk, title=title
        )
        for title in ("东路", "西路")
    )
    procedures.act(actor=secretary, now=now, case=two, step="ask", act=procedures.Submit())
    takes = "[takes_over.1]\n"
    active(world, now, OWN.format(version=2, first="check", more=CHECK) + takes)
    procedures.act(actor=secretary, now=now, case=one, step="ask", act=procedures.Submit())
    assert {row.steps_now for row in type(one).objects.all()} == {"decide"}, "both still run by the first version"
    three = procedures.start(
        actor=secretary, now=now, procedure="county.paving", unit_id=world.unit("songpo").pk, title="南路"
    )
    assert procedures.definition_of(three).version == 2
    with pytest.raises(DomainError, match=r"procedures\.move\.missing"):
        procedures.migrate(actor=officer, now=now, case=two, to_version=2, reason="统一")
    four = procedures.start(
        actor=secretary, now=now, procedure="county.paving", unit_id=world.unit("songpo").pk, title="北路"
    )
    type(four).objects.filter(pk=four.pk).update(procedure=Procedure.objects.get(code="county.paving", version=1))
    moved = procedures.migrate(actor=officer, now=now, case=four, to_version=2, reason="统一")
    assert procedures.definition_of(moved).version == 2
    assert Entry.objects.filter(case=four, act="migrate", words="统一").exists()
    moved = procedures.act(actor=secretary, now=now, case=four, step="ask", act=procedures.Submit())
    assert moved.steps_now == "check"


def test_a_retired_definition_begins_nothing_new(world: World, now: datetime) -> None:
    row = active(world, now, v1())
    services.retire(actor=world["county_officer"].actor, now=now, procedure_id=row.pk, reason="不再使用")
    with pytest.raises(NotFound):
        procedures.start(
            actor=world["village_secretary"].actor,
            now=now,
            procedure="county.paving",
            unit_id=world.unit("songpo").pk,
            title="修路",
        )


def test_shipped_definitions_name_known_roles() -> None:
    import tomllib
    from pathlib import Path

    import yanzhen.registry

    roles = set(
        tomllib.loads((Path(yanzhen.registry.__file__).parent / "roles.toml").read_text(encoding="utf-8"))["roles"]
    )
    from yanzhen.procedures.domain.loader import Known, load

    for source in shipped().values():
        load(source, known=Known(roles=roles))
