"""Admission list, duty lists, presses, categories, triage model, feedback."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.personas import World
from yanzhen.kernel.scope.api import Actor
from yanzhen.matters import services
from yanzhen.matters.domain.triage.model import MIN_EXAMPLES
from yanzhen.matters.models import Admission, Feedback, Matter


@pytest.fixture
def county(world: World) -> Client:
    return world["county_officer"].client()


def application(world: World, **given: object) -> dict[str, object]:
    today = timezone.localdate()
    return {
        "item": "独居老人走访", "department": world.unit("civil").pk, "scope_unit": world.unit("county").pk, "level": "sub1",
        "basis": "县办法", "content": "每月看望一次", "minutes": 15, "valid_from": today.isoformat(),
        "valid_to": (today + timedelta(days=90)).isoformat(), **given,
    }  # fmt: skip


def test_application_review_publicity(world: World, lists: None, county: Client) -> None:
    wrong = county.post(reverse("admission_new"), application(world, valid_to="", urgent="on"))
    assert wrong.status_code == 422
    assert "紧急事项必须填写截止日期" in wrong.content.decode()
    made = county.post(reverse("admission_new"), application(world))
    found = Admission.objects.get(item="独居老人走访")
    assert made["Location"] == reverse("admission", args=[found.pk])
    page = reverse("admission", args=[found.pk])
    assert county.get(page).context["form"] is None  # the applicant does not review
    services.step_admission(
        actor=_somebody_else(world), now=timezone.now(), admission=found, step="review", passed=True
    )
    found.refresh_from_db()
    assert found.state == "joint"
    assert found.item in world["village_secretary"].client().get(reverse("admissions")).content.decode()
    assert world["outsider"].client().get(page).status_code == 404


def _somebody_else(world: World) -> Actor:
    return replace(world["county_officer"].actor, account_id=999_999, name="另一位同志")


def test_a_reviewer_takes_the_step_on_the_page(world: World, lists: None, county: Client) -> None:
    found = services.apply_admission(
        actor=_somebody_else(world), now=timezone.now(), item="山塘水位查看", department=world.unit("agriculture").pk,
        scope_unit=world.unit("county").pk, basis="县办法", content="查看", valid_to=timezone.localdate() + timedelta(days=60),
    )  # fmt: skip
    page = reverse("admission", args=[found.pk])
    silent = county.post(page, {"step": "review", "passed": "no", "words": ""})
    assert silent.status_code == 422
    assert county.post(page, {"step": "review", "passed": "yes", "words": "同意"}).status_code == 302
    found.refresh_from_db()
    assert (found.state, found.reviewed_by) == ("joint", world["county_officer"].actor.account_id)


def test_expiry_lamps(world: World, lists: None, county: Client) -> None:
    Admission.objects.filter(code="ZR-1").update(valid_to=timezone.localdate() + timedelta(days=5))
    assert "剩 5 天" in county.get(reverse("admissions")).content.decode()


def test_duty_lists(world: World, lists: None) -> None:
    page = world["village_secretary"].client().get(reverse("duties"), {"list": "village"}).content.decode()
    assert "松坡村" in page
    assert "农业农村日常事务" in page
    assert "农业农村日常事务" not in world["outsider"].client().get(reverse("duties")).content.decode()


def test_press_board(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make("水渠塌方。", "songpo")
    services.assign(
        actor=world["county_officer"].actor, now=timezone.now(), matter=matter, lead=world.unit("agriculture").pk
    )
    services.press(actor=world["county_officer"].actor, now=timezone.now(), matter=matter, level=1, words="两日内办结")
    assert "水渠塌方" in county.get(reverse("presses")).content.decode()
    assert "水渠塌方" not in county.get(reverse("presses"), {"tab": "cleared"}).content.decode()
    assert "水渠塌方" not in world["outsider"].client().get(reverse("presses")).content.decode()
    assert "两日内办结" in county.get(reverse("matter", args=[matter.pk])).content.decode()
    assert "两日内办结" in world["department_officer"].client().get("/").content.decode()
    press = matter.presses.get()
    letter = county.get(reverse("press_letter", args=[matter.pk, press.pk])).content.decode()
    assert "两日内办结" in letter
    assert world["outsider"].client().get(reverse("press_letter", args=[matter.pk, press.pk])).status_code == 404


def test_categories_are_searched(lists: None, county: Client) -> None:
    assert "农业农村" in county.get(reverse("categories")).content.decode()
    found = county.get(reverse("categories"), {"q": "道路"}).content.decode()
    assert "城乡建设 / 村组道路" in found
    assert "农田水利" not in found


def test_feedback_is_given_and_answered(world: World, county: Client) -> None:
    worker = world["grid_worker"].client()
    assert worker.post(reverse("feedback_new"), {"text": ""}).status_code == 422
    worker.post(reverse("feedback_new"), {"text": "登记时请带出上次的地点", "page": "/matters/new/"})
    kept = Feedback.objects.get()
    assert "登记时请带出上次的地点" in county.get(reverse("feedback")).content.decode()
    assert kept.code not in county.get(reverse("feedback")).content.decode()
    assert world["grid_worker"].client().get(reverse("feedback")).status_code == 403
    assert county.post(reverse("feedback_answer", args=[kept.pk]), {"answer": ""}).status_code == 422
    county.post(reverse("feedback_answer", args=[kept.pk]), {"answer": "下个版本带出"})
    assert "下个版本带出" in worker.get(reverse("feedback_new")).content.decode()


def test_triage_model_is_trained_from_the_page(
    make: Callable[..., Matter], county: Client, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.YANZHEN, "data", tmp_path)  # models of other tests' counties lie in the common folder
    each = MIN_EXAMPLES // 2 + 1
    for at in range(each):
        make(f"第{at}处水渠淤塞，稻田浇不上水。", "songpo")
        make(f"第{at}段村道路面破损，车辆难行。", "songpo", category="0301")
    assert "还没有训练过" in county.get(reverse("triage")).content.decode()
    assert county.post(reverse("triage_train")).status_code == 302
    trained = county.get(reverse("triage"))
    assert trained.context["state"].examples == 2 * each
    assert world["grid_worker"].client().post(reverse("triage_train")).status_code == 403
