"""``yanzhen lake`` on real divisions and real messages, end to end."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yanzhen.lake.cli import lake_app

REAL = Path(os.environ.get("YANZHEN_REAL", "../shared/real"))


def lake(folder: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(lake_app, list(words), env={"YANZHEN_LAKE": str(folder / "lake"), "COLUMNS": "200"})
    assert done.exit_code == code, done.output
    return done.output


def test_messages_and_divisions_end_to_end(tmp_path: Path) -> None:
    messages = REAL / "citizen-messages" / "messages.csv"
    if not messages.exists():
        pytest.skip(f"no real messages under {REAL} (YANZHEN_REAL)")
    package = tmp_path / "package"
    package.mkdir()
    lines = {
        "provinces": ["35,福建省"], "cities": ["3503,莆田市"], "areas": ["350304,荔城区"], "streets": ["350304100,黄石镇"],
        "villages": ["350304100001,东星社区居委会", "350304100201,定庄村委会"],
    }  # fmt: skip
    for name, rows in lines.items():
        extra = ",streetCode" if name == "villages" else ""
        (package / f"{name}.csv").write_text(
            "\n".join([f"code,name{extra}", *(row + (",350304100" if extra else "") for row in rows)])
        )
    lake(
        tmp_path,
        "setup",
        "--divisions",
        str(package),
        "--contract",
        "divisions",
        "--contract",
        "citizen_messages",
        "--algorithm",
        "sm3",
    )
    shutil.copy(messages, tmp_path / "lake" / "inbox" / "citizen_messages")
    shutil.copy(package / "villages.csv", tmp_path / "lake" / "inbox" / "divisions")
    assert "dry" in lake(tmp_path, "run", "--threads", "1", "--dry-run")
    lake(tmp_path, "run", "--threads", "1", "--memory", "1GB", "--report", str(tmp_path / "report.json"))
    outcomes = {each["source"]: each for each in json.loads((tmp_path / "report.json").read_text())["outcomes"]}
    assert outcomes["divisions"]["kept"] == 2
    arrived, kept, held = (outcomes["citizen_messages"][key] for key in ("arrived", "kept", "held"))
    assert arrived == kept + held
    assert arrived > 2000
    assert "known" in lake(tmp_path, "run", "--threads", "1")
    assert "统计局" in lake(tmp_path, "book", "350304100")
    found = [
        json.loads(line)
        for line in lake(tmp_path, "query", "divisions", "--scope", "350304", "--purpose", "核对").splitlines()
        if line.startswith("{")
    ]
    assert [row["name"] for row in found] == ["东星社区居委会", "定庄村委会"]
    assert "100% of" in lake(tmp_path, "held", "request.text")
    assert len(lake(tmp_path, "snapshots").splitlines()) == 2
    lake(tmp_path, "restore", "1")
    assert "snapshot" not in lake(tmp_path, "maintain")
    proposed = lake(tmp_path, "init", str(messages), "--name", "again")
    (tmp_path / "again.toml").write_text(proposed)
    lake(tmp_path, "lint", str(tmp_path / "again.toml"))
    (tmp_path / "again.toml").write_text(proposed.replace('mode = "append"', 'mode = "upsert"'))
    assert "要有主键" in lake(tmp_path, "lint", str(tmp_path / "again.toml"), code=1)
