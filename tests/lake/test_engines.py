"""One set of expressions, two engines: the same input gives the same rows."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from tests.lake.conftest import NOW, deliver
from yanzhen.lake.api import Lake, Scope, Viewer, query, run

SOURCES = ("resident", "medical", "request")


def prints(lake: Lake) -> dict[str, str]:
    """A fingerprint of each table's content: every row, every column, in order."""
    viewer = Viewer("test", Scope.of("0"), clear=True)
    found = {}
    for source in SOURCES:
        rows = query(lake, viewer, source, now=NOW, purpose="测试", limit=10**7, clear=True).rows
        body = "\n".join(map(str, rows.to_pylist()))
        found[source] = f"{len(rows)} {hashlib.sha256(body.encode()).hexdigest()}"
    return found


@pytest.mark.spark
@pytest.mark.slow
def test_spark_gives_the_same_rows(lake: Lake, deliveries: Path, tmp_path: Path) -> None:
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("no Java on this machine: Spark cannot start")
    pytest.importorskip("pyspark", reason="pyspark is not installed")
    from yanzhen.lake.engines.spark import Spark

    deliver(lake, deliveries, *SOURCES)
    other = Lake(tmp_path / "other")
    shutil.copytree(lake.folder, other.folder)
    run(lake, now=NOW, threads=1, memory="1GB", sources=SOURCES)
    engine = Spark(tmp_path / "spark", "local[1]", memory="1g", parts=2)
    try:
        run(other, now=NOW, sources=SOURCES, engine=engine)
    finally:
        engine.close()
    assert prints(other) == prints(lake)
