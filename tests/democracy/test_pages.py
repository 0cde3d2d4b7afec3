"""Pages: a table uploaded and masked on its way to the board, the proof asked for, rosters as a workbook, seats from a table."""

from __future__ import annotations

from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.personas import Persona, World
from yanzhen.democracy.domain.disclosure import period_of
from yanzhen.democracy.models import Disclosure, Seat
from yanzhen.kernel.intake import api as intake
from yanzhen.registry.api import unit_ref
from yanzhen.registry.models import Person

CSV = "户主,身份证号,电话,住址,金额（元）\n张三丰,990101198003070018,13812345678,松坡村三组12号,500\n"


def test_a_table_becomes_a_masked_notice_that_everybody_can_check(
    world: World, village_secretary: Persona, supervisor: Persona
) -> None:
    clerk, watch = village_secretary.client(), supervisor.client()
    period = period_of("quarter", timezone.localdate()).code
    url = f"{reverse('disclosure_new')}?item=relief&period={period}"
    assert clerk.post(url, {}).status_code == 422
    sent = clerk.post(
        url, {"file": SimpleUploadedFile("补贴.csv", CSV.encode(), "text/csv"), "remarks": "咨询13812345678"}
    )
    assert sent.status_code == 302, sent.content.decode()[-500:]
    row = Disclosure.objects.get()
    for secret in ("990101198003070018", "13812345678", "张三丰", "12号"):
        assert secret not in row.content
    assert (
        Client().get(reverse("open_notice", args=[row.unit.code, row.pk])).status_code == 404
    )  # a draft is nobody's business yet
    clerk.post(reverse("disclosure_submit", args=[row.pk]), {"version": row.version})
    watch.post(reverse("disclosure_review", args=[row.pk]), {"passed": "yes"})
    assert clerk.post(reverse("disclosure_publish", args=[row.pk]), {"days": "10"}).status_code == 422
    clerk.post(reverse("disclosure_publish", args=[row.pk]), {"days": "15"})
    row.refresh_from_db()
    everybody = Client()
    page = everybody.get(reverse("open_notice", args=[row.unit.code, row.pk])).content.decode()
    assert "张**" in page
    assert "松坡村三组" in page
    asked = everybody.get(
        reverse("open_verify", args=[row.unit.code]),
        {"digest": row.digest[:12], "on": timezone.localdate().isoformat()},
    )
    assert asked.content.decode().count(row.title) == 2  # found by its fingerprint, and among what hung today
    assert "一致" in everybody.get(reverse("open_proof", args=[row.unit.code, row.pk])).content.decode()
    paper = everybody.get(reverse("open_print", args=[row.unit.code, row.pk]))
    assert b"".join(paper.streaming_content if paper.streaming else [paper.content])[:5] == b"%PDF-"


def test_the_roster_leaves_as_a_workbook_without_numbers_of_papers(
    world: World, village_secretary: Persona, bodies: dict[str, list[Person]]
) -> None:
    answer = village_secretary.client().get(reverse("roster_export", args=[world.unit("songpo").pk, "representatives"]))
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    rows = [cells for _number, cells in intake.rows_of(body, intake.XLSX)]
    assert sum(person.name in "".join("".join(row) for row in rows) for person in bodies["representatives"]) == 20
    assert not any("身份证" in cell for row in rows for cell in row)


def test_seats_come_from_a_table_through_the_same_rules(
    world: World, village_secretary: Persona, people: list[Person]
) -> None:
    now, unit = timezone.now(), world.unit("songpo")
    text = f"村代码,机构,姓名,职务,任职日期\n{unit.code},村民代表,{people[0].name},村民代表,2025-01-01\n{unit.code},村民代表,查无此人,,\n"
    run = intake.start(
        actor=village_secretary.actor,
        now=now,
        importer="seats",
        unit=unit_ref(unit),
        upload=text.encode(),
        name="任职.csv",
    )
    places = {"village": 0, "body": 1, "name": 2, "duty": 3, "since": 4}
    intake.choose_columns(actor=village_secretary.actor, now=now, run=run, places=places)
    run.refresh_from_db()
    assert (run.rows, run.bad) == (2, 1)  # nobody of the second name is on file
    intake.confirm(actor=village_secretary.actor, now=now, run=run)
    seat = Seat.objects.get()
    assert (seat.person_id, seat.valid_from) == (people[0].pk, date(2025, 1, 1))


def test_the_public_board_is_the_same_for_somebody_who_is_logged_in(world: World, village_secretary: Persona) -> None:
    url = reverse("open_village", args=[world.unit("songpo").code])
    assert village_secretary.client().get(url).status_code == Client().get(url).status_code == 200
    assert Client().get(reverse("open_village", args=["000000000000"])).status_code == 404
