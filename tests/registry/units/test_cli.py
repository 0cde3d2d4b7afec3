"""``yanzhen import divisions`` from the console: counts, repetition, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from yanzhen.registry import cli
from yanzhen.registry.models import Unit

app, imports = Typer(), Typer()
cli.register(app, imports)
app.add_typer(imports, name="import")
app.command("other")(lambda: None)  # a lone command would lose its name
imports.command("other")(lambda: None)

LIST = "code,name\n98,松江省\n9801,双河市\n980101,北岭区\n980101100,青石镇\n980101100200,上村村委会\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(LIST, encoding="utf-8")
    return path


@pytest.mark.django_db
def test_a_list_comes_in_once(source: Path) -> None:
    arguments = ["import", "divisions", "--from", str(source), "--province", "98", "--on", "2024-06-30"]
    for _ in range(2):
        done = CliRunner().invoke(app, arguments)
        assert done.exit_code == 0, done.output
    assert Unit.objects.filter(level="village").count() == 1
    assert Unit.objects.count() == 5
    source.write_text(LIST.replace("青石镇", "白石镇"), encoding="utf-8")
    done = CliRunner().invoke(app, [*arguments[:-1], "2025-06-30", "--details"])
    assert "青石镇 → 白石镇" in done.output


@pytest.mark.django_db
def test_wrong_use_and_wrong_data_have_their_exit_codes(source: Path) -> None:
    assert CliRunner().invoke(app, ["import", "divisions"]).exit_code == 2
    assert CliRunner().invoke(app, ["import", "divisions", "--from", str(source), "--province", "97"]).exit_code == 1
    assert Unit.objects.count() == 0
