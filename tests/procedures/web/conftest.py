"""A procedure of the tests and the people who walk it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.personas import World
from yanzhen.procedures import api as procedures
from yanzhen.procedures.models import Case
from yanzhen.procedures.selectors import definitions

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
TEXT = (Path(__file__).parent / "definitions" / "village.toml").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def _shipped() -> Any:
    """The product ships one more procedure while the tests run."""
    definitions.shipped()[("test.village", 1)] = TEXT
    yield
    definitions.SHIPPED.pop(("test.village", 1), None)


@pytest.fixture
def case(world: World) -> Case:
    """A case of 松坡村 that its secretary began."""
    return begin(world)


def begin(world: World, **data: Any) -> Case:
    return procedures.start(
        actor=world["village_secretary"].actor, now=timezone.now() - timedelta(hours=1), procedure="test.village",
        unit_id=world.unit("songpo").pk, title="硬化进村道路", data={"amount": "30000", "plan": "三百米", "contact": "张三丰"} | data,
    )  # fmt: skip


def to_meeting(world: World, case: Case) -> Case:
    return procedures.act(
        actor=world["village_secretary"].actor,
        now=timezone.now(),
        case=case,
        step="propose",
        act=procedures.Submit("请审议"),
    )


def held(world: World, case: Case, votes_for: int = 35) -> Case:
    count = procedures.Count(due=45, present=40, votes_for=votes_for, against=40 - votes_for)
    act = procedures.Hold(
        body="villagers_reps",
        held_on=timezone.localdate(),
        count=count,
        minutes="一、说明方案。\n二、讨论。",
        place="村委会",
    )
    return procedures.act(actor=world["village_secretary"].actor, now=timezone.now(), case=case, step="meet", act=act)


def reviewed(world: World, case: Case) -> Case:
    return procedures.act(
        actor=world["township_secretary"].actor,
        now=timezone.now(),
        case=case,
        step="review",
        act=procedures.Judge("passed"),
    )


def published(world: World, case: Case) -> Case:
    act = procedures.Publish(on=timezone.localdate(), where="村务公开栏", words="经会议决议，联系人张三丰。")
    return procedures.act(
        actor=world["village_secretary"].actor, now=timezone.now(), case=case, step="publish", act=act
    )
