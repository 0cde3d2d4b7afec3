"""A run: every source's new deliveries through land → check → standardise → link → locate → split → commit.

Each batch is one transaction: it becomes visible whole, with the persons it made known, or not at all. A run that was
killed is simply started again: batches that are in are recognised by their content and skipped.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from yanzhen.kernel.errors import DomainError
from yanzhen.lake import landing, quarantine
from yanzhen.lake.contracts.model import Contract
from yanzhen.lake.engines.base import Engine, Split
from yanzhen.lake.engines.duck import Duck
from yanzhen.lake.home import Lake
from yanzhen.lake.landing import Landed
from yanzhen.lake.linking import Register
from yanzhen.lake.people import HOMES, IDS, PEOPLE, People
from yanzhen.lake.rows import HOW, TIES, Context, plan
from yanzhen.lake.store import Batch, File, Manifest, merged, write_json
from yanzhen.lake.updates import Change, changes

#: Rows of a row group: a grid of a large town is then one or two groups of its file.
ROW_GROUP = 32_768
COUNTS = pa.schema([("source", pa.string()), ("batch", pa.string()), ("place", pa.int64()), ("rows", pa.int64())])
Say = Callable[[str], None]


@dataclass
class Outcome:
    """What one batch came to. ``state``: kept, known (was in already), stopped (too dirty), empty, dry."""

    source: str
    state: str
    batch: str = ""
    arrived: int = 0
    kept: int = 0
    held: int = 0
    words: str = ""
    reasons: dict[str, int] = field(default_factory=dict)
    cleared: dict[str, int] = field(default_factory=dict)
    how: dict[str, int] = field(default_factory=dict)
    ties: dict[str, int] = field(default_factory=dict)
    replaced: int = 0
    removed: int = 0
    extra: tuple[str, ...] = ()
    fresh_codes: dict[str, list[str]] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    """CPU seconds by stage (all threads and children)."""


@dataclass
class Report:
    """A run, machine-readable (``runs/<number>.json``)."""

    started: str
    engine: str
    snapshot: int = 0
    outcomes: list[Outcome] = field(default_factory=list)
    alerts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def stopped(self) -> list[Outcome]:
        return [outcome for outcome in self.outcomes if outcome.state in {"stopped", "empty"}]


class Run:
    """The state of one run: an engine, the people known, the places."""

    def __init__(self, lake: Lake, engine: Engine, now: datetime, say: Say = lambda _words: None) -> None:
        self.lake, self.engine, self.now, self.say = lake, engine, now, say
        self.people = self._people()
        self.register = Register.read(lake, self.people)
        self.context = Context(lake.places, lake.cover, lake.gazetteer, self.people, self.register)

    def _people(self) -> People:
        snapshot = self.lake.store.snapshot()
        people = People(self.lake.vault.keyed, self._state("_people", PEOPLE, snapshot))
        homes = self._state("_homes", HOMES, snapshot)
        people.settle(homes["person"].to_numpy(), homes["home"].to_numpy())
        return people

    def _state(self, table: str, schema: pa.Schema, snapshot: Any) -> pa.Table:
        files = self.lake.store.manifest(table, snapshot).files
        return pa.concat_tables([schema.empty_table(), *(pq.read_table(path) for path in self.lake.store.paths(files))])

    def take(
        self, contract: Contract, files: Sequence[Path], *, dry: bool = False, landed: Landed | None = None
    ) -> Outcome:
        """One batch of a source: the files, or rows that were landed already (a database)."""
        lake = self.lake
        outcome = Outcome(contract.name, "kept")
        with _stage(outcome, "land"):
            if landed is None:
                deliveries = [] if dry else [landing.keep(path, contract, lake.raw, lake.vault) for path in files]
                digests = tuple(delivery.digest for delivery in deliveries)
            else:
                digests = tuple(hashlib.sha256(path.read_bytes()).hexdigest() for path in landed.paths)
            outcome.batch = hashlib.sha256("".join((*digests, contract.name, contract.digest)).encode()).hexdigest()[
                :20
            ]
            manifest = lake.store.manifest(contract.name)
            if not dry and any(
                batch.files == digests and batch.contract == contract.digest for batch in manifest.batches
            ):
                outcome.state = "known"
                return outcome
            landed = landed or landing.land(files, contract, lake.tmp)
        outcome.extra = landed.extra
        self.say(f"{contract.name}: {landed.rows:,}")
        with _stage(outcome, "rows"):
            made = plan(self.engine, contract, landed, self.context)
        with _stage(outcome, "split"):
            split = self.engine.split(made.expression, lake.staging / outcome.batch, ROW_GROUP, contract.cut)
        self.engine.drop(made.tables)
        self._count(contract, landed, split, outcome)
        outcome.cleared, outcome.fresh_codes = made.cleared, made.fresh_codes
        with _stage(outcome, "commit"):
            if outcome.held and not dry:
                quarantine.write(lake, contract, outcome.batch, landed, split, self.now)
            self._judge(contract, outcome)
            if outcome.state == "kept" and not dry:
                self._commit(contract, manifest, split, outcome, digests)
        if dry and outcome.state == "kept":
            outcome.state = "dry"
        if outcome.state != "kept":
            self._forget()
        return outcome

    def _forget(self) -> None:
        """A batch that is not taken leaves nothing: persons it would have added are unlearnt."""
        self.people = self._people()
        self.register = Register.read(self.lake, self.people)
        self.context.people, self.context.linker = self.people, self.register
        self.engine.drop(["ids"])

    def _count(self, contract: Contract, landed: Landed, split: Split, outcome: Outcome) -> None:
        outcome.arrived = landed.rows + len(landed.broken)
        outcome.held = split.held_rows + len(landed.broken)
        outcome.kept = split.kept
        if outcome.arrived != outcome.kept + outcome.held:
            raise DomainError(
                "lake.conservation", "{source}：收到 {a} 行，入库 {b} 行，扣下 {c} 行，对不上。",
                source=contract.name, a=outcome.arrived, b=outcome.kept, c=outcome.held,
            )  # fmt: skip
        outcome.reasons = quarantine.tally(contract, landed, split)
        outcome.how = {HOW[how]: rows for how, rows in sorted(split.how.items())}
        outcome.ties = {TIES[tie]: rows for tie, rows in sorted(split.ties.items())}

    @staticmethod
    def _judge(contract: Contract, outcome: Outcome) -> None:
        if outcome.arrived < contract.limits.least_rows:
            outcome.state = "empty"
            outcome.words = f"只收到 {outcome.arrived} 行，契约要求至少 {contract.limits.least_rows} 行"
        elif outcome.held > contract.limits.dirt * outcome.arrived:
            outcome.state = "stopped"
            outcome.words = (
                f"扣下 {outcome.held / outcome.arrived:.1%}，高于契约的 {contract.limits.dirt:.1%}：整批不入库"
            )

    def _commit(
        self, contract: Contract, manifest: Manifest, split: Split, outcome: Outcome, digests: tuple[str, ...]
    ) -> None:
        lake, store = self.lake, self.lake.store
        change = (
            changes(lake, contract, manifest, [part.path for part in split.parts], outcome.batch)
            if manifest.files
            else Change()
        )
        files = []
        for part in split.parts:
            path = f"data/{contract.name}/{part.town}/{outcome.batch}.parquet"
            size = part.path.stat().st_size
            deleted, gone = change.unchanged.get(str(part.path), ("", 0))
            if gone == part.rows:
                continue
            store.settle(part.path, path)
            files.append(File(path, outcome.batch, part.town, part.rows, part.low, part.high, size, deleted, gone))
        outcome.replaced, outcome.removed = change.replaced, change.removed
        batch = Batch(
            outcome.batch, outcome.arrived, outcome.kept, outcome.held, contract.digest, lake.places.version, self.now.isoformat(),
            as_of=self._as_of(contract, split), replaced=change.replaced, removed=change.removed, values=split.values,
            reasons=outcome.reasons, cleared=outcome.cleared, how=outcome.how, fresh_codes=outcome.fresh_codes, files=digests,
        )  # fmt: skip
        manifests = [
            merged(manifest, files, batch, change.gone),
            *self._state_changes(contract, split, files, change, outcome.batch),
        ]
        store.commit(manifests, at=self.now, words=f"{contract.name} {outcome.batch}")

    def _as_of(self, contract: Contract, split: Split) -> str:
        if not contract.watermark:
            return ""
        newest = None
        for part in split.parts:
            final = self.lake.folder / f"data/{contract.name}/{part.town}/{part.path.parent.name}.parquet"
            path = final if final.exists() else part.path
            found = pc.max(pq.read_table(path, columns=[contract.watermark])[contract.watermark]).as_py()
            newest = found if newest is None or (found is not None and found > newest) else newest
        return str(newest) if newest is not None else ""

    def _state_changes(
        self, contract: Contract, split: Split, files: Sequence[File], change: Change, batch: str
    ) -> Iterator[Manifest]:
        """New persons, homes, features and counts by place, committed with the rows they come from."""
        store = self.lake.store
        if contract.locate.home:
            homes = self._homes(files)
            self.people.settle(homes["person"].to_numpy(), homes["home"].to_numpy())
            yield self._add("_homes", homes, batch)
            self.engine.drop(["ids"])  # the dictionary carries homes: it is learnt again
        if contract.person.register:
            yield self._add("_faces", self.register.describe(contract, store.paths(files)), batch)
        else:
            faces = self.register.take_faces()
            if len(faces):
                yield self._add("_faces", faces, batch)
        for table, rows in (("_links", self.register.take_links()), ("_pairs", self.register.take_pairs())):
            if len(rows):
                yield self._add(table, rows, batch)
        new = self.people.take_new()
        if len(new):
            yield self._add("_people", new, batch)
        counts = dict(split.places)
        for place, rows in change.places.items():
            counts[place] = counts.get(place, 0) - rows
        shown = sorted(counts.items())
        table = pa.table(
            {
                "source": pa.array([contract.name] * len(shown), pa.string()),
                "batch": pa.array([batch] * len(shown), pa.string()),
                "place": pa.array([place for place, _rows in shown], pa.int64()),
                "rows": pa.array([rows for _place, rows in shown], pa.int64()),
            },
            schema=COUNTS,
        )
        yield self._add("_counts", table, batch, contract.name)

    def _homes(self, files: Sequence[File]) -> pa.Table:
        """Where the batch says persons live: the deepest place of each, the smallest code where two are as deep."""
        tables = [pq.read_table(path, columns=["person", "place"]) for path in self.lake.store.paths(files)]
        rows = pa.concat_tables(tables).filter(pc.field("person").is_valid() & (pc.field("place") > 0))
        rows = rows.sort_by([("person", "ascending"), ("place", "ascending")])
        found = rows.group_by("person", use_threads=False).aggregate([("place", "max")])
        return pa.table({"person": found["person"], "home": found["place_max"]}, schema=HOMES)

    def _add(self, table: str, rows: pa.Table, batch: str, source: str = "") -> Manifest:
        store = self.lake.store
        staged = self.lake.staging / batch / f"{table}.parquet"
        staged.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows, staged, compression="zstd")
        name = f"{source}-{batch}" if source else batch
        path = store.settle(staged, f"data/{table}/0/{name}.parquet")
        file = File(path, batch, 0, len(rows), 0, 0, (self.lake.folder / path).stat().st_size)
        before = store.manifest(table)
        kept = tuple(each for each in before.files if each.path != path)
        return Manifest(table, (*kept, file), before.batches)


def run(
    lake: Lake,
    *,
    now: datetime,
    sources: Sequence[str] = (),
    files: Mapping[str, Sequence[Path]] | None = None,
    engine: Engine | None = None,
    memory: str = "4GB",
    threads: int = 2,
    dry: bool = False,
    urls: Mapping[str, str] | None = None,
    say: Say = lambda _words: None,
) -> Report:
    """Take in what has arrived for all sources (or those named), and write the run's report.

    ``files``: deliveries by source instead of the inbox; ``urls``: connections of sources that are database tables;
    ``memory``: for the whole process, of which DuckDB gets half. DomainError when another run is at work.
    """
    from yanzhen.lake.alerts import watch

    with lake.store.writing():
        own = engine is None
        worker: Engine = Duck(lake.tmp, half(memory), threads) if engine is None else engine
        report = Report(now.isoformat(), worker.name)
        try:
            at_work = Run(lake, worker, now, say)
            for contract in lake.book.in_order():
                if sources and contract.name not in sources:
                    continue
                if contract.format.kind == "database":
                    if contract.name not in (urls or {}):
                        continue
                    newest = max((batch.as_of for batch in lake.store.manifest(contract.name).batches), default="")
                    landed = landing.land_query((urls or {})[contract.name], contract, lake.tmp, newest)
                    report.outcomes.append(at_work.take(contract, [], dry=dry, landed=landed))
                    continue
                folder = lake.inbox / contract.name
                found = (files or {}).get(contract.name) or (landing.inbox(folder, contract) if folder.is_dir() else [])
                report.outcomes += [at_work.take(contract, [path], dry=dry) for path in found]
        finally:
            if own:
                worker.close()
        report.snapshot = lake.store.snapshot().number
        report.alerts = [asdict(alert) for alert in watch(lake, now)]
        if not dry:
            write_json(lake.folder / "runs" / f"{_next(lake.folder / 'runs'):06d}.json", asdict(report))
    return report


def half(memory: str) -> str:
    """Half of a size like ``4GB``, in megabytes: DuckDB's share of the process."""
    units = {"KB": 1e-3, "MB": 1.0, "GB": 1e3, "TB": 1e6}
    size, unit = memory[:-2].strip(), memory[-2:].upper()
    if unit not in units or not size.replace(".", "", 1).isdigit():
        raise DomainError("lake.memory", "内存写成 4GB 或 800MB。")
    return f"{max(int(float(size) * units[unit] / 2), 200)}MB"


def _next(folder: Path) -> int:
    return max((int(path.stem) for path in folder.glob("*.json") if path.stem.isdigit()), default=0) + 1


@contextmanager
def _stage(outcome: Outcome, name: str) -> Iterator[None]:
    before = os.times()
    try:
        yield
    finally:
        after = os.times()
        spent = sum(after[:4]) - sum(before[:4])
        outcome.cpu[name] = round(outcome.cpu.get(name, 0.0) + spent, 3)


__all__ = ["IDS", "Outcome", "Report", "Run", "half", "run"]
