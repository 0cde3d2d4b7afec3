"""Random batches: in = kept + held, the order of deliveries of one source does not matter, killed runs end the same."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lake.conftest import NOW, deliver
from yanzhen.lake.api import Lake, run
from yanzhen.lake.invented.city import City

HEADS = ["姓名", "身份证号", "救助类别", "金额", "月份", "村代码"]
_ROOT = Path(__file__).resolve().parents[2]


def rows_of(city: City) -> st.SearchStrategy[list[str]]:
    ids = st.one_of(st.sampled_from(city.ids.to_pylist()[:40]), st.text(max_size=20), st.just("")).map(
        lambda s: s.replace("\0", "")
    )
    villages = [str(int(grid) // 1000) for grid in city.grids[:12]]
    return st.tuples(
        st.one_of(st.sampled_from(["陈平", "王 玲", "阿依•古丽"]), st.text(max_size=6)), ids,
        st.sampled_from(["低保", "1", "特困人员", "没有这种"]), st.one_of(st.sampled_from(["100", "1,200.50", "1.2万", "-3", "x"]), st.text(max_size=5)),
        st.sampled_from(["202401", "2024年3月", "2024-13", ""]), st.one_of(st.sampled_from(villages), st.sampled_from(["", "99", "350000000000"])),
    ).map(list)  # fmt: skip


@given(data=st.data())
@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_whatever_arrives_is_kept_or_held(empty: Path, city: City, data: st.DataObject) -> None:
    batches = data.draw(st.lists(st.lists(rows_of(city), min_size=1, max_size=12), min_size=1, max_size=2))
    with tempfile.TemporaryDirectory() as scratch:
        lake = _lake(empty, Path(scratch) / "lake")
        for number, batch in enumerate(batches):
            with (lake.inbox / "relief" / f"{number}.csv").open("w", newline="", encoding="utf-8") as out:
                csv.writer(out).writerows([HEADS, *batch])
        report = run(lake, now=NOW, threads=1, memory="500MB", sources=["relief"])
        manifest = lake.store.manifest("relief")
        stored = sum(pq.read_metadata(path).num_rows for path in lake.store.paths(manifest.files))
        assert (
            stored == sum(outcome.kept for outcome in report.outcomes) == sum(batch.kept for batch in manifest.batches)
        )
        for outcome in report.outcomes:
            if outcome.state == "kept":
                assert outcome.arrived == outcome.kept + outcome.held
                assert sum(outcome.reasons.values()) == outcome.held
        # the same again changes nothing
        before = lake.store.snapshot().tables
        again = run(lake, now=NOW, threads=1, memory="500MB", sources=["relief"])
        assert {outcome.state for outcome in again.outcomes} <= {"known"}
        assert lake.store.snapshot().tables == before


def _lake(empty: Path, folder: Path) -> Lake:
    shutil.copytree(empty, folder)
    path = folder / "contracts" / "relief.toml"
    path.write_text(path.read_text().replace("dirt = 0.05", "dirt = 1.0"))
    (folder / "inbox" / "relief").mkdir(parents=True)
    return Lake(folder)


_SOURCES = ("relief", "disability", "enterprise", "medical")
_RUN = """
import sys
from datetime import datetime, UTC
from pathlib import Path
from yanzhen.lake.api import Lake, run
run(Lake(Path(sys.argv[1])), now=datetime(2026, 11, 2, 3, tzinfo=UTC), threads=1, memory="1GB", sources=sys.argv[2].split(","))
"""


def content(lake: Lake) -> dict[str, str]:
    """A fingerprint of every table's rows, the lake's own tables included, whatever files they lie in."""
    found = {}
    for table in sorted(lake.store.snapshot().tables):
        rows = sorted(
            str(row)
            for path in lake.store.paths(lake.store.manifest(table).files)
            for row in pq.read_table(path).to_pylist()
        )
        found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


@pytest.mark.slow
def test_killed_at_any_instant_it_ends_the_same(empty: Path, deliveries: Path, tmp_path: Path) -> None:
    """kill -9 at random instants; each time a reader sees whole batches only, and the run that is let through ends as if nothing had been."""
    kills = int(os.environ.get("YANZHEN_KILLS", "3"))
    calm, hit = Lake(tmp_path / "calm"), Lake(tmp_path / "hit")
    for lake in (calm, hit):
        shutil.copytree(empty, lake.folder)
        deliver(lake, deliveries, *_SOURCES)
    start = time.monotonic()
    _work(calm, wait=None)
    whole = time.monotonic() - start
    batches = {table: {batch.id: batch.kept for batch in calm.store.manifest(table).batches} for table in _SOURCES}
    dice = random.Random(8)
    for _ in range(kills):
        _work(hit, wait=dice.uniform(0.15, 1.0) * whole)
        for table in _SOURCES:
            manifest = hit.store.manifest(table)
            assert all(batches[table][batch.id] == batch.kept for batch in manifest.batches)
            assert sum(pq.read_metadata(path).num_rows for path in hit.store.paths(manifest.files)) == sum(
                b.kept for b in manifest.batches
            )
    _work(hit, wait=None)
    assert content(hit) == content(calm)
    removed = hit.store.sweep(keep=1)
    assert removed >= 0
    assert content(hit) == content(calm)


def _work(lake: Lake, wait: float | None) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("YANZHEN")}
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, str(lake.folder), ",".join(_SOURCES)], cwd=_ROOT, env=environment
    )
    if wait is None:
        assert process.wait(timeout=600) == 0
        return
    try:
        process.wait(timeout=wait)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
