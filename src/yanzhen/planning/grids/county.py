"""Drawing a county: villages side by side, one plan with goals, bounds and what is worth knowing."""

from __future__ import annotations

import multiprocessing
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import replace

import shapely

from yanzhen.planning.grids.ground import in_degrees
from yanzhen.planning.grids.locks import Held, conflict_findings, resolve
from yanzhen.planning.grids.notes import notes
from yanzhen.planning.grids.problem import LEVELS, Home, Place, Problem, Scheme, parts_of
from yanzhen.planning.grids.redraw import FIRST
from yanzhen.planning.grids.village import Drawn, Task, draw_village
from yanzhen.planning.kernel.digests import plain
from yanzhen.planning.kernel.findings import Finding, must_hold
from yanzhen.planning.kernel.limits import Limits, Run, memory_mb
from yanzhen.planning.kernel.records import Level, Plan, overall, versions
from yanzhen.planning.kernel.text import Text

NAME = "grids"
POINTS = Text("点", "points")
LARGE = 20_000
"""Households from which contact groups get half the effort (their total is then a little longer, see the benchmark)."""
SCALE: dict[str, tuple[float, Text]] = {
    "over": (100, POINTS),
    "mixed": (1, Text("个", "grids")),
    "cut": (1, Text("块", "pieces")),
    "far": (1, Text("户", "households")),
    "short": (100, POINTS),
    "balance": (100, POINTS),
    "compact": (10_000, Text("公里", "km")),
}
"""What one unit of a goal is in the whole numbers of the solver, and its name."""


def findings(problem: Problem) -> list[Finding]:
    """Everything wrong with the input, the locks too."""
    found = problem.findings()
    if not found:
        held, wrong = resolve(problem)
        found += wrong + conflict_findings(held)
    return found


def effective(scheme: Scheme) -> Scheme:
    """Strict goals go first: they must be met before anything else counts."""
    first = [name for name in scheme.order if name in scheme.strict]
    return replace(scheme, order=(*first, *(name for name in scheme.order if name not in scheme.strict)))


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0, *, proof: str = "auto") -> Plan[Place]:
    """Draw (or draw again, when the problem holds an earlier drawing). ``proof`` of the contact groups: none, bound, exact, or auto
    (exact up to 1,500 households, bound up to 5,000, else none).

    ``limits.threads``: villages drawn at a time, each in its own process; the plan does not depend on it.
    """
    limits = limits or Limits()
    run = limits.begin()
    must_hold(findings(problem))
    if proof == "auto":
        number = sum(home.households for home in problem.homes)
        proof = "exact" if number <= 1500 else "bound" if number <= 5000 else "none"
    scheme = effective(problem.scheme)
    tasks = list(_tasks(problem, scheme, seed, proof))
    drawn = sorted(_run(tasks, run), key=lambda item: item.village)
    return assemble(problem, drawn, seed, run, stopped=len(drawn) < len(tasks))


