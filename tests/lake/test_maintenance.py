"""Upkeep changes no content; a redrawn map moves what it must and opens no more than it must."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from tests.lake.conftest import NOW, deliver
from tests.lake.test_pipeline import rows, take
from yanzhen.lake import places
from yanzhen.lake.api import Lake, Scope, book, compact, relocate
from yanzhen.lake.invented.city import City
from yanzhen.lake.places import Alias, Places


def test_compaction_changes_no_row(lake: Lake, deliveries: Path) -> None:
    whole = pq.read_table(deliveries / "enterprise" / "enterprise.parquet")
    (lake.inbox / "enterprise").mkdir(parents=True)
    for number in range(4):
        pq.write_table(
            whole.slice(number * 15, 20), lake.inbox / "enterprise" / f"{number}.parquet"
        )  # five of each come again
    take(lake, "enterprise")
    before, files = rows(lake, "enterprise"), len(lake.store.manifest("enterprise").files)
    snapshot = lake.store.snapshot().number
    assert compact(lake, now=NOW, many=2) > 0
    after = rows(lake, "enterprise")
    key = [("code", "ascending")]
    assert after.sort_by(key).to_pylist() == before.sort_by(key).to_pylist()
    manifest = lake.store.manifest("enterprise")
    assert len(manifest.files) < files
    assert not any(file.deleted for file in manifest.files)
    assert rows(lake, "enterprise", at=snapshot).sort_by(key).to_pylist() == before.sort_by(key).to_pylist()
    assert compact(lake, now=NOW, many=2) == 0


def _moved(lake: Lake, after: Places) -> tuple[Lake, Places]:
    before = lake.places
    shutil.rmtree(lake.folder / "reference")
    places.write(after, lake.folder / "reference")
    return Lake(lake.folder), before


def test_a_merged_village_takes_its_rows_along(lake: Lake, deliveries: Path, city: City) -> None:
    deliver(lake, deliveries, "resident", "land", "enterprise")
    take(lake, "resident", "land", "enterprise")
    grids = sorted(lake.places.polygons)
    old, new = grids[0] // 1000 * 1000, grids[6] // 1000 * 1000
    assert old // 10**6 == new // 10**6
    # the old village's grids go on as the new village's, under codes of their own
    renamed = {grid: new + 100 + grid % 1000 for grid in grids if grid // 1000 * 1000 == old}
    polygons = {renamed.get(grid, grid): body for grid, body in lake.places.polygons.items()}
    names = {renamed.get(number, number): name for number, name in lake.places.names.items() if number != old}
    aliases = tuple(Alias(alias.words, renamed.get(alias.place, alias.place)) for alias in lake.places.aliases)
    successors = {**lake.places.successors, old: new, **renamed}
    before_rows = {source: rows(lake, source) for source in ("resident", "land", "enterprise")}
    untouched = {
        file.path for file in lake.store.manifest("enterprise").files if file.town != old // 10**6 and file.town % 1000
    }
    lake, before = _moved(lake, Places(names, successors, aliases, polygons))
    assert relocate(lake, before, now=NOW).keys() >= {"resident", "land", "enterprise"}
    for source, table in before_rows.items():
        found = rows(lake, source)
        assert len(found) == len(table)
        was = dict(zip(table["_row"].to_pylist(), table["place"].to_pylist(), strict=True))
        for number, place in zip(found["_row"].to_pylist(), found["place"].to_pylist(), strict=True):
            expected = renamed.get(was[number], new if was[number] == old else was[number])
            assert place == expected, source
        assert not any(old <= place < old + 1000 for place in found["place"].to_pylist())
    assert untouched <= {file.path for file in lake.store.manifest("enterprise").files}
    counted = {line.source: line.rows for line in book(lake, Scope.of(str(new)[:12]), now=NOW)}
    place = rows(lake, "resident")["place"].to_numpy()
    assert counted["resident"] == int(((place >= new) & (place < new + 1000)).sum())
    assert relocate(lake, lake.places, now=NOW) == {}


def test_a_new_name_finds_rows_that_had_no_place(lake: Lake, deliveries: Path, city: City) -> None:
    deliver(lake, deliveries, "request")
    take(lake, "request")
    lost = rows(lake, "request")
    lost = lost.filter(np.asarray(lost["place"].to_numpy() % 1000 == 0) & np.asarray(lost["address"].is_valid()))
    if not len(lost):
        return
    address = lost["address"][0].as_py()
    grid = sorted(lake.places.polygons)[3]
    lake, before = _moved(lake, replace(lake.places, aliases=(*lake.places.aliases, Alias(address[:8], grid))))
    relocate(lake, before, now=NOW)
    found = rows(lake, "request")
    assert found["place"].to_pylist()[found["_row"].to_pylist().index(lost["_row"][0].as_py())] == grid


def test_reference_data_is_examined(city: City) -> None:
    assert not [words for words in city.places.problems() if "重叠" in words or "上级" in words]
    grids = sorted(city.places.polygons)
    broken = replace(
        city.places,
        names={**city.places.names, 359999100200000: "孤村"},
        polygons={**city.places.polygons, grids[0]: city.places.polygons[grids[1]]},
    )
    told = "\n".join(broken.problems())
    assert "孤村：上级" in told
    assert "孤村：村里没有一个网格有边界" in told
    assert f"网格 {grids[0]} 与 {grids[1]} 的边界重叠" in told
