"""Random inspection that anybody can check (mechanism I2): who is visited is decided by a seed nobody could choose.

1. *Before* the draw the list is published: every village, its stratum, whether it rests (visited lately), is due (not yet visited
   this term) or free, the quota of each stratum and how many of it must be due. Its SHA-256 is the input digest.
2. The seed is something nobody controls: a lottery number drawn after the list was published, and, if wanted, a secret whose SHA-256
   was published before (commit and reveal), so that neither who runs the draw nor who draws the lottery can steer it alone.
3. A village's ticket is SHA-256 of ``seed|code``. In each stratum the smallest tickets among the due fill the part that must be
   due, the smallest of all others the rest. Twenty lines of Python check it (:mod:`yanzhen.planning.draws.script`).

Rules: like villages in a stratum, quota by size (largest remainder, at least one a stratum when the count allows); nobody again
within the rest (Measures against formalism 2024: no repeated inspections); every village once a term: a stratum's part of due
villages is at least those still open divided by the rounds left. Villages named by hand are listed apart and never counted as drawn.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from yanzhen.planning.kernel import (
    Alternative,
    Diff,
    Explanation,
    Finding,
    GiveUp,
    Level,
    Limits,
    Lock,
    Plan,
    Relaxation,
    Text,
    diff_lines,
    digest_rows,
    memory_mb,
    must_hold,
    overall,
    plain,
)
from yanzhen.planning.kernel.text import same

NAME = "draws"
TITLE = Text("随机抽查", "Random inspection")
POOLS = {
    "due": Text("本届未查", "due this term"),
    "free": Text("可抽", "free"),
    "rest": Text("近期查过", "visited lately"),
    "out": Text("不参加", "left out"),
    "named": Text("指定", "named by hand"),
}


@dataclass(frozen=True, slots=True)
class Village:
    """One village: code, name, stratum (county, class …), the day of its last inspection (None = never)."""

    code: str
    name: str
    stratum: str
    last: date | None = None


@dataclass(frozen=True)
class Problem:
    """A draw. ``count``: villages to draw; ``on``: its day; ``rest_months``: nobody again within; ``term_start``: first day of the term
    in which everybody is visited once; ``rounds_left`` of it, this one included; ``seed_text``: the public seed ("" = not known yet:
    the list only); ``secret``/``commitment``: commit and reveal (SHA-256 of the secret, hex); ``locks``: *forbid* leaves a village
    out with its reason, *fix* names one by hand."""

    villages: tuple[Village, ...]
    count: int
    on: date
    rest_months: int = 12
    term_start: date | None = None
    rounds_left: int = 1
    lottery: str = ""
    secret: str = ""
    commitment: str = ""
    locks: tuple[Lock, ...] = ()
    source: Text = field(default_factory=lambda: Text("", ""))

    @cached_property
    def seed_text(self) -> str:
        """What tickets are made from."""
        return f"{self.lottery}|{self.secret}" if self.secret else self.lottery

    @cached_property
    def digest(self) -> str:
        """Of the list as published before the draw: without the seed."""
        return digest_rows(
            {"villages": self.villages, "locks": self.locks},
            count=self.count,
            on=self.on,
            rest=self.rest_months,
            term=self.term_start,
            left=self.rounds_left,
        )

    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the input."""
        found: list[Finding] = []

        def bad(rule: str, zh: str, en: str, key: str = "") -> None:
            found.append(Finding(f"draws.{rule}", Text(zh, en), key=key))

        if not self.villages:
            bad("empty", "名单是空的", "the list is empty")
        for code, times in Counter(item.code for item in self.villages).items():
            if times > 1 or not code:
                bad("repeated", f"“{code}”出现 {times} 次", f"“{code}” occurs {times} times", code)
        if not 0 < self.count <= len(self.villages):
            bad(
                "count",
                f"要抽 {self.count} 个，名单有 {len(self.villages)} 个",
                f"{self.count} of {len(self.villages)} cannot be drawn",
            )
        if self.rounds_left < 1:
            bad("rounds", "剩余轮次至少为 1（含本轮）", "rounds left must be at least 1 (with this one)")
        for item in self.villages:
            if item.last is not None and item.last > self.on:
                bad("future", "上次检查在抽签日之后", "its last inspection lies after the draw", item.code)
        known = {item.code for item in self.villages}
        for lock in self.locks:
            if lock.subject not in known:
                bad(
                    "lock",
                    f"锁定的“{lock.subject}”不在名单里",
                    f"locked “{lock.subject}” is not on the list",
                    lock.subject,
                )
            if lock.kind == "freeze":
                bad("lock", "抽签不能冻结", "a draw knows no freeze", lock.subject)
        both = {lock.subject for lock in self.locks if lock.kind == "fix"} & {
            lock.subject for lock in self.locks if lock.kind == "forbid"
        }
        for code in sorted(both):
            bad("lock", "又指定又排除", "is named and left out", code)
        if (
            self.commitment
            and self.secret
            and hashlib.sha256(self.secret.encode()).hexdigest() != self.commitment.lower()
        ):
            bad("commitment", "公布的承诺值与密语不符", "the secret does not match its published commitment")
        if self.secret and not self.lottery:
            bad(
                "lottery",
                "只有密语没有公开随机数：抽的人可以事先试出结果",
                "a secret without a public number could be chosen to fit",
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One village in the draw. ``pool``: due, free, rest, out, named; ``ticket``: its hash; ``drawn``; ``chance`` before the draw."""

    village: str
    name: str
    stratum: str
    pool: str
    ticket: str
    drawn: bool
    chance: float
    reason: str = ""

    @property
    def key(self) -> str:
        """The village."""
        return self.village

    @property
    def choice(self) -> str:
        """Drawn, named or nothing."""
        return "named" if self.pool == "named" else "drawn" if self.drawn else ""


@dataclass(frozen=True, slots=True)
class Stratum:
    """What a stratum owes: its size, quota, how many must be due, who is in which pool."""

    name: str
    size: int
    quota: int
    must: int
    due: int
    free: int


def months_between(first: date, second: date) -> int:
    """Whole months from one day to another."""
    months = (second.year - first.year) * 12 + second.month - first.month
    return months - 1 if second.day < first.day else months


def pool_of(problem: Problem, village: Village) -> tuple[str, str]:
    """Which pool a village is in before the draw, and why."""
    for lock in problem.locks:
        if lock.subject == village.code and lock.kind == "fix":
            return "named", lock.reason
        if lock.subject == village.code and lock.kind == "forbid":
            return "out", lock.reason
    if village.last is not None and months_between(village.last, problem.on) < problem.rest_months:
        return "rest", village.last.isoformat()
    return ("due" if _open(problem, village) else "free"), ""


def _open(problem: Problem, village: Village) -> bool:
    """Not visited this term."""
    start = problem.term_start
    return start is not None and (village.last is None or village.last < start)


def strata(problem: Problem) -> tuple[Stratum, ...]:
    """Quotas by size (largest remainder, ties by name), at least one each when the count allows, enough for the term."""
    pools = {item.code: pool_of(problem, item)[0] for item in problem.villages}
    names = sorted({item.stratum for item in problem.villages})
    members = {
        name: [item for item in problem.villages if item.stratum == name and pools[item.code] not in ("out", "named")]
        for name in names
    }
    names = [name for name in names if members[name]]
    total = sum(len(members[name]) for name in names)
    ideal = {name: problem.count * len(members[name]) / total for name in names} if total else {}
    quota = {name: math.floor(ideal[name]) for name in names}
    left = problem.count - sum(quota.values())
    for name in sorted(names, key=lambda one: (quota[one] - ideal[one], one))[:left]:
        quota[name] += 1
    if problem.count >= len(names):
        for name in names:
            if not quota[name]:
                giver = max(names, key=lambda one: (quota[one], one))
                quota[giver] -= 1
                quota[name] = 1
    found = []
    for name in names:
        due = sum(pools[item.code] == "due" for item in members[name])
        free = sum(pools[item.code] == "free" for item in members[name])
        open_ = sum(_open(problem, item) for item in members[name])  # those that only rest now are owed a visit as well
        must = min(due, math.ceil(open_ / problem.rounds_left))
        found.append(Stratum(name, len(members[name]), max(quota[name], must), must, due, free))
    return tuple(found)


def ticket(seed_text: str, code: str) -> str:
    """SHA-256 of ``seed|code``."""
    return hashlib.sha256(f"{seed_text}|{code}".encode()).hexdigest()


def chance(stratum: Stratum, pool: str) -> float:
    """Of being drawn, before the seed is known."""
    if pool not in ("due", "free"):
        return 1.0 if pool == "named" else 0.0
    pool_size = stratum.due + stratum.free
    first = min(stratum.must, stratum.due)
    others = max(0, pool_size - first)
    rest = min(1.0, max(0, stratum.quota - first) / others) if others else 0.0
    if pool == "free":
        return rest
    share = first / stratum.due
    return share + (1 - share) * rest


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Ticket]:
    """Draw. ``seed`` is not used: the public seed of the problem decides. ProblemError when the input is wrong or there is no seed."""
    limits = limits or Limits()
    found = list(problem.findings())
    if not problem.seed_text:
        found.append(Finding("draws.seed", Text("没有公开随机数，还不能抽", "there is no public number yet")))
    must_hold(found)
    run = limits.begin()
    rows = sorted(problem.villages, key=lambda item: item.code)
    pools = {item.code: pool_of(problem, item) for item in rows}
    plan_strata = {item.name: item for item in strata(problem)}
    tickets = {item.code: ticket(problem.seed_text, item.code) for item in rows}
    drawn: set[str] = set()
    by_stratum: dict[str, list[Village]] = defaultdict(list)
    for item in rows:
        by_stratum[item.stratum].append(item)
    for name, one in plan_strata.items():
        pool = sorted(
            (item for item in by_stratum[name] if pools[item.code][0] in ("due", "free")),
            key=lambda item: tickets[item.code],
        )
        first = [item.code for item in pool if pools[item.code][0] == "due"][: one.must]
        rest = [item.code for item in pool if item.code not in set(first)][: max(0, one.quota - len(first))]
        drawn |= {*first, *rest}
    lines = tuple(
        Ticket(
            item.code,
            item.name,
            item.stratum,
            pools[item.code][0],
            tickets[item.code],
            item.code in drawn,
            round(chance(plan_strata[item.stratum], pools[item.code][0]), 6)
            if item.stratum in plan_strata
            else float(pools[item.code][0] == "named"),
            pools[item.code][1],
        )
        for item in rows
    )
    wanted = sum(item.quota for item in plan_strata.values())
    reachable = sum(min(item.quota, item.due + item.free) for item in plan_strata.values())
    owed = sum(item.must for item in plan_strata.values())
    due = sum(
        min(item.must, sum(line.drawn and line.pool == "due" and line.stratum == item.name for line in lines))
        for item in plan_strata.values()
    )
    levels = (
        Level("drawn", Text("抽中的村", "Villages drawn"), "max", len(drawn), reachable, Text("个", "villages")),
        Level("due", Text("本届应查份额", "Owed to the term"), "max", due, owed, Text("个", "villages")),
    )
    notes = tuple(_notes(tuple(plan_strata.values()), wanted, problem))
    return Plan(
        NAME,
        problem.digest,
        overall(levels),
        levels,
        lines,
        0,
        parameters=_parameters(problem),
        locks=problem.locks,
        notes=notes,
        versions={"sha256": "FIPS 180-4"},
        extra={"strata": plain(list(plan_strata.values())), "covered": _covered(problem, drawn)},
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def _parameters(problem: Problem) -> Mapping[str, object]:
    return {
        "count": problem.count,
        "on": problem.on.isoformat(),
        "rest_months": problem.rest_months,
        "term_start": None if problem.term_start is None else problem.term_start.isoformat(),
        "rounds_left": problem.rounds_left,
        "lottery": problem.lottery,
        "secret": problem.secret,
        "commitment": problem.commitment,
        "seed_text": problem.seed_text,
        "source": plain(problem.source),
    }


def _covered(problem: Problem, drawn: set[str]) -> int:
    start = problem.term_start
    named = {lock.subject for lock in problem.locks if lock.kind == "fix"}
    return sum(
        item.code in drawn or item.code in named or (start is not None and item.last is not None and item.last >= start)
        for item in problem.villages
    )


def _notes(items: Sequence[Stratum], wanted: int, problem: Problem) -> list[Finding]:
    notes = []
    for item in items:
        if item.due + item.free < item.quota:
            text = Text("“{s}”应抽 {q} 个，只有 {n} 个可抽", "“{s}” owes {q} and only {n} can be drawn")
            notes.append(
                Finding("draws.short", text.fill(s=same(item.name), q=item.quota, n=item.due + item.free), "warning")
            )
    if wanted > problem.count:
        text = Text("为保证本届全覆盖，多抽 {n} 个", "{n} more are drawn so that the term covers everybody").fill(
            n=wanted - problem.count
        )
        notes.append(Finding("draws.term", text, "warning"))
    if not problem.secret:
        text = Text(
            "只用公开随机数：名单须在开奖前公布", "only a public number: the list must be published before it is drawn"
        )
        notes.append(Finding("draws.public", text, "note"))
    return notes


def explain(problem: Problem, plan: Plan[Ticket], key: str) -> Explanation:
    """Why this village: pool, chance, ticket, and where the line was drawn."""
    line = plan.line(key)
    mates = [item for item in plan.lines if item.stratum == line.stratum and item.pool in ("due", "free")]
    drawn = sorted((item for item in mates if item.drawn), key=lambda item: item.ticket)
    words = [
        Text("“{n}”在“{s}”，{p}", "{n} in “{s}”, {p}").fill(n=line.name, s=line.stratum, p=POOLS[line.pool])
        + (Text(f"（{line.reason}）", f" ({line.reason})") if line.reason else Text("", "")),
    ]
    if line.pool in ("due", "free"):
        place = sorted(item.ticket for item in mates).index(line.ticket) + 1
        words.append(
            Text("事前机会 {c}，签号 {t}，在 {m} 个中排第 {k}", "chance {c}, ticket {t}, number {k} of {m}").fill(
                c=f"{line.chance:.1%}", t=line.ticket[:12], m=len(mates), k=place
            )
        )
        words.append(Text("抽中", "drawn") if line.drawn else Text("未抽中", "not drawn"))
        if drawn:
            words.append(Text("最后一个抽中的签号 {t}", "the last ticket drawn is {t}").fill(t=drawn[-1].ticket[:12]))
    return Explanation(
        key,
        tuple(words),
        (Alternative("", Text("谁都可以用公布的脚本复核", "anybody can check it with the published script")),),
    )


def diff(plan: Plan[Ticket], earlier: Plan[Ticket]) -> Diff:
    """Who is drawn now and was not."""
    names = {line.key: line.name for line in (*earlier.lines, *plan.lines)}
    words = {"drawn": Text("抽中", "drawn"), "named": POOLS["named"]}
    return diff_lines(plan, earlier, name=lambda choice: words[choice], what=lambda key: same(names[key]))


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """When a stratum has too few villages: the shortest cut of the rest that fills it, else the smaller quota."""
    must_hold(problem.findings())
    given = []
    if not strata(problem):
        text = Text("没有可抽的村，少抽 {n} 个", "nobody can be drawn: draw {n} fewer").fill(n=problem.count)
        given.append(GiveUp("quota", text, float(problem.count)))
    for item in strata(problem):
        lacking = item.quota - item.due - item.free
        if lacking <= 0:
            continue
        resting = sorted(
            (
                months_between(village.last, problem.on)
                for village in problem.villages
                if village.stratum == item.name and village.last is not None and pool_of(problem, village)[0] == "rest"
            ),
            reverse=True,
        )
        if len(resting) >= lacking:
            months = resting[lacking - 1]
            text = Text("“{s}”把间隔从 {a} 个月缩到 {b} 个月", "“{s}”: shorten the rest from {a} to {b} months")
            given.append(
                GiveUp(
                    "rest", text.fill(s=item.name, a=problem.rest_months, b=months), float(problem.rest_months - months)
                )
            )
        else:
            text = Text("“{s}”少抽 {n} 个", "“{s}”: draw {n} fewer")
            given.append(GiveUp("quota", text.fill(s=item.name, n=lacking), float(lacking)))
    return Relaxation(tuple(given))
