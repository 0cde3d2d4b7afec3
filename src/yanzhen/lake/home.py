"""One lake on disk: its folder, settings, keys, contracts and places.

```
lake/
  keys.toml          two keys (0600): keep a copy apart from the backups
  contracts/*.toml   what each source delivers
  reference/         units.csv, changes.csv, gazetteer.csv, grids.parquet
  inbox/<source>/    where departments put their files
  raw/               deliveries, sealed, kept as they came
  data/ deletes/ manifests/ snapshots/ CURRENT
  quarantine/        rows held back, sealed
  runs/ access/      reports of runs, who looked at what
```
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq

from yanzhen.lake import places as geography
from yanzhen.lake import vault as keys
from yanzhen.lake.contracts.model import Book
from yanzhen.lake.contracts.reading import load_all
from yanzhen.lake.kernels import cover
from yanzhen.lake.kernels.addresses import Gazetteer
from yanzhen.lake.places import Places
from yanzhen.lake.store import Store
from yanzhen.lake.vault import Vault

#: Cells of a city's cover: 1/1024 of its longer side, about 50–100 m (finer costs more to build than it saves).
COVER_DEPTH = 10


@dataclass(frozen=True)
class Lake:
    """A lake that is set up. Nothing is read before it is asked for."""

    folder: Path

    @cached_property
    def store(self) -> Store:
        return Store(self.folder)

    @cached_property
    def book(self) -> Book:
        return load_all(self.folder / "contracts")

    @cached_property
    def vault(self) -> Vault:
        return keys.read(self.folder / "keys.toml")

    @cached_property
    def places(self) -> Places:
        return geography.read(self.folder / "reference")

    @cached_property
    def gazetteer(self) -> Gazetteer:
        return Gazetteer(self.places)

    @cached_property
    def cover(self) -> cover.Cover:
        """The cover of the grid polygons, built once for each version of the map and kept on disk."""
        path = self.folder / "reference" / f"cover-{self.places.version}-{COVER_DEPTH}.npz"
        if path.exists():
            return cover.load(path, self.places.polygons)
        built = cover.build(self.places.polygons, COVER_DEPTH)
        for old in path.parent.glob("cover-*.npz"):
            old.unlink()
        cover.save(built, path)
        return built

    @property
    def inbox(self) -> Path:
        return self.folder / "inbox"

    @property
    def raw(self) -> Path:
        return self.folder / "raw"

    @property
    def tmp(self) -> Path:
        return self.folder / "tmp"

    @property
    def staging(self) -> Path:
        return self.folder / "staging"


def setup(folder: Path, algorithm: str = "sha256", cipher: str = "aes") -> Lake:
    """Lay out a new lake (safe to repeat: keys and contracts that are there stay)."""
    for name in ("contracts", "reference", "inbox", "raw", "data", "quarantine", "runs", "access"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    if not (folder / "keys.toml").exists():
        keys.create(folder / "keys.toml", algorithm, cipher)
    return Lake(folder)


def rows_in(path: Path) -> int:
    """Rows of a Parquet file by its footer."""
    return int(pq.ParquetFile(path).metadata.num_rows)
