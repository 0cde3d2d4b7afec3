"""Nobody sees past the own scope; masks, purposes, the log; a unit's book; asked once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lake.conftest import NOW
from yanzhen.kernel.errors import DomainError
from yanzhen.lake.api import (
    Lake,
    Scope,
    Viewer,
    Where,
    asked_already,
    book,
    by_unit,
    code,
    column_facts,
    held,
    look_up,
    looks,
    person_of,
    query,
)
from yanzhen.lake.invented import sources
from yanzhen.lake.invented.city import City

WHOLE = Viewer("bureau", Scope.of("0"), clear=True)


def ask(lake: Lake, viewer: Viewer, table: str, **more: object) -> object:
    return query(lake, viewer, table, now=NOW, purpose="测试", limit=10**6, **more)  # type: ignore[arg-type]


@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_leaves_the_scope(filled: Lake, data: st.DataObject) -> None:
    """Whatever is asked: the rows are exactly those of the scope, and no file without any was opened."""
    places = sorted(filled.places.names)
    units = data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3))
    table = data.draw(st.sampled_from([spec.name for spec in sources.SPECS]))
    scope = Scope.of(*(code(unit) for unit in units))
    columns = data.draw(st.sampled_from([(), ("_row",), ("place", "_row")]))
    answer = ask(filled, Viewer("somebody", scope), table, columns=columns)
    everything = ask(filled, WHOLE, table, columns=("place", "_row"))
    inside = [row for row in everything.rows.to_pylist() if scope.holds(row["place"])]  # type: ignore[attr-defined]
    assert sorted(answer.rows["_row"].to_pylist()) == sorted(row["_row"] for row in inside)  # type: ignore[attr-defined]
    for path in answer.opened.files:  # type: ignore[attr-defined]
        found = pq.read_table(filled.folder / path, columns=["place"])["place"].to_numpy()
        assert any(
            ((found >= low) & (found < high)).any() or (found[0] < high and found[-1] >= low)
            for low, high in scope.ranges
        )
        assert len(np.unique(found // 10**6)) == 1


@given(
    st.lists(
        st.sampled_from(["35", "3599", "359901", "359901100", "359901100200", "359901100200001", "359902"]),
        min_size=1,
        max_size=4,
    )
)
def test_scopes_add_up(codes: list[str]) -> None:
    scope = Scope.of(*codes)
    for number in (
        359901100200001,
        359901100201000,
        359901100000000,
        359902000000000,
        350000000000000,
        360000000000000,
    ):
        assert scope.holds(number) == any(Scope.of(each).holds(number) for each in codes)
    assert all(Scope.of(each).within(scope) for each in codes)
    assert not Scope.of("0").within(scope)


def test_a_narrower_question_must_lie_inside(filled: Lake, city: City) -> None:
    town = str(int(city.grids[0]) // 10**6)
    viewer = Viewer("secretary", Scope.of(town))
    grid = Scope.of(str(city.grids[0]))
    assert len(ask(filled, viewer, "meter", within=grid).rows) < len(ask(filled, viewer, "meter").rows)  # type: ignore[attr-defined]
    with pytest.raises(DomainError, match=r"lake\.scope"):
        ask(filled, viewer, "meter", within=Scope.of("3599"))


def test_what_could_not_be_located_is_for_the_whole_only(filled: Lake) -> None:
    nowhere = [row for row in ask(filled, WHOLE, "medical").rows["place"].to_pylist() if row == 0]  # type: ignore[attr-defined]
    assert nowhere
    city = ask(filled, Viewer("city", Scope.of("3599")), "medical").rows  # type: ignore[attr-defined]
    assert 0 not in city["place"].to_pylist()
    assert len(city) + len(nowhere) == len(ask(filled, WHOLE, "medical").rows)  # type: ignore[attr-defined]


def test_masks_purposes_and_the_log(filled: Lake) -> None:
    clerk, officer = Viewer("clerk", Scope.of("3599")), Viewer("officer", Scope.of("3599"), clear=True)
    masked = query(
        filled, clerk, "resident", now=NOW, purpose="核对户籍", columns=["name", "phone", "address"], limit=50
    ).rows.to_pylist()
    plain = query(
        filled,
        officer,
        "resident",
        now=NOW,
        purpose="核对户籍",
        columns=["name", "phone", "address"],
        limit=50,
        clear=True,
    ).rows.to_pylist()
    for hidden, shown in zip(masked, plain, strict=True):
        assert hidden["name"] == shown["name"][0] + "*" * (len(shown["name"]) - 1)
        assert hidden["phone"] is None or hidden["phone"] == f"{shown['phone'][:3]}****{shown['phone'][-4:]}"
        assert hidden["address"] == shown["address"][:6] + "***"
    with pytest.raises(DomainError, match=r"lake\.clear"):
        query(filled, clerk, "resident", now=NOW, purpose="核对", clear=True)
    with pytest.raises(DomainError, match=r"lake\.purpose"):
        query(filled, officer, "resident", now=NOW, purpose="  ")
    with pytest.raises(DomainError, match=r"lake\.masked"):
        query(filled, clerk, "resident", now=NOW, purpose="找人", where=[Where("phone", "=", plain[0]["phone"])])
    last = looks(filled, who="officer", table="resident")[0]
    assert (last["purpose"], last["rows"], last["clear"]) == ("核对户籍", 50, True)


@pytest.mark.parametrize("column", ["id", "nothing", 'name" FROM x --'])
def test_columns_that_are_not_there(filled: Lake, column: str) -> None:
    with pytest.raises(DomainError, match=r"lake\.column"):
        ask(filled, WHOLE, "resident", columns=[column])
    with pytest.raises(DomainError, match=r"lake\.column"):
        ask(filled, WHOLE, "resident", where=[Where(column, "=", 1)])


def test_conditions_are_parameters(filled: Lake) -> None:
    found = ask(filled, WHOLE, "resident", where=[Where("record", "=", "x' OR 1=1 --")])
    assert len(found.rows) == 0  # type: ignore[attr-defined]
    some = ask(
        filled, WHOLE, "medical", where=[Where("total", ">", 500), Where("kind", "in", ["2"])], clear=True
    ).rows.to_pylist()  # type: ignore[attr-defined]
    assert some
    assert all(row["total"] > 500 and row["kind"] == "2" for row in some)
    with pytest.raises(DomainError, match=r"lake\.operator"):
        ask(filled, WHOLE, "medical", where=[Where("total", "; DROP", 1)])


def test_all_on_one_person_inside_the_scope(filled: Lake, city: City, deliveries: Path) -> None:
    at = next(n for n in range(city.people) if person_of(filled, city.ids[n].as_py()) is not None)
    person = person_of(filled, city.ids[at].as_py())
    assert person_of(filled, "11010519491231002X") is None
    found = look_up(filled, WHOLE, person=person, now=NOW, purpose="本人查询")
    assert "resident" in found
    assert all(set(rows["person"].to_pylist()) == {person} for rows in found.values())
    home = int(found["resident"]["place"][0].as_py())
    other = next(int(grid) for grid in city.grids if int(grid) // 10**9 != home // 10**9)
    assert look_up(filled, Viewer("elsewhere", Scope.of(str(other))), person=person, now=NOW, purpose="越界") == {}
    house = found["resident"]["household"][0].as_py()
    assert house == "***"
    plain = look_up(filled, WHOLE, person=person, now=NOW, purpose="本人查询", clear=True)["resident"]["household"][
        0
    ].as_py()
    assert set(look_up(filled, WHOLE, household=plain, now=NOW, purpose="按户")) >= {"resident", "household", "meter"}


def test_books_of_the_parts_make_the_book_of_the_whole(filled: Lake) -> None:
    whole = {line.source: line for line in book(filled, Scope.of("3599"), now=NOW, complete=True)}
    counties = [number for number in filled.places.names if number % 10**9 == 0 and number % 10**11]
    parts = [{line.source: line.rows for line in book(filled, Scope.of(code(county)), now=NOW)} for county in counties]
    for source, line in whole.items():
        assert (
            line.rows
            == sum(part[source] for part in parts)
            == len(ask(filled, Viewer("x", Scope.of("3599")), source).rows)
        )  # type: ignore[attr-defined]
        assert sum(line.located.values()) == line.rows
        assert sum(rows for _day, rows in line.trend) == line.rows
    assert 0 < whole["medical"].complete["phone"] < 1
    assert whole["medical"].complete["number"] == 1
    assert sum(by_unit(filled, "resident", 9).values()) == sum(
        b.kept for b in filled.store.manifest("resident").batches
    )


def test_asked_once(filled: Lake) -> None:
    facts = column_facts(filled)
    best = held(filled.book, "person.name", facts)[0]
    assert (best.source, best.truth, best.complete) == ("resident", True, 1.0)
    form = asked_already(filled.book, ["person.name", "person.birth", "person.phone", "request.text"], facts)
    assert [holding.element for holding in form.held] == ["person.name", "person.birth", "person.phone"]
    assert form.open == ("request.text",)
    assert form.share == 0.75
    assert held(filled.book, "person.political_status", facts) == []
