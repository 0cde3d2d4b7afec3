"""The list: tabs, filters, columns, saved filters, paper, workbook, many at once."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from tests.personas import World
from yanzhen.matters import services
from yanzhen.matters.models import Matter, SavedFilter
from yanzhen.matters.web import show


@pytest.fixture
def county(world: World) -> Client:
    return world["county_officer"].client()


def test_filters_are_applied_and_taken_off_one_by_one(make: Callable[..., Matter], county: Client) -> None:
    make("松坡水渠淤塞，浇不上水。", "songpo", urgency="urgent")
    make("柳湾道路积水，车过不去。", "liuwan", category="0301")
    page = county.get(reverse("matters"), {"tab": "all", "urgency": "urgent", "q": "水渠"})
    text = page.content.decode()
    assert "松坡水渠" in text
    assert "柳湾道路" not in text
    chips = {str(chip.label): chip.remove_url for chip in page.context["filters"].chips}
    assert set(chips) == {"紧急程度", "编号、姓名、地点或文字"}
    assert "urgency" not in chips["紧急程度"]
    assert "q=" in chips["紧急程度"]


def test_a_wrong_filter_says_so(make: Callable[..., Matter], county: Client) -> None:
    page = county.get(reverse("matters"), {"tab": "all", "received_from": "2026-05-02", "received_to": "2026-05-01"})
    assert page.status_code == 422
    assert "截止日期早于起始日期" in page.content.decode()


def test_pages_hold_each_row_once(make: Callable[..., Matter], county: Client) -> None:
    made = {make(f"第{at}件水渠诉求。", "songpo").pk for at in range(30)}
    first = county.get(reverse("matters"), {"tab": "all"})
    second = county.get(reverse("matters") + first.context["table"].next_url)
    seen = [int(row.key) for page in (first, second) for row in page.context["table"].rows]
    assert sorted(seen) == sorted(made)
    back = county.get(reverse("matters") + second.context["table"].prev_url)
    assert [row.key for row in back.context["table"].rows] == [row.key for row in first.context["table"].rows]


def test_density_and_columns_are_kept_for_the_login(make: Callable[..., Matter], county: Client) -> None:
    make()
    county.post(reverse("matters_show"), {"density": "compact", "columns": ["light", "voices"], "query": "tab=all"})
    page = county.get(reverse("matters"), {"tab": "all"})
    assert [str(column.label) for column in page.context["table"].columns] == ["事项", "时限", "反映人数"]
    assert "ym-compact" in page.content.decode()


def test_named_filters_are_ones_own(world: World, lists: None, county: Client) -> None:
    saved = county.post(reverse("filter_save"), {"name": "超期未办", "query": "tab=all&light=red"})
    assert saved["Location"].endswith("?tab=all&light=red")
    assert "超期未办" in county.get(reverse("matters")).content.decode()
    other = world["township_secretary"].client()
    assert "超期未办" not in other.get(reverse("matters")).content.decode()
    kept = SavedFilter.objects.get()
    other.post(reverse("filter_drop", args=[kept.pk]))
    assert SavedFilter.objects.exists()  # somebody else's is left alone
    county.post(reverse("filter_drop", args=[kept.pk]))
    assert not SavedFilter.objects.exists()
    assert county.post(reverse("filter_save"), {"name": "", "query": ""}).status_code == 422


def body(answer: Any) -> list[list[Any]]:
    """The rows between the headings and the notes of an exported workbook."""
    rows = CalamineWorkbook.from_filelike(BytesIO(answer.getvalue())).get_sheet_by_index(0).to_python()
    heads = next(at for at, row in enumerate(rows) if row[0] == "编号")
    return [row for row in rows[heads + 1 :] if str(row[0]).count("-") == 2 and row[1]]


def test_the_workbook_opens_and_holds_the_list(make: Callable[..., Matter], county: Client) -> None:
    make("=1+1 水渠", "songpo", title="=cmd|' /C calc'!A0")
    make("柳湾道路积水，车过不去。", "liuwan", category="0301")
    answer = county.get(reverse("matters_export"), {"tab": "all", "q": ""})
    assert answer["Content-Type"].startswith("application/vnd.openxmlformats")
    assert {row[1] for row in body(answer)} == {"=cmd|' /C calc'!A0", "柳湾道路积水，车过不去"}  # text, not a formula
    above = Matter.objects.get(title__startswith="柳湾").category.parent_id
    narrowed = county.get(reverse("matters_export"), {"tab": "all", "category": above})
    assert [row[1] for row in body(narrowed)] == ["柳湾道路积水，车过不去"]
    assert county.get(reverse("matters_export"), {"tab": "all", "category": "x"}).status_code == 302


def test_print_view(make: Callable[..., Matter], county: Client) -> None:
    make("松坡水渠淤塞，浇不上水。", "songpo")
    page = county.get(reverse("matters_print"), {"tab": "all"})
    assert page.status_code == 200
    assert "松坡水渠" in page.content.decode()
    assert 'type="checkbox" name="tick"' not in page.content.decode()


def test_many_assigned_with_the_result_of_each(world: World, make: Callable[..., Matter], county: Client) -> None:
    good, taken = make(), make("已经有人在办的事。")
    services.take(actor=world["county_officer"].actor, now=timezone.now(), matter=taken)
    foreign = {"action": "assign", "tick": [good.pk, taken.pk, 999_999]}
    asked = county.post(reverse("matters_many"), foreign)
    assert asked.status_code == 200
    unchosen = county.post(reverse("matters_many"), {**foreign, "lead": "", "confirmed": "1"})
    assert unchosen.status_code == 422
    lead = world.unit("agriculture").pk
    done = county.post(reverse("matters_many"), {**foreign, "lead": lead, "words": "请办", "confirmed": "1"})
    lines = {matter.pk: error for matter, error in done.context["lines"]}
    assert lines[good.pk] is None
    assert "不能" in lines[taken.pk]
    assert set(lines) == {good.pk, taken.pk}
    good.refresh_from_db()
    assert (good.state, good.lead_id) == ("assigned", lead)


def test_many_archived_only_after_they_were_rated(world: World, make: Callable[..., Matter], county: Client) -> None:
    matter = make()
    actor, bureau = world["county_officer"].actor, world["department_officer"].actor
    now = timezone.now()
    services.assign(actor=actor, now=now, matter=matter, lead=world.unit("agriculture").pk)
    services.accept(actor=bureau, now=now, matter=matter)
    services.answer(actor=bureau, now=now, matter=matter, words="办好了")
    data = {"action": "archive", "tick": [matter.pk], "confirmed": "1"}
    refused = county.post(reverse("matters_many"), data)
    assert "回访" in refused.content.decode()
    services.call_back(actor=actor, now=now, matter=matter, contacted=True, solved=True, grade="good")
    county.post(reverse("matters_many"), data)
    matter.refresh_from_db()
    assert matter.state == "archived"


def test_nothing_ticked(lists: None, county: Client) -> None:
    assert county.post(reverse("matters_many"), {"action": "archive"}).status_code == 422


def test_words_of_lamps_follow_the_language() -> None:
    from django.utils.translation import override

    with override("zh-hans"):
        assert show.clock_words("剩 1.5 个工作日") == "剩 1.5 个工作日"
    assert show.clock_words("") == ""


def test_proposals_for_boxes(lists: None, county: Client) -> None:
    found = county.get(reverse("category_find"), {"q": "水利"}).content.decode()
    assert "0101 农业农村 / 农田水利" in found
    places = county.get(reverse("place_find"), {"q": "松坡"}).content.decode()
    assert "990101100201" in places
    assert "990102" not in county.get(reverse("place_find"), {"q": "枫林"}).content.decode()  # another county's
