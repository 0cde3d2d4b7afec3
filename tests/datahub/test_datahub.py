"""Each unit opens its own book and nothing else; looks leave traces; more needs a grant by another person."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.personas import World
from yanzhen.datahub import selectors, services
from yanzhen.datahub.demo import build
from yanzhen.datahub.domain import access
from yanzhen.datahub.models import AccessRequest, ContractVersion
from yanzhen.kernel.errors import DomainError, NotAllowed, NotFound
from yanzhen.kernel.trail.models import TrailRow
from yanzhen.lake import api as lake

WHY = "核对春耕补贴发放名单"
ROWS = 6_000


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / "lake"


@pytest.fixture
def filled(world: World, now: datetime, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The small tree with a lake of its own, twelve sources in it: filled once, copied for each test."""
    if not kept.exists():
        monkeypatch.setattr(settings.YANZHEN, "lake", kept)
        build(now=now, rows=ROWS)
    monkeypatch.setattr(settings.YANZHEN, "lake", tmp_path / "lake")
    shutil.copytree(kept, tmp_path / "lake")
    return world


def test_each_unit_opens_its_own_book(filled: World, now: datetime) -> None:
    county = selectors.book_for(filled["county_officer"].actor, None, now)
    village = selectors.book_for(filled["village_secretary"].actor, None, now, complete=True)
    assert {line.source for line in county.lines} >= {"resident", "meter", "land"}
    assert 0 < village.rows < county.rows
    assert village.to_grid > 0
    below = [selectors.book_for(filled["village_secretary"].actor, unit.pk, now).rows for unit in village.below]
    assert 0 < sum(below) <= village.rows
    assert all(0 <= share <= 1 for line in village.lines for share in line.complete.values())
    with pytest.raises(NotFound):
        selectors.book_for(filled["village_secretary"].actor, filled.unit("liuwan").pk, now)


def test_rows_stay_within_the_place_and_masked(filled: World, now: datetime) -> None:
    actor, unit = filled["village_secretary"].actor, filled.unit("songpo")
    scope = selectors.scope_of(unit)
    assert scope is not None
    found = services.look(actor=actor, now=now, source="land", purpose=WHY, limit=1000)
    assert found.rows
    assert all(scope.holds(row["place"]) for row in found.rows)
    name = next(column.name for column in selectors.contract_of("land").columns if column.mask == "name")
    assert all("*" in row[name] for row in found.rows if row[name])
    row = TrailRow.objects.get(action="datahub.rows.looked")
    assert (row.purpose, row.account_id) == (WHY, actor.account_id)
    assert selectors.looks(filled["county_officer"].actor)[0]["purpose"] == WHY
    assert selectors.looks(filled["outsider"].actor) == []  # another county's looks stay there


def test_a_look_needs_a_purpose_and_sensitive_sources_a_grant(filled: World, now: datetime) -> None:
    actor = filled["village_secretary"].actor
    with pytest.raises(DomainError, match="purpose"):
        services.look(actor=actor, now=now, source="land", purpose="看看")
    sensitive = next(c.name for c in selectors.need_home().book.contracts if c.sensitivity == "sensitive")
    with pytest.raises(DomainError, match="missing"):
        services.look(actor=actor, now=now, source=sensitive, purpose=WHY)
    with pytest.raises(DomainError, match="missing"):
        services.look(actor=actor, now=now, source="land", purpose=WHY, clear=True)
    with pytest.raises(NotFound):
        services.look(actor=actor, now=now, source="nothing", purpose=WHY)


def test_a_department_uses_what_another_person_granted_until_its_day(filled: World, now: datetime) -> None:
    department, county = filled["department_officer"].actor, filled["county_officer"].actor
    with pytest.raises(DomainError, match="missing"):
        services.look(actor=department, now=now, source="land", purpose=WHY)
    name = next(column.name for column in selectors.contract_of("land").columns if column.mask == "name")
    asked = services.ask(
        actor=department, now=now, source="land", columns=[name], place=filled.unit("qingshan").pk, purpose=WHY, basis="土地承包法",
        until=now.date() + timedelta(days=30), clear=True,
    )  # fmt: skip
    with pytest.raises(DomainError, match="missing"):
        services.look(actor=department, now=now, source="land", purpose=WHY)
    services.decide(actor=county, now=now, request=asked, granted=True)
    found = services.look(actor=department, now=now, source="land", purpose=WHY, clear=True, limit=500)
    scope = selectors.scope_of(filled.unit("qingshan"))
    assert scope is not None
    assert found.columns == ("place", name)
    assert found.rows
    assert all(scope.holds(row["place"]) for row in found.rows)
    assert any(row[name] and "*" not in row[name] for row in found.rows)
    later = now + timedelta(days=31)
    with pytest.raises(DomainError, match="missing"):
        services.look(actor=department, now=later, source="land", purpose=WHY)
    assert services.expire(actor=county, now=later) == 1
    assert AccessRequest.objects.get().state == access.ENDED


