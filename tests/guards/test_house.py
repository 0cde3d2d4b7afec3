"""The house: vendored files unchanged, no outside request, documents true, secrets absent, migrations in line."""

from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import call_command

from tests.guards.source import PACKAGE, ROOT, shown

MODULES = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
HEADINGS = [
    "## 用途 Purpose",
    "## 术语 Words",
    "## 数据流 Data flow",
    "## 规则与依据 Rules",
    "## 改哪里 Where to change",
]


def test_vendored_files_match_their_checksums() -> None:
    done = subprocess.run(
        [sys.executable, "tools/vendor.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pages_ask_nobody_outside() -> None:
    """No template, style or script of ours names another host."""
    outside = re.compile(
        r"""(?:src|href|action)\s*=\s*["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import|fetch\(\s*["'`]https?:"""
    )
    found = []
    for path in [*PACKAGE.rglob("*.html"), *PACKAGE.rglob("*.css"), *PACKAGE.rglob("*.js")]:
        if "vendor" in path.parts:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if outside.search(line):
                found.append(f"{shown(path)}:{number}: {line.strip()[:80]}")
    assert not found


def test_no_inline_handlers_or_styles_in_scripts() -> None:
    """The content security policy allows scripts by nonce only: no ``onclick=`` and no ``javascript:``."""
    found = [
        shown(path)
        for path in PACKAGE.rglob("*.html")
        if re.search(r"""\son[a-z]+\s*=\s*["']|javascript:""", path.read_text(encoding="utf-8"))
    ]
    assert not found


@pytest.mark.parametrize("module", MODULES)
def test_each_module_explains_itself(module: str) -> None:
    text = (PACKAGE / module / "README.md").read_text(encoding="utf-8")
    assert not [heading for heading in HEADINGS if heading not in text], module
    assert "```mermaid" in text


def test_the_map_names_every_module() -> None:
    text = (ROOT / "docs/map.md").read_text(encoding="utf-8")
    packages = [path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()]
    assert not [name for name in packages if f"`{name}/`" not in text]


def test_documents_link_to_what_exists() -> None:
    broken = []
    for path in [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md"),
                 *PACKAGE.rglob("README.md"), *(ROOT / "bench").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]:  # fmt: skip
        targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", path.read_text(encoding="utf-8"))
        broken += [f"{shown(path)} -> {target}" for target in targets if not (path.parent / target).exists()]
    assert not broken


def test_settings_are_documented() -> None:
    from yanzhen.site.env import Env

    text = (ROOT / "deploy/README.md").read_text(encoding="utf-8")
    assert not [name for name in Env.model_fields if f"YANZHEN_{name.upper()}" not in text]


def test_dependencies_are_in_the_readme() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "README.md").read_text(encoding="utf-8").lower()
    named = [re.split(r"[\[=<>~]", line)[0].lower() for line in project["dependencies"]]
    assert not [name for name in named if f"`{name}`" not in text]


def test_dependencies_are_locked_with_hashes() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if re.match(r"^[a-zA-Z0-9]", line)]
        assert len(pins) > 30
        assert not [line for line in pins if "==" not in line]
        assert sum("--hash=sha256:" in line for line in lines) >= len(pins)


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_no_secret_in_the_tree() -> None:
    secret = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|(?:password|secret|token)\s*=\s*[\"'][A-Za-z0-9+/]{24,}[\"']",
        re.I,
    )
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = []
    for name in files:
        path = ROOT / name
        if path.suffix in {".lock", ".png", ".jpg", ".svg"} or {"vendor", "tests"} & set(path.parts) or not path.is_file():
            continue
        if secret.search(path.read_text(encoding="utf-8", errors="ignore")):
            found.append(name)
    assert not found
