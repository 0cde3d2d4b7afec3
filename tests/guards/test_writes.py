"""Every write has an actor, a time, a transaction and a trail entry."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.guards.source import public_functions, rooms, shown, tree

#: Functions of service rooms that write nothing a person did, each with its reason.
EXEMPT = {
    "kernel/crypto/services.py": {"*": "pure ciphers and the key ring"},
    "kernel/trail/services.py": {"*": "the trail itself"},
    "kernel/notify/services.py": {"*": "messages join the caller's write; who has read what and when is nobody's business"},
    "matters/services/gate.py": {"*": "parts of the one gate: row, line, trail and clock of an act are written by finish()"},
    "matters/services/triage.py": {"close_request": "joins an act's write", "withdraw_requests": "joins an act's write",
                                   "end_stop": "joins an act's write", "ask_review": "joins an act's write"},
    "matters/services/closing.py": {"put": "joins an act's write", "clear_presses": "joins an act's write"},
    "matters/services/upkeep.py": {"units_moved": "called within the tree's change with its actor and time, leaves its own trail",
                                   "units_ended": "the same"},
    "matters/services/intake.py": {"attach": "joins an act's write"},
    "matters/services/programs.py": {"queue": "listener: joins the transaction and the trail row of the act it tells of"},
    "procedures/services/gate.py": {"*": "parts of the one gate: rows, line, trail and to-do of an act are written by written()"},
    "procedures/services/records.py": {"*": "rows of an act, within the gate"},
    "procedures/services/cases.py": {"rehome": "called within the tree's change with its actor and time, leaves its own trail"},
    "procedures/services/definitions.py": {"ensure": "first use of a shipped definition; the case that begins leaves the trail"},
    "procedures/services/ballots.py": {"cast": "a secret vote: who and when is written nowhere; closing leaves the number cast"},
    "democracy/services/decisions.py": {"on_step": "listener: joins the act of the case, leaves its own trail row", "on_result": "the same"},
    "democracy/services/evaluation.py": {"on_step": "listener: joins the act of the case"},
    "measures/services.py": {"mark_stale": "joins the caller's write", "mark_many": "joins the caller's write",
                             "refresh": "derived figures, rebuilt from records", "compute": "derived figures"},
}  # fmt: skip


def _writes(node: ast.FunctionDef) -> bool:
    """Whether the body saves, creates, updates or deletes rows itself."""
    verbs = {"save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create", "add_root",
             "add_child", "move"}  # fmt: skip
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and part.func.attr in verbs:
            owner = ast.unparse(part.func.value)
            if part.func.attr in {"update", "add", "delete"} and "objects" not in owner and "filter(" not in owner:
                continue
            if any(word in owner for word in ("cache", "digest", "hash", "storage", "session")):
                continue
            return True
    return False


def _exempt(path: Path, name: str) -> bool:
    return any(path.as_posix().endswith(key) and ("*" in names or name in names) for key, names in EXEMPT.items())


SERVICES = [path for path in rooms("services") if path.name != "__init__.py"]


@pytest.mark.parametrize("path", SERVICES, ids=shown)
def test_public_writes_name_actor_and_now(path: Path) -> None:
    missing = []
    for node in public_functions(path):
        if not _writes(node) or _exempt(path, node.name):
            continue
        keyword = {arg.arg for arg in node.args.kwonlyargs}
        if not {"now"} <= keyword or not ({"actor"} <= keyword or any("system(" in ast.unparse(s) for s in node.body)):
            missing.append(node.name)
    assert not missing, f"{shown(path)}: {missing}"


@pytest.mark.parametrize("path", SERVICES, ids=shown)
def test_public_writes_leave_a_trail(path: Path) -> None:
    """A public function that writes calls the trail, itself or through a function of the same file."""
    functions = {node.name: node for node in tree(path).body if isinstance(node, ast.FunctionDef)}

    def calls(node: ast.FunctionDef, seen: frozenset[str]) -> bool:
        for part in ast.walk(node):
            if not isinstance(part, ast.Call):
                continue
            name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            if name in {
                "record",
                "record_many",
                "trail_record",
                "_trail",
                "_trace",
                "unmasked",
                "move",
                "_move",
                "act_on",
                "finish",
                "written",
            }:
                return True
            if name in functions and name not in seen and calls(functions[name], seen | {name}):
                return True
        return False

    silent = [
        node.name
        for node in public_functions(path)
        if _writes(node) and not _exempt(path, node.name) and not calls(node, frozenset({node.name}))
    ]
    assert not silent, f"{shown(path)}: {silent}"