def assemble(problem: Problem, drawn: list[Drawn], seed: int, run: Run, *, stopped: bool) -> Plan[Place]:
    """One plan of all villages."""
    lines = tuple(sorted((line for item in drawn for line in item.places), key=lambda line: line.home))
    levels = _levels(problem, drawn)
    done = {item.village for item in drawn}
    unmet = tuple(sorted(key for home in problem.homes if home.village not in done for key in parts_of(home)))
    broken = [level for level in levels if level.key in problem.scheme.strict and level.value > 0]
    status = "infeasible" if broken else overall(levels, stopped=stopped)
    earlier = problem.earlier
    retired: set[str] = set(earlier.retired) if earlier is not None else set()
    if earlier is not None:
        width = 12 + problem.scheme.grid.digits
        used = {fact.code for item in drawn for fact in item.grids}
        retired |= {code[:width] for code in earlier.assigned.values() if code[:12] in done} - used
        codes = {fact.code for item in drawn for fact in item.groups}
        retired |= {code for code in earlier.assigned.values() if code[:12] in done} - codes
    return Plan(
        NAME,
        problem.digest,
        status,
        levels,
        lines,
        seed,
        parameters=plain(problem.scheme.plain()),
        signed_by=problem.scheme.signed_by,
        locks=tuple(
            sorted(problem.locks, key=lambda lock: (lock.kind, lock.subject, lock.object, lock.reason, lock.by))
        ),
        unmet=unmet,
        notes=notes(problem, drawn),
        versions=versions("ortools", "highspy", "shapely", "scipy", "numpy"),
        previous=earlier.digest if earlier is not None else "",
        extra=plain(
            {
                "grids": [fact for item in drawn for fact in item.grids],
                "micros": [fact for item in drawn for fact in item.micros],
                "groups": [fact for item in drawn for fact in item.groups],
                "party": [fact for item in drawn for fact in item.party],
                "retired": sorted(retired),
                "moved": sum(item.moved for item in drawn),
            }
        ),
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def _levels(problem: Problem, drawn: list[Drawn]) -> tuple[Level, ...]:
    scheme = effective(problem.scheme)
    again = problem.earlier is not None and problem.earlier.keep
    levels: list[Level] = []
    first = [name for name in scheme.order if name in FIRST]
    for name in scheme.order:
        scale, unit = SCALE[name]
        value = sum(item.values[name] for item in drawn) / scale
        known = [item.bounds[name] for item in drawn]
        bound = None if any(item is None for item in known) else sum(item or 0 for item in known) / scale
        levels.append(Level(name, LEVELS[name], "min", value, bound, unit))
        if again and first and name == first[-1]:
            moved, must = sum(item.moved for item in drawn), sum(item.must for item in drawn)
            levels.append(
                Level(
                    "moved",
                    Text("换了网格的户", "Households that change grid"),
                    "min",
                    moved,
                    min(must, moved),
                    Text("户", "households"),
                )
            )
    if problem.scheme.micro is not None:
        for name, words in (
            ("over", Text("微网格超上限", "Micro-grids above the ceiling")),
            ("short", Text("微网格低于下限", "Micro-grids below the floor")),
        ):
            value = sum(item.micro_values.get(name, 0) for item in drawn) / 100
            levels.append(Level(f"micro_{name}", words, "min", value, 0.0 if value == 0 else None, POINTS))
    short = float(sum(item.contact_short for item in drawn))
    missing = Text("联户组不足下限的户数", "Households missing in contact groups")
    least = [item.contact_bound for item in drawn]
    short_bound = (
        float(sum(item or 0 for item in least))
        if all(item is not None for item in least)
        else 0.0
        if short == 0
        else None
    )
    levels.append(Level("contact_short", missing, "min", short, short_bound, Text("户", "households")))
    walk = sum(item.walk for item in drawn) / 10_000
    bounds = [item.walk_bound for item in drawn]
    bound = None if any(item is None for item in bounds) else sum(item or 0 for item in bounds) / 10_000
    levels.append(
        Level("walk", Text("联户组内总距离", "Distance inside contact groups"), "min", walk, bound, Text("公里", "km"))
    )
    return tuple(levels)


def _tasks(problem: Problem, scheme: Scheme, seed: int, proof: str) -> Iterator[Task]:
    by_village: dict[str, list[Home]] = defaultdict(list)
    for home in problem.homes:
        by_village[home.village].append(home)
    degrees = in_degrees(problem.homes)
    barriers = sorted(problem.barriers, key=lambda item: item.id)
    crossings = sorted(problem.crossings, key=lambda item: item.id)
    lines = shapely.STRtree([item.line for item in barriers]) if barriers else None
    spots = shapely.STRtree([shapely.Point(item.x, item.y) for item in crossings]) if crossings else None
    held, _ = resolve(problem)
    locks: dict[str, list[Held]] = defaultdict(list)
    for item in held:
        locks[item.village].append(item)
    earlier = problem.earlier
    before: dict[str, dict[str, str]] = defaultdict(dict)
    retired: dict[str, list[str]] = defaultdict(list)
    persons: dict[str, dict[str, str]] = defaultdict(dict)
    moved: set[str] = set()
    if earlier is not None:
        for key, code in earlier.assigned.items():
            before[code[:12]][key] = code
        for code in earlier.retired:
            retired[code[:12]].append(code)
        for code, person in earlier.persons.items():
            persons[code[:12]][code] = person
        apart = 1e-5 if degrees else 1.0  # a metre: surveying again is not moving house
        for home in problem.homes:
            stood = earlier.stood.get(home.id)
            if stood is not None and max(abs(stood[0] - home.x), abs(stood[1] - home.y)) > apart:
                moved.add(home.id)
    for village in sorted(problem.villages, key=lambda item: item.code):
        homes = by_village.get(village.code)
        if not homes:
            continue
        xs, ys = [home.x for home in homes], [home.y for home in homes]
        box = shapely.box(min(xs), min(ys), max(xs), max(ys))
        if village.boundary is not None:
            box = shapely.union(box, village.boundary.envelope).envelope
        near_lines = (
            ()
            if lines is None
            else tuple(barriers[number] for number in sorted(lines.query(box, predicate="intersects")))
        )
        near_spots = (
            ()
            if spots is None
            else tuple(crossings[number] for number in sorted(spots.query(box, predicate="intersects")))
        )
        mine = locks.get(village.code, [])
        frozen = frozenset(code for item in mine if item.lock.kind == "freeze" for code in item.grids)
        hand = tuple(
            (item.lock.kind, item.homes, next(iter(item.grids)) if item.grids else item.others)
            for item in sorted(mine, key=lambda item: (item.lock.kind, item.lock.subject, item.lock.object))
            if item.lock.kind != "freeze"
        )
        codes = before.get(village.code, {})
        gone = retired.get(village.code, [])
        if earlier is not None and not earlier.keep:
            width = 12 + scheme.grid.digits
            gone = sorted({*gone, *codes.values()})
            codes = {key: code for key, code in codes.items() if code[:width] in frozen}
        yield Task(
            village,
            tuple(sorted(homes, key=lambda home: home.id)),
            near_lines,
            near_spots,
            degrees,
            scheme,
            seed,
            hand,
            frozen,
            codes,
            frozenset(home.id for home in homes if home.id in moved),
            tuple(gone),
            persons.get(village.code, {}),
            proof,
            enough=5 if sum(home.households for home in problem.homes) <= LARGE else 3,
            keep=earlier is not None and earlier.keep,
        )


def _run(tasks: list[Task], run: Run) -> list[Drawn]:
    workers = min(run.limits.threads, len(tasks), os.cpu_count() or 1)
    stage = Text("划网格", "drawing grids")
    done: list[Drawn] = []
    if workers <= 1 or len(tasks) < 4:
        for task in tasks:
            if run.over:
                break
            done.append(draw_village(replace(task, quick=run.left < 0.25 * run.limits.seconds)))
            run.say(stage, len(done), len(tasks))
        return done
    # Spawned, not forked: solvers and the caller may hold threads.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_quiet) as pool:
        waiting: set[Future[Drawn]] = set()
        rest = iter(tasks)
        open_tasks = True
        while open_tasks or waiting:
            while open_tasks and len(waiting) < 2 * workers:
                following = next(rest, None)
                if following is None or run.over:
                    open_tasks = False
                    break
                waiting.add(pool.submit(draw_village, replace(following, quick=run.left < 0.25 * run.limits.seconds)))
            if not waiting:
                break
            finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
            done += [item.result() for item in finished]
            run.say(stage, len(done), len(tasks))
    return done


def _quiet() -> None:
    """Ctrl-C goes to the parent, which ends with the best plan so far."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


def homes_of(problem: Problem, village: str) -> Iterable[Home]:
    """Homes of one village, sorted by id."""
    return sorted((home for home in problem.homes if home.village == village), key=lambda home: home.id)
