"""Saved models: one ``.npz`` of plain arrays with a JSON header. Nothing in it can run code."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from yanzhen.kernel.errors import DomainError

from .blend import Blend
from .features import Background, Floats, Terms

# Raise when what is stored, or how texts are read, changes: an old file is then refused and trained anew.
VERSION = 1


class ModelFileError(DomainError):
    """The file is not a model of this kind and version."""

    def __init__(self) -> None:
        super().__init__("matters.triage.model_file", "模型文件无法读取，或者版本不符，请重新训练。")


def write(
    path: Path,
    kind: str,
    header: Mapping[str, Any],
    background: Background | None,
    learned: Blend | None,
    arrays: Mapping[str, Floats],
) -> None:
    """Write whole or not at all: readers never see half a model."""
    meta: dict[str, Any] = {"kind": kind, "version": VERSION, "header": header}
    stored: dict[str, Any] = {f"own_{name}": value for name, value in arrays.items()}
    if background is not None:
        meta["title_terms"], meta["body_terms"] = list(background.title.index), list(background.body.index)
        stored |= {"title_idf": background.title.idf, "body_idf": background.body.idf, "axes": background.axes}
    if learned is not None:
        stored |= {"weights": learned.weights, "prior": learned.prior}
        stored |= {f"plane_{i}": plane for i, plane in enumerate(learned.planes)}
    stored["meta"] = np.frombuffer(json.dumps(meta, ensure_ascii=False).encode(), dtype=np.uint8)
    half = path.with_name(f"{path.name}.half")
    with half.open("wb") as file:
        np.savez(file, **stored)
    os.replace(half, path)


def read(path: Path, kind: str) -> tuple[dict[str, Any], Background | None, Blend | None, dict[str, Floats]]:
    """The header, the two parts and the arrays of a saved model. Raises :class:`ModelFileError`."""
    try:
        with np.load(path, allow_pickle=False) as file:
            found: dict[str, Any] = {name: file[name] for name in file.files}
        meta = json.loads(found.pop("meta").tobytes())
        if (meta["kind"], meta["version"]) != (kind, VERSION):
            raise ModelFileError
        background = learned = None
        if "axes" in found:
            background = Background(
                Terms({t: i for i, t in enumerate(meta["title_terms"])}, found["title_idf"]),
                Terms({t: i for i, t in enumerate(meta["body_terms"])}, found["body_idf"]),
                found["axes"],
            )
        if "weights" in found:
            planes = (found["plane_0"], found["plane_1"], found["plane_2"])
            learned = Blend(found["weights"], found["prior"], planes)
        own = {name.removeprefix("own_"): value for name, value in found.items() if name.startswith("own_")}
        return dict(meta["header"]), background, learned, own
    except (ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ModelFileError from error
