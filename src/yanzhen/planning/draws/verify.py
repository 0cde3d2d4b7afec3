"""A draw again from the published list, in the words of the script and with none of the solver's code."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Mapping, Sequence

from yanzhen.planning.draws.plan import NAME, Problem, Ticket, Village, pool_of, strata
from yanzhen.planning.kernel import Finding, Plan, Text

HEADS = ("code", "name", "stratum", "pool", "quota", "must", "last")


def published(problem: Problem) -> str:
    """The list that is published before the draw, as CSV (sorted by code)."""
    owed = {item.name: item for item in strata(problem)}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    for item in sorted(problem.villages, key=lambda one: one.code):
        one = owed.get(item.stratum)
        quota, must = (one.quota, one.must) if one else (0, 0)
        last = item.last.isoformat() if item.last else ""
        writer.writerow([item.code, item.name, item.stratum, pool_of(problem, item)[0], quota, must, last])
    return out.getvalue()


def drawn_again(rows: Sequence[Mapping[str, str]], seed_text: str) -> set[str]:
    """Codes that the rule draws from a published list."""
    chosen: set[str] = set()
    tickets = {row["code"]: hashlib.sha256(f"{seed_text}|{row['code']}".encode()).hexdigest() for row in rows}
    for stratum in {row["stratum"] for row in rows}:
        left: dict[str, Mapping[str, str]] = {
            row["code"]: row for row in rows if row["stratum"] == stratum and row["pool"] in ("due", "free")
        }
        sizes = [row for row in rows if row["stratum"] == stratum]
        quota, must = int(sizes[0]["quota"]), int(sizes[0]["must"])
        taken = 0
        while left and taken < quota:  # one after the other, as from an urn
            due = [code for code, row in left.items() if row["pool"] == "due"]
            among = due if taken < must and due else list(left)
            best = min(among, key=lambda code: tickets[code])
            chosen.add(best)
            del left[best]
            taken += 1
    return chosen


def check(problem: Problem, plan: Plan[Ticket]) -> tuple[Finding, ...]:
    """What is broken, in words; empty = the draw holds."""
    found: list[Finding] = list(problem.findings())

    def bad(rule: str, zh: str, en: str, key: str = "") -> None:
        found.append(Finding(f"draws.{rule}", Text(zh, en), key=key))

    if plan.planner != NAME or plan.input_digest != problem.digest:
        bad("input", "抽签结果不是从这份名单来的", "the draw was not made from this list")
    if plan.parameters.get("seed_text") != problem.seed_text:
        bad("seed", "种子不是公布的那个", "the seed is not the published one")
    rows = list(csv.DictReader(io.StringIO(published(problem))))
    by_code = {item.code: item for item in problem.villages}
    for row in rows:
        pool = _pool(problem, by_code[row["code"]])
        if row["pool"] != pool:
            bad("pool", f"应在“{pool}”", f"must be in pool {pool}", row["code"])
    found += _quotas(problem, rows)
    expected = drawn_again(rows, problem.seed_text)
    known = {row["code"]: row for row in rows}
    keys = Counter(line.key for line in plan.lines)
    for code in sorted({*known, *keys}):
        if keys[code] != 1 or code not in known:
            bad("lines", f"“{code}”应有一行", f"“{code}” must have one line", code)
    for line in plan.lines:
        if line.key not in known:
            continue
        row = known[line.key]
        if line.drawn != (line.key in expected):
            right = Text("抽中", "drawn") if line.key in expected else Text("未抽中", "not drawn")
            bad("drawn", f"按公布的规则应为{right.zh}", f"the published rule says {right.en}", line.key)
        if line.pool != row["pool"] or line.stratum != row["stratum"]:
            bad("pool", f"应在“{row['pool']}”", f"must be in pool {row['pool']}", line.key)
        if line.ticket != hashlib.sha256(f"{problem.seed_text}|{line.key}".encode()).hexdigest():
            bad("ticket", "签号不对", "its ticket is wrong", line.key)
    return tuple(found)


def _pool(problem: Problem, village: Village) -> str:
    """Which pool, worked out in days and months again."""
    held = {(lock.kind, lock.subject) for lock in problem.locks}
    if ("fix", village.code) in held:
        return "named"
    if ("forbid", village.code) in held:
        return "out"
    last, on, start = village.last, problem.on, problem.term_start
    if last is not None:
        year, month = divmod(last.year * 12 + last.month - 1 + problem.rest_months, 12)
        if (on.year, on.month, on.day) < (year, month + 1, last.day):
            return "rest"
    return "due" if start is not None and (last is None or last < start) else "free"


def _quotas(problem: Problem, rows: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Quotas follow size to within one place, unless a stratum would get none or owes more to the term."""
    found: list[Finding] = []
    in_play = [row for row in rows if row["pool"] in ("due", "free", "rest")]
    sizes = Counter(row["stratum"] for row in in_play)
    open_ = Counter(
        item.stratum
        for item in problem.villages
        if problem.term_start is not None
        and (item.last is None or item.last < problem.term_start)
        and _pool(problem, item) in ("due", "rest")
    )
    for name in sorted(sizes):
        mates = [row for row in rows if row["stratum"] == name]
        quota, must = int(mates[0]["quota"]), int(mates[0]["must"])
        due = sum(row["pool"] == "due" for row in mates)
        owed = min(due, -(-open_[name] // problem.rounds_left))
        ideal = problem.count * sizes[name] / len(in_play)
        if must != owed or quota < must:
            text = Text(f"“{name}”本届应查份额应为 {owed}", f"“{name}” owes {owed} to the term")
            found.append(Finding("draws.quota", text, key=name))
        if quota > max(ideal + 1, must, 1) or quota < ideal - 1 - len(sizes):
            text = Text(f"“{name}”名额 {quota} 与村数不成比例", f"“{name}”: quota {quota} does not follow its size")
            found.append(Finding("draws.quota", text, key=name))
    total = sum(int(next(row for row in rows if row["stratum"] == name)["quota"]) for name in sizes)
    if sizes and total < problem.count:
        found.append(Finding("draws.quota", Text("名额之和少于要抽的数", "the quotas add up to too few")))
    return found
