"""The architecture holds: imports, keys between tables, rooms of a module, size of views."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest
from django.apps import apps
from django.db import models

from tests.guards.source import PACKAGE, ROOT, public_functions, python_files, rooms, shown, tree

LAYERS = [
    "kernel", "registry", "lake", "planning", "datahub", "measures", "procedures", "matters", "democracy", "site"
]  # fmt: skip


def _module(dotted: str) -> str:
    return dotted.split(".")[1]


def test_imports_follow_the_map() -> None:
    done = subprocess.run(
        [f"{sys.prefix}/bin/lint-imports"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_foreign_keys_point_down_the_map() -> None:
    up = []
    for model in apps.get_models(include_auto_created=True):
        if not model.__module__.startswith("yanzhen."):
            continue
        here = LAYERS.index(_module(model.__module__))
        for field in model._meta.get_fields():
            target = getattr(field, "related_model", None)
            if (
                not isinstance(field, models.ForeignKey)
                or target is None
                or not target.__module__.startswith("yanzhen.")
            ):
                continue
            if LAYERS.index(_module(target.__module__)) > here:
                up.append(f"{model.__name__}.{field.name} -> {target.__name__}")
    assert not up


def test_no_generic_keys_signals_or_utils() -> None:
    banned = ("GenericForeignKey", "django.dispatch", "@receiver", "post_save", "pre_save")
    found = [
        f"{shown(path)}: {word}"
        for path in python_files()
        for word in banned
        if word in path.read_text(encoding="utf-8")
    ]
    found += [shown(path) for path in python_files() if path.stem in {"utils", "helpers", "misc", "common"}]
    assert not found


def test_names_in_the_database_are_short() -> None:
    """≤ 30 characters: openGauss, Dameng and older systems."""
    long = []
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("yanzhen."):
            names = [model._meta.db_table, *(field.column for field in model._meta.concrete_fields)]
            names += [index.name for index in model._meta.indexes] + [rule.name for rule in model._meta.constraints]
            long += [f"{model.__name__}: {name}" for name in names if len(name) > 30]
    assert not long


@pytest.mark.parametrize("room", ["web", "public"])
def test_web_touches_no_tables(room: str) -> None:
    """Reads are in selectors, writes in services: no ``.objects`` in a web room."""
    found = [
        f"{shown(path)}:{number}"
        for path in rooms(room)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ".objects." in line
    ]
    assert not found


def test_views_are_short() -> None:
    """A view is at most 25 lines: it cleans, calls once and shows."""
    long = []
    for path in rooms("web") + rooms("public"):
        if "views" not in path.stem and "views" not in path.parts:
            continue
        for node in public_functions(path):
            if node.args.args and node.args.args[0].arg == "request":
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > 25:
                    long.append(f"{shown(path)}:{node.name} has {lines} lines")
    assert not long


def test_rules_read_no_clock_and_no_environment() -> None:
    """``domain`` rooms take ``now``; services and selectors do not call the clock either."""
    banned = {"now", "today", "utcnow", "localdate", "localtime"}
    found = []
    for path in rooms("domain") + rooms("services") + rooms("selectors"):
        for node in ast.walk(tree(path)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in banned):
                continue
            owner = node.func.value
            name = owner.id if isinstance(owner, ast.Name) else getattr(owner, "attr", "")
            if name in {"datetime", "date", "timezone", "time"} and not (
                node.func.attr in {"localtime", "localdate"} and node.args
            ):
                found.append(f"{shown(path)}:{node.lineno}")
    assert not found


def test_settings_come_from_one_file() -> None:
    found = [
        shown(path)
        for path in python_files()
        if "os.environ" in path.read_text(encoding="utf-8")
        and path.relative_to(PACKAGE).as_posix()
        not in {"site/env.py", "site/cli.py", "site/wsgi.py", "site/backup.py", "site/start.py", "site/demo.py",
                "lake/engines/spark.py"}  # the cluster's own launcher reads its folder from there
    ]
    assert not found