def test_nobody_decides_the_own_request_or_twice(filled: World, now: datetime) -> None:
    county = filled["county_officer"].actor
    asked = services.ask(
        actor=county, now=now, source="land", columns=["area"] if selectors.contract_of("land").has("area") else [selectors.contract_of("land").columns[0].name],
        place=filled.unit("county").pk, purpose=WHY, basis="职责", until=now.date() + timedelta(days=5),
    )  # fmt: skip
    with pytest.raises(DomainError, match="self"):
        services.decide(actor=county, now=now, request=asked, granted=True)
    with pytest.raises(NotAllowed):
        services.decide(actor=filled["village_secretary"].actor, now=now, request=asked, granted=True)
    services.end(actor=county, now=now, request=asked)
    with pytest.raises(DomainError, match="decided"):
        services.end(actor=county, now=now, request=asked)


def test_a_wrong_contract_is_told_by_line_and_the_good_one_stays(filled: World, now: datetime) -> None:
    actor = filled["county_officer"].actor
    keeper = type(actor)(**{**{f: getattr(actor, f) for f in actor.__dataclass_fields__}, "capabilities": actor.capabilities | {"datahub.contracts"}})
    good = selectors.contract_text("land")
    with pytest.raises(DomainError, match="wrong") as told:
        services.save_contract(actor=keeper, now=now, source="land", body=good.replace("[source]", "[sauce]"), words="改")
    assert "行" in told.value.message
    assert selectors.contract_text("land") == good
    assert not ContractVersion.objects.exists()


def test_an_accepted_contract_is_a_version(filled: World, now: datetime, django_capture_on_commit_callbacks) -> None:  # type: ignore[no-untyped-def]
    actor = filled["county_officer"].actor
    keeper = type(actor)(**{**{f: getattr(actor, f) for f in actor.__dataclass_fields__}, "capabilities": actor.capabilities | {"datahub.contracts"}})
    body = selectors.contract_text("land") + "\n# 说明\n"
    with django_capture_on_commit_callbacks(execute=True):
        services.save_contract(actor=keeper, now=now, source="land", body=body, words="加说明")
    assert selectors.contract_text("land") == body
    assert [row.number for row in selectors.versions("land")] == [2, 1]
    assert lake.Lake(selectors.folder()).book.by_name["land"].name == "land"


def test_what_is_held_is_not_asked_again(filled: World, now: datetime) -> None:
    found = selectors.asked_once(["姓名", "最喜欢的颜色"], filled["county_officer"].actor.unit, now.date())
    assert found is not None
    assert [each.element for each in found.held] == ["person.name"]
    assert found.open == ("最喜欢的颜色",)


def test_every_run_adds_up_and_its_held_rows_go_back(filled: World, now: datetime) -> None:
    name, report = selectors.runs()[0]
    assert selectors.run_of(name) == json.loads(json.dumps(report))
    assert all(each["arrived"] == each["kept"] + each["held"] for each in report["outcomes"])
    dirty = next(each for each in report["outcomes"] if each["held"])
    body = services.returned(actor=filled["county_officer"].actor, now=now, source=dirty["source"], batch=dirty["batch"])
    assert body[:2] == b"PK"


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("village_secretary", "/data/?complete=1"), ("county_officer", "/data/"), ("department_officer", "/data/"),
        ("county_officer", "/data/catalogue/"), ("county_officer", "/data/catalogue/land/"), ("county_officer", "/data/runs/"),
        ("county_officer", "/data/looks/"), ("village_secretary", "/data/requests/new/land/"),
    ],
)  # fmt: skip
def test_pages_open(filled: World, client: Client, who: str, path: str) -> None:
    client.force_login(filled[who].account)
    assert client.get(path).status_code == 200


def test_from_the_book_to_the_rows_and_out(filled: World, client: Client) -> None:
    client.force_login(filled["village_secretary"].account)
    page = client.post("/data/tables/land/", {"purpose": WHY})
    assert page.status_code == 200
    assert "松坡村" in page.content.decode()
    assert client.post("/data/tables/land/", {"purpose": ""}).status_code == 422
    book = client.post("/data/tables/land/export/", {"purpose": WHY})
    assert book.content[:2] == b"PK"
    column = next(c.name for c in selectors.contract_of("household").columns if c.type == "household")
    scope = selectors.scope_of(filled.unit("songpo"))
    assert scope is not None
    reader = lake.Viewer("test", scope, clear=True)
    moment = datetime.fromisoformat("2026-06-15T10:00:00+08:00")
    rows = lake.query(selectors.need_home(), reader, "household", now=moment, purpose=WHY, columns=[column], clear=True).rows.to_pylist()
    household = rows[0]
    found = client.post("/data/find/", {"household": household[column], "purpose": WHY})
    assert found.status_code == 200
    assert selectors.contract_of("household").title in found.content.decode()
    assert client.post("/data/find/", {"id_number": "110101199003070000", "purpose": WHY}).status_code == 422


@given(
    st.sampled_from([access.ASKED, access.GRANTED, access.REFUSED, access.ENDED]),
    st.dates(), st.dates(),
)  # fmt: skip
def test_a_grant_runs_only_when_granted_and_before_its_last_day(state: str, until, today) -> None:  # type: ignore[no-untyped-def]
    assert access.running(state, until, today) == (state == access.GRANTED and today < until)
