"""A Spark that is there already: the same Ibis expressions, distributed. Needs pyspark on the driver and a shared folder.

Dictionaries (distinct values and what they stand for) go through Parquet in the lake's folder, which every worker must see; so do
results. The kernels run on the driver, on distinct values only: tens of millions of them at a city's size, minutes of one core.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake.engines.base import Part, Split
from yanzhen.lake.landing import FILE_SHIFT, Landed
from yanzhen.lake.places import HELD


class Spark:
    """Spark through Ibis. ``master``: local[2], local-cluster[2,1,1500], spark://… or yarn; ``memory`` of driver and executors."""

    name = "spark"

    def __init__(self, tmp: Path, master: str = "local[2]", memory: str = "1500m", parts: int = 8) -> None:
        if find_spec("pyspark") is None:
            raise DomainError("lake.spark", "没有安装 pyspark（4.0.5）。")
        if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
            raise DomainError("lake.java", "这台机器没有 Java，Spark 起不来。")
        import pyspark
        from pyspark.sql import SparkSession

        os.environ.setdefault("SPARK_HOME", str(Path(pyspark.__file__).parent))
        self._tmp = tmp / "spark"
        self._tmp.mkdir(parents=True, exist_ok=True)
        settings = {
            "spark.ui.enabled": "false",
            "spark.driver.memory": memory,
            "spark.executor.memory": memory if not master.startswith("local[") else "1g",
            "spark.sql.shuffle.partitions": str(parts),
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
            "spark.sql.parquet.compression.codec": "zstd",
            "spark.local.dir": str(self._tmp / "local"),
            "spark.sql.warehouse.dir": str(self._tmp / "warehouse"),
            "spark.driver.extraJavaOptions": f"-Dderby.system.home={self._tmp}",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.log.level": "ERROR",
        }
        builder = SparkSession.builder.master(master).appName("yanzhen-lake")
        for key, value in settings.items():
            builder = builder.config(key, value)
        self.session: Any = builder.getOrCreate()
        self.backend = ibis.pyspark.connect(self.session)
        self._count = 0
        self._grown: dict[str, list[Path]] = {}

    def raw(self, landed: Landed) -> Any:
        frames = []
        for number, path in enumerate(landed.paths):
            frame = self.session.read.parquet(str(path))
            if not landed.numbered:
                frame = frame.selectExpr("*", f"_metadata.row_index + {number << FILE_SHIFT}L AS _row")
            frames.append(frame)
        whole = frames[0]
        for frame in frames[1:]:
            whole = whole.unionByName(frame)
        return self._view(self._name("landed"), whole)

    def put(self, name: str, table: pa.Table) -> Any:
        path = self._path(name)
        pq.write_table(table, path)
        return self._view(name, self.session.read.parquet(str(path)))

    def grow(self, name: str, table: pa.Table) -> Any:
        files = self._grown.setdefault(name, [])
        if len(table) or not files:
            files.append(self._path(name))
            pq.write_table(table, files[-1])
        return self._view(name, self.session.read.parquet(*map(str, files)))

    def hold(self, name: str, expression: Any) -> Any:
        path = self._path(name)
        self._frame(expression).write.parquet(str(path))
        return self._view(name, self.session.read.parquet(str(path)))

    def fetch(self, expression: Any) -> pa.Table:
        path = self._path("fetched")
        self._frame(expression).write.parquet(str(path))
        found = pq.read_table(path)
        shutil.rmtree(path)
        return found

    def drop(self, names: Sequence[str]) -> None:
        for name in names:
            self.session.catalog.dropTempView(name)
            self._grown.pop(name, None)

    def split(self, expression: Any, folder: Path, row_group: int, cut: int) -> Split:
        """One file a town, each written by one task in the order of places; ``row_group`` is left to Spark's block size."""
        frame = self._frame(expression)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / "spark"
        good = (
            frame.filter(f"place <> {HELD}")
            .drop("why")
            .withColumn("town", (frame["place"] - frame["place"] % 10**cut) / 10**cut)
        )
        good = good.withColumn("town", good["town"].cast("bigint"))
        good.repartition("town").sortWithinPartitions("town", "place", "_row").write.option(
            "parquet.block.size", 8 << 20
        ).partitionBy("town").parquet(str(target))
        result = Split()
        held = self._path("held")
        frame.filter(f"place = {HELD}").select("_row", "why").write.parquet(str(held))
        table = pq.read_table(held)
        if len(table):
            result.held.append(pa.table({"_row": table["_row"], "why": table["why"].cast(pa.int32())}))
        for directory in sorted(target.glob("town=*")):
            for path in sorted(directory.glob("*.parquet")):
                self._part(int(directory.name.removeprefix("town=")), path, folder, result)
        return result

    @staticmethod
    def _part(town: int, path: Path, folder: Path, result: Split) -> None:
        final = folder / f"{town}.parquet"
        path.replace(final)
        file = pq.ParquetFile(final)
        table = file.read(columns=["place", "how", "tie"])
        place = table["place"].to_numpy()
        result.parts.append(Part(final, town, len(place), int(place[0]), int(place[-1])))
        result.kept += len(place)
        for name, into in (("how", result.how), ("tie", result.ties), ("place", result.places)):
            for value, count in zip(*np.unique(table[name].to_numpy(), return_counts=True), strict=True):
                into[int(value)] = into.get(int(value), 0) + int(count)
        names = file.schema_arrow.names
        for group in range(file.metadata.num_row_groups):
            shape = file.metadata.row_group(group)
            for index, name in enumerate(names):
                if name in {"place", "_row", "how", "tie"}:
                    continue
                statistics = shape.column(index).statistics
                nulls = statistics.null_count if statistics is not None and statistics.has_null_count else 0
                result.values[name] = result.values.get(name, 0) + shape.num_rows - nulls

    def close(self) -> None:
        self.session.stop()

    def _frame(self, expression: Any) -> Any:
        return self.session.sql(str(self.backend.compile(expression)))

    def _view(self, name: str, frame: Any) -> Any:
        frame.createOrReplaceTempView(name)
        return self.backend.table(name)

    def _name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}_{self._count}"

    def _path(self, stem: str) -> Path:
        return self._tmp / f"{self._name(stem)}.parquet"
