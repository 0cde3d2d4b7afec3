"""The steps themselves (`python -m bench.lake.steps STEP FOLDER ROWS SEED MEMORY THREADS`): each prints one JSON line at its end."""

from __future__ import annotations

import json
import pickle
import resource
import shutil
import sys
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import yanzhen.lake.invented as invented
from yanzhen.lake import places
from yanzhen.lake.api import Lake, Scope, Viewer, query, run, setup
from yanzhen.lake.invented import sources
from yanzhen.lake.invented.city import City, make

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)


def main() -> None:
    step, folder, rows, seed, memory, threads = sys.argv[1:7]
    work = Work(Path(folder), int(rows), int(seed), memory, int(threads))
    print(json.dumps(getattr(work, step)(), ensure_ascii=False))


class Work:
    def __init__(self, folder: Path, rows: int, seed: int, memory: str, threads: int) -> None:
        self.folder, self.rows, self.seed, self.memory, self.threads = folder, rows, seed, memory, threads
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    def city(self) -> City:
        path = self.folder / "city.pickle"
        if path.exists():
            found: City = pickle.loads(path.read_bytes())
            return found
        made = make(sources.people_for(self.rows), self.seed)
        path.write_bytes(pickle.dumps(made))
        return made

    def generate(self) -> dict[str, Any]:
        city = self.city()
        made = sources.write(city, self.inbox, self.rows, self.seed)
        size = sum(path.stat().st_size for path in self.inbox.rglob("*") if path.is_file())
        return {
            "made": sum(made.values()),
            "people": city.people,
            "grids": len(city.grids),
            "gb": round(size / 1e9, 2),
            "sources": made,
        }

    def floor(self) -> dict[str, Any]:
        """Each source's rows as Parquet, copied to Parquet unchanged by the same engine: what merely moving them costs."""
        with duckdb.connect(config={"threads": self.threads, "memory_limit": "2GB"}) as connection:
            connection.execute("SET preserve_insertion_order = false")
            plain = [self._parquet(connection, path) for path in sorted(self.inbox.rglob("*")) if path.is_file()]
            total = sum(pq.read_metadata(path).num_rows for path in plain)
            before = _cpu()
            for path in plain:
                connection.execute(
                    f"COPY (FROM '{path}') TO '{self.folder / 'copy.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
                )
            spent = _cpu() - before
        (self.folder / "copy.parquet").unlink()
        shutil.rmtree(self.folder / "plain", ignore_errors=True)
        return {"us_row": round(spent / total * 1e6, 3)}

    def _parquet(self, connection: duckdb.DuckDBPyConnection, path: Path) -> Path:
        if path.suffix == ".parquet":
            return path
        target = self.folder / "plain" / f"{path.stem}.parquet"
        target.parent.mkdir(exist_ok=True)
        if path.suffix == ".jsonl":
            connection.execute(f"COPY (FROM read_json('{path}')) TO '{target}' (FORMAT parquet)")
            return target
        encoding = next(spec.encoding for spec in sources.SPECS if spec.name == path.stem)
        body = path
        if encoding != "utf-8":
            body = target.with_suffix(".csv")
            with path.open(encoding=encoding) as text, body.open("w") as out:
                shutil.copyfileobj(text, out)
        connection.execute(f"COPY (FROM read_csv('{body}', all_varchar = true)) TO '{target}' (FORMAT parquet)")
        return target

    def lake(self, name: str = "lake") -> Lake:
        folder = self.folder / name
        if not (folder / "keys.toml").exists():
            setup(folder)
            for path in (Path(invented.__file__).parent / "contracts").glob("*.toml"):
                shutil.copy(path, folder / "contracts")
            places.write(self.city().places, folder / "reference")
        return Lake(folder)

    def _files(self) -> dict[str, list[Path]]:
        return {spec.name: sorted((self.inbox / spec.name).glob("*")) for spec in sources.SPECS}

    def run(self) -> dict[str, Any]:
        shutil.rmtree(self.folder / "lake", ignore_errors=True)
        lake = self.lake()
        before = _cpu()
        report = run(lake, now=NOW, files=self._files(), memory=self.memory, threads=self.threads)
        return self._figures(report, _cpu() - before)

    def _figures(self, report: Any, spent: float) -> dict[str, Any]:
        total = sum(outcome.arrived for outcome in report.outcomes)
        stages: dict[str, float] = defaultdict(float)
        for outcome in report.outcomes:
            for stage, seconds in outcome.cpu.items():
                stages[stage] += seconds
        stages["start"] = spent - sum(stages.values())  # places, cover, engine
        return {
            "us_row": round(spent / total * 1e6, 3), "total": total, "held": sum(o.held for o in report.outcomes),
            "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
            "stages": {stage: round(seconds / total * 1e6, 3) for stage, seconds in stages.items()},
            "by_source": {o.source: {s: round(v / max(o.arrived, 1) * 1e6, 2) for s, v in o.cpu.items()} for o in report.outcomes},
            "states": sorted({o.state for o in report.outcomes}),
        }  # fmt: skip

    # what came out -----------------------------------------------------------------------------------------------------

    def accuracy(self) -> dict[str, Any]:
        """Linkage of rows without ID number and location by address, against the truth."""
        lake = self.lake()
        known = self._columns(lake, "resident", ["_row", "person"])
        city_people = pq.read_metadata(self.folder / "truth" / "resident.parquet").num_rows
        person = np.zeros(city_people, dtype=np.int64)
        person[known["_row"].to_numpy()] = pc.fill_null(known["person"], 0).to_numpy()
        rows = self._columns(lake, "medical", ["_row", "person", "tie", "place", "how"])
        truth = pq.read_table(self.folder / "truth" / "medical.parquet")
        number = rows["_row"].to_numpy()
        right = person[truth["pid"].to_numpy()[number]]
        tie, found = rows["tie"].to_numpy(), pc.fill_null(rows["person"], 0).to_numpy()
        without = (tie != 1) & (right > 0)
        linked = without & ((tie == 2) | (tie == 3) | (tie == 5))
        correct = linked & (found == right)
        review = without & (tie == 0)
        address = self._addresses(lake)
        return {
            "without_id": int(without.sum()), "linked": int(linked.sum()),
            "link_precision": round(float(correct.sum() / max(linked.sum(), 1)), 5),
            "link_recall": round(float(correct.sum() / max(without.sum(), 1)), 5),
            "review_share": round(float(review.sum() / max(without.sum(), 1)), 5),
            **address, **self._located(lake),
        }  # fmt: skip

    def _columns(self, lake: Lake, table: str, columns: list[str]) -> pa.Table:
        return pa.concat_tables(
            [pq.read_table(path, columns=columns) for path in lake.store.paths(lake.store.manifest(table).files)]
        )

    def _addresses(self, lake: Lake) -> dict[str, Any]:
        """All styles of address, three in a hundred mistyped, straight through the gazetteer."""
        city = self.city()
        rng = np.random.default_rng(9)
        house = rng.integers(0, city.households, 20_000)
        texts = sources.addresses(city, house, rng).to_pylist()
        truth = city.grids[city.grid[house]]
        before = time.process_time()
        answers = [lake.gazetteer.find(text) for text in texts]
        spent = time.process_time() - before
        village = np.array([a.place // 1000 if a.how in {"address", "village"} else 0 for a in answers])
        return {
            "address_village": round(float((village == truth // 1000).mean()), 5),
            "address_wrong": round(float(((village > 0) & (village != truth // 1000)).mean()), 5),
            "address_us": round(spent / len(texts) * 1e6, 2),
        }

    def _located(self, lake: Lake) -> dict[str, Any]:
        from yanzhen.lake.kernels.cover import exact

        rows = self._columns(lake, "meter", ["place", "lon", "lat"])
        sample = rows.take(pa.array(np.random.default_rng(3).integers(0, len(rows), min(len(rows), 50_000))))
        truth = exact(lake.places.polygons, sample["lon"].to_numpy(), sample["lat"].to_numpy())
        return {"point_agreement": float((truth == sample["place"].to_numpy()).mean())}

    def query(self) -> dict[str, Any]:
        """One grid's newest rows, of the largest table, over and over: wall milliseconds and bytes opened."""
        lake = self.lake()
        grids = self.city().grids
        rng = np.random.default_rng(4)
        files = lake.store.manifest("meter").files
        whole = sum(file.size for file in files)
        times, opened = [], []
        for grid in rng.choice(grids, 60):
            viewer = Viewer("bench", Scope.of(str(grid)))
            start = time.perf_counter()
            answer = query(lake, viewer, "meter", now=NOW, purpose="bench", limit=100)
            times.append((time.perf_counter() - start) * 1e3)
            opened.append(answer.opened.size / whole)
        return {
            "p50_ms": round(float(np.median(times)), 1),
            "p95_ms": round(float(np.percentile(times, 95)), 1),
            "bytes_share": round(float(np.max(opened)), 5),
        }

    def update(self) -> dict[str, Any]:
        """One row in a thousand of every source comes again: changed where there is a key, new where there is none."""
        lake, later = self.lake(), self.folder / "later"
        shutil.rmtree(later, ignore_errors=True)
        city, made = self.city(), 0
        files: dict[str, list[Path]] = {}
        for spec in sources.SPECS:
            total = spec.rows(city, self.rows)
            count = max(total // 1000, 1)
            chunk = spec.make(
                city,
                np.random.default_rng([self.seed + 1, len(spec.name)]),
                min(total // 2, max(total - count, 0)),
                count,
            )
            target = later / spec.name / f"later.{spec.kind}"
            target.parent.mkdir(parents=True)
            if spec.kind == "parquet":
                pq.write_table(chunk.table, target)
            else:
                target.write_bytes(sources.as_text(chunk.table, spec, head=True))
            made += count
            files[spec.name] = [target]
        before = _cpu()
        report = run(lake, now=NOW + timedelta(days=1), files=files, memory=self.memory, threads=self.threads)
        spent = _cpu() - before
        return {
            "made": made,
            "run_cpu_s": round(spent, 2),
            "replaced": sum(o.replaced for o in report.outcomes),
            "states": sorted({o.state for o in report.outcomes}),
        }

    # rivals ------------------------------------------------------------------------------------------------------------

    def spark(self) -> dict[str, Any]:
        """The same expressions on Spark local[2]; CPU time includes the JVM's."""
        from yanzhen.lake.engines.spark import Spark

        shutil.rmtree(self.folder / "spark-lake", ignore_errors=True)
        lake = self.lake("spark-lake")
        engine = Spark(self.folder / "spark-tmp", f"local[{self.threads}]", memory="3g", parts=16)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        own = _cpu()
        report = run(lake, now=NOW, files=self._files(), engine=engine)
        engine.close()
        total = sum(outcome.arrived for outcome in report.outcomes)
        same = all(self._print(self.lake(), spec.name) == self._print(lake, spec.name) for spec in sources.SPECS)
        return {
            "total": total,
            "driver_us_row": round((_cpu() - own) / total * 1e6, 3),
            "same_content": same,
            "children_before": before.ru_utime,
        }

    def _print(self, lake: Lake, table: str) -> tuple[int, str]:
        """Rows and a sum of row hashes that does not depend on order."""
        paths = lake.store.paths(lake.store.manifest(table).files)
        names = list(pq.read_schema(paths[0]).names)
        columns = ", ".join(f"coalesce(CAST(\"{name}\" AS VARCHAR), '')" for name in sorted(names))
        with duckdb.connect(config={"threads": self.threads, "memory_limit": "1GB"}) as connection:
            row = connection.execute(
                f"SELECT count(*), sum(md5_number(concat_ws('|', {columns}))::HUGEINT % 1000000007) FROM read_parquet({paths})"
            ).fetchone()
        return (int(row[0]), str(row[1])) if row else (0, "")

    def pandas(self) -> dict[str, Any]:
        from bench.lake.rivals import pandas_sample

        return pandas_sample(self.inbox, self.city(), self.folder / "pandas")

    def febrl(self) -> dict[str, Any]:
        from bench.lake.rivals import febrl4

        return febrl4()


def _cpu() -> float:
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
