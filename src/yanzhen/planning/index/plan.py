"""The index as a planner: solve, explain, diff, check, relax with the common record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yanzhen.planning.index import gaming, reasons, studies
from yanzhen.planning.index.kernel import Bounds, Floats, Ints, Scores, rank_within, score
from yanzhen.planning.index.problem import Problem, class_words, known_share
from yanzhen.planning.index.scheme import Indicator, Scheme
from yanzhen.planning.index.uncertainty import Spread, band_edges, simulate
from yanzhen.planning.kernel import (
    Alternative,
    Diff,
    Explanation,
    Finding,
    GiveUp,
    Level,
    Limits,
    Plan,
    Relaxation,
    Text,
    diff_lines,
    memory_mb,
    must_hold,
    overall,
    plain,
    versions,
)
from yanzhen.planning.kernel.text import number, same

NAME = "index"
TITLE = Text("指数榜", "Index and bands")
SURE, GREY = 0.95, 0.05
HELP_WORDS = {
    "sure": Text("帮扶", "help"),
    "grey": Text("灰区，同样帮扶", "grey zone, helped as well"),
    "": Text("", ""),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One village's place. ``score`` None: too little is known. ``rank`` of ``of`` in its class with the 90 % interval ``low`` …
    ``high`` and the median ``middle`` of the draws, from which ``stars`` come; ``certainty``: chance of these stars; ``held``: the
    dimension that holds the stars down; ``aid``: sure, grey or ""; ``chance``: of belonging to the part that gets help; ``ahead``:
    chance to beat the next one; ``dims`` in the order of the scheme's dimensions; ``known``: share of weight with figures;
    ``progress``: points since last year against the same bounds."""

    village: str
    name: str
    county: str
    group: str
    score: float | None
    rank: int
    of: int
    low: int
    middle: int
    high: int
    county_rank: int
    county_of: int
    stars: int
    certainty: float
    held: str
    aid: str
    chance: float
    ahead: float | None
    dims: tuple[float | None, ...]
    known: float
    progress: float | None = None
    moved: str = ""

    @property
    def key(self) -> str:
        """The village."""
        return self.village

    @property
    def choice(self) -> str:
        """Its stars; "" = not rated."""
        return str(self.stars) if self.stars else ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Arrays behind a plan, row by row of ``problem.rows`` (for reports and explanations)."""

    scores: Scores
    ranks: Ints
    spread: Spread


def measure(problem: Problem, *, keep: bool = True, threads: int = 1) -> Scores:
    """The scores alone."""
    return score(problem.scheme, problem.raw, problem.classes[0], bounds=problem.bounds, keep=keep, threads=threads)


def outcome(problem: Problem, seed: int = 0, threads: int = 1) -> Outcome:
    """Scores, ranks and rank distributions."""
    found = measure(problem, threads=threads)
    ranks = rank_within(found.index, problem.classes[0])
    spread = simulate(
        problem.scheme,
        problem.raw,
        problem.classes[0],
        found.index,
        draws=problem.draws,
        seed=seed,
        bounds=problem.bounds,
    )
    return Outcome(found, ranks, spread)


def stars_from(scheme: Scheme, middle: int, of: int) -> int:
    """Stars of a median rank."""
    for band, edge in zip(scheme.bands, band_edges(scheme, of), strict=True):
        if middle <= edge:
            return band.stars
    return scheme.bands[-1].stars


def aid_from(chance: float) -> str:
    """sure, grey or "": help goes to all that may be in the last fifth, and nobody is named for a coin toss."""
    return "sure" if chance > SURE else "grey" if chance >= GREY else ""


def solve(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Plan[Place]:
    """Score, rank, band. Same problem and seed, same plan, whatever the order of rows. ProblemError when the input is wrong."""
    limits = limits or Limits()
    must_hold(problem.findings())
    run = limits.begin()
    run.say(Text("计算得分", "scoring"), 0, 3)
    found = outcome(problem, seed, limits.threads)
    run.say(Text("比较年度", "comparing years"), 1, 3)
    scheme, rows = problem.scheme, problem.rows
    classes, names = problem.classes
    sizes = np.bincount(classes[found.ranks > 0], minlength=len(names))
    counties = sorted({row.county for row in rows})
    county_of = np.array([counties.index(row.county) for row in rows], dtype=np.int64)
    county_ranks = rank_within(found.scores.index, county_of)
    county_sizes = np.bincount(county_of[county_ranks > 0], minlength=len(counties))
    present = ~np.isnan(problem.raw)
    known = known_share(scheme, present)
    earlier, moved, steady = _years(problem, found, seed)
    order = {code: at for at, code in enumerate(found.scores.dim_codes)}
    lines = []
    for i, row in enumerate(rows):
        rated = found.ranks[i] > 0
        of = int(sizes[classes[i]])
        dims = tuple(_number(found.scores.dims[order[item.code], i]) for item in scheme.dimensions)
        middle = int(found.spread.middle[i])
        stars = stars_from(scheme, middle, of) if rated else 0
        held = ""
        for item, value in zip(scheme.dimensions, dims, strict=True):
            if item.minimum and value is not None and value < item.minimum and stars > item.held_to:
                stars, held = item.held_to, item.code
        at = next((p for p, band in enumerate(scheme.bands) if band.stars == stars_from(scheme, middle, of)), 0)
        chance = float(found.spread.bottom[i]) if rated else 0.0
        lines.append(
            Place(
                row.code,
                row.name,
                row.county,
                class_words(names[classes[i]]).zh,
                _number(found.scores.index[i]),
                int(found.ranks[i]),
                of if rated else 0,
                int(found.spread.low[i]),
                middle,
                int(found.spread.high[i]),
                int(county_ranks[i]),
                int(county_sizes[county_of[i]]) if rated else 0,
                stars,
                round(float(found.spread.bands[i, at]), 4) if rated else 0.0,
                held,
                aid_from(chance) if rated else "",
                round(chance, 4),
                _number(found.spread.beats_next[i], 4),
                dims,
                round(float(known[i]), 4),
                None if earlier is None else _number(found.scores.index[i] - earlier[i]),
                moved[i],
            )
        )
    run.say(Text("查找异常", "looking for signs"), 2, 3)
    extra = _extra(problem, found, steady, names, sizes)
    rated_count = int(np.count_nonzero(found.ranks > 0))
    levels = (
        Level("rated", Text("参评的村", "Villages rated"), "max", rated_count, rated_count, Text("个", "villages")),
    )
    return Plan(
        NAME,
        problem.digest,
        overall(levels),
        levels,
        tuple(lines),
        seed,
        parameters=plain(scheme),
        signed_by=scheme.signed_by,
        unmet=tuple(line.key for line in lines if not line.rank),
        notes=tuple(_notes(problem, found, sizes, names)),
        versions=versions("numpy", "scipy"),
        extra=extra,
        seconds=run.seconds,
        memory_mb=memory_mb(),
    )


def _number(value: float, digits: int = 6) -> float | None:
    return None if np.isnan(value) else round(float(value), digits)


def _years(problem: Problem, found: Outcome, seed: int) -> tuple[Floats | None, list[str], studies.Stability | None]:
    """Last year's index against this year's bounds, who really moved, and how stable the list is."""
    n = len(problem.rows)
    if problem.earlier is None:
        return None, [""] * n, None
    scheme, classes = problem.scheme, problem.classes[0]
    old = score(scheme, problem.earlier, classes, bounds=found.scores.bounds)
    ranks = rank_within(old.index, classes)
    spread = simulate(
        scheme,
        problem.earlier,
        classes,
        old.index,
        draws=min(problem.draws, 300),
        seed=seed,
        bounds=found.scores.bounds,
    )
    steady = studies.stability(
        tuple(row.code for row in problem.rows),
        (found.scores.index, old.index),
        (found.ranks, ranks),
        (studies.stars_of(scheme, found.ranks, classes), studies.stars_of(scheme, ranks, classes)),
        ((found.spread.low, found.spread.high), (spread.low, spread.high)),
    )
    moved = ["" if not steady.real[i] else ("up" if steady.rank_change[i] > 0 else "down") for i in range(n)]
    return old.index, moved, steady


def signs(problem: Problem) -> list[gaming.Sign]:
    """Everything in the figures that is worth a look."""
    scheme, classes, rows = problem.scheme, problem.classes[0], problem.rows
    counties = [row.county for row in rows]
    earlier = problem.earlier
    found: list[gaming.Sign] = []
    for i, item in enumerate(scheme.indicators):
        values = problem.figures[:, i]
        for threshold in item.thresholds:
            one = gaming.bunching(item.code, values, threshold)
            found += [one] if one else []
        if item.self_reported:
            found += gaming.digits(item.code, values, counties)
            if earlier is not None:
                found += gaming.jumps(item.code, values, earlier[:, i], classes)
        if item.code in problem.months:
            table = problem.months[item.code]
            months = np.array([table.get(row.code, (float("nan"),) * 12) for row in rows])
            found += gaming.year_end(item.code, months, classes)
        if item.votes:
            votes = np.array([float(row.votes.get(item.code, 0.0) or 0.0) for row in rows])
            found += gaming.ballots(item.code, values, votes, counties)
    return found


def _extra(
    problem: Problem, found: Outcome, steady: studies.Stability | None, names: Sequence[tuple[str, ...]], sizes: Ints
) -> Mapping[str, Any]:
    scheme = problem.scheme
    say = [
        {
            "kind": sign.kind,
            "code": sign.code,
            "villages": [problem.rows[row].code for row in sign.rows[:60]],
            "count": len(sign.rows),
            "chance": None if np.isnan(sign.chance) else float(f"{sign.chance:.3g}"),
            "zh": sign.text.zh,
            "en": sign.text.en,
        }
        for sign in signs(problem)
    ]
    deciding = (
        studies.influences(scheme, problem.raw, problem.classes[0], bounds=problem.bounds)
        if len(problem.rows) <= 50_000
        else ()
    )
    rated = found.ranks > 0
    width = (found.spread.high - found.spread.low)[rated]
    beats = found.spread.beats_next[~np.isnan(found.spread.beats_next)]
    return {
        "signs": say,
        "influence": [
            {
                "code": item.code,
                "nominal": round(item.nominal, 6),
                "real": round(item.real, 6),
                "shift": round(item.shift, 3),
                "moved": item.moved,
                "correlation": None if np.isnan(item.correlation) else round(item.correlation, 6),
            }
            for item in deciding
        ],
        "stability": None
        if steady is None
        else {
            "correlation": _number(steady.correlation),
            "kept": _number(steady.kept),
            "shift": _number(steady.shift),
            "moved": int(np.count_nonzero(steady.real)),
        },
        "interval": {
            "median_width": float(np.median(width)) if rated.any() else 0.0,
            "beats_next": _number(float(beats.mean())) if len(beats) else None,
        },
        "classes": [
            [class_words(name).zh, class_words(name).en, int(size)] for name, size in zip(names, sizes, strict=True)
        ],
        "draws": found.spread.draws,
    }


def _notes(problem: Problem, found: Outcome, sizes: Ints, names: Sequence[tuple[str, ...]]) -> list[Finding]:
    notes = []
    for name, size in zip(names, sizes, strict=True):
        if 0 < size < problem.scheme.min_class:
            text = Text(
                "类别“{c}”只有 {n} 个村，名次说明不了什么", "class “{c}” has only {n} villages; its places mean little"
            )
            notes.append(Finding("index.small_class", text.fill(c=class_words(name), n=int(size)), "warning"))
    out = [row for row, rank in zip(problem.rows, found.ranks, strict=True) if not rank]
    if out:
        text = Text(
            "{n} 个村数据不足，不排名（缺的不当零）",
            "{n} villages have too few figures and are not ranked (missing is not zero)",
        )
        notes.append(Finding("index.unrated", text.fill(n=len(out)), "note"))
    gone = 1 - (~np.isnan(problem.raw)).mean(axis=0)
    for item, share in zip(problem.scheme.indicators, gone, strict=True):
        if share > 0.2:
            text = Text("“{t}”有 {s} 的村没填", "“{t}” is missing in {s} of villages").fill(
                t=item.title, s=f"{share:.0%}"
            )
            notes.append(Finding("index.missing", text, "warning", key=item.code))
    return notes


def explain(problem: Problem, plan: Plan[Place], key: str) -> Explanation:
    """Where a village stands, what lifts it and what holds it, and every single way to one more star."""
    line = plan.line(key)
    scheme = problem.scheme
    if not line.rank:
        lacking = [
            item.title for i, item in enumerate(scheme.indicators) if np.isnan(problem.raw[_row(problem, key), i])
        ]
        words = Text("、".join(t.zh for t in lacking), ", ".join(t.en for t in lacking))
        return Explanation(
            key, (Text("数据不足，不排名。缺：{w}", "Not ranked, too little is known. Missing: {w}").fill(w=words),)
        )
    found = measure(problem)
    i = _row(problem, key)
    flow = flow_of(problem, found, i)
    said = [
        Text(
            "{g}类 {of} 个村中第 {rank} 名（九成把握在 {low}–{high} 名），{stars} 星，把握 {c}",
            "rank {rank} of {of} in class {g} (90 % sure: {low}–{high}), {stars} stars, chance {c}",
        ).fill(
            g=line.group,
            of=line.of,
            rank=line.rank,
            low=line.low,
            high=line.high,
            stars=line.stars,
            c=f"{line.certainty:.0%}",
        )
    ]
    titles = {item.code: item.title for item in scheme.indicators}
    ups = sorted((p for p in flow.parts if p.points > 0.005), key=lambda p: -p.points)[:5]
    downs = sorted((p for p in flow.parts if p.points < -0.005), key=lambda p: p.points)[:5]
    words = Text("{t}：{d} 分", "{t}: {d} points")
    said += [words.fill(t=titles[part.code], d=f"{part.points:+.2f}") for part in (*ups, *downs)]
    if line.held:
        said.append(
            Text("“{t}”低于底线，星级受限", "“{t}” is below its minimum and holds the stars down").fill(
                t=scheme.dimension(line.held).title
            )
        )
    return Explanation(key, tuple(said), tuple(_ways(problem, found, plan, line, i)))


def flow_of(problem: Problem, found: Scores, row: int) -> reasons.Waterfall:
    """The waterfall of one village against the typical one of its class."""
    assert found.scores is not None  # noqa: S101 - measured with keep
    mates = problem.classes[0] == problem.classes[0][row]
    typical = reasons.typical_scores(found.scores[:, mates].astype(np.float64))
    return reasons.waterfall(problem.scheme, found.scores[:, row].astype(np.float64), typical)


def _row(problem: Problem, key: str) -> int:
    return next(i for i, row in enumerate(problem.rows) if row.code == key)


def goal_of(plan: Plan[Place], line: Place, scheme: Scheme) -> float | None:
    """The index from which one more star begins in the class; None for the top band."""
    better = [band for band in scheme.bands if band.stars > line.stars]
    if not better:
        return None
    wanted = min(band.stars for band in better)
    edge = band_edges(scheme, line.of)[[band.stars for band in scheme.bands].index(wanted)]
    mates = sorted(
        (item.score for item in plan.lines if item.group == line.group and item.score is not None), reverse=True
    )
    goal = mates[max(edge, 1) - 1]
    assert line.score is not None  # noqa: S101 - ranked
    return goal if goal > line.score else line.score + 0.01


def _ways(problem: Problem, found: Scores, plan: Plan[Place], line: Place, i: int) -> list[Alternative]:
    goal = goal_of(plan, line, problem.scheme)
    if goal is None or found.scores is None:
        return []
    scheme, group = problem.scheme, problem.classes[0][i]
    bounds: Bounds = found.bounds
    scores = found.scores[:, i].astype(np.float64)
    ways = []
    for step in reasons.steps_to(scheme, scores, problem.raw[i], goal, bounds.a[group], bounds.b[group], limit=5):
        item = scheme.indicator(step.code)
        ways.append(Alternative(step.code, _way_words(item, step), price={"rated": 0.0}))
    every = reasons.even_lift(scheme, scores, goal)
    if every is not None:
        text = Text("再加一星：或者每项都提高 {p} 分", "one more star: or {p} points more in every indicator").fill(
            p=number(every)
        )
        ways.append(Alternative("all", text))
    return ways


def _way_words(item: Indicator, step: reasons.Step) -> Text:
    if step.figure is None:
        text = Text("再加一星：“{t}”得分从 {a} 到 {b}", "one more star: score of “{t}” from {a} to {b}")
        return text.fill(t=item.title, a=number(step.score), b=number(step.needed))
    now = "–" if step.now is None else number(step.now)
    text = Text("再加一星：“{t}”从 {a} 到 {b} {u}", "one more star: “{t}” from {a} to {b} {u}")
    return text.fill(t=item.title, a=now, b=number(step.figure), u=item.unit)


def diff(plan: Plan[Place], earlier: Plan[Place]) -> Diff:
    """Stars that changed."""
    names = {line.key: line.name for line in (*earlier.lines, *plan.lines)}
    return diff_lines(
        plan,
        earlier,
        name=lambda choice: Text(f"{choice} 星", f"{choice} stars"),
        what=lambda key: same(names.get(key, key)),
    )


def relax(problem: Problem, limits: Limits | None = None, seed: int = 0) -> Relaxation:
    """What would have to be given up so that every village is rated: the data rule of the scheme, and down to what."""
    must_hold(problem.findings())
    found = measure(problem, keep=False)
    unrated = np.isnan(found.index)
    if not unrated.any():
        return Relaxation(())
    words = Text(
        "{n} 个村的数据不到最低比例 {c}；可补报数据，或放宽比例",
        "{n} villages have less than {c} of the figures; ask for them or loosen the share",
    )
    text = words.fill(n=int(unrated.sum()), c=f"{problem.scheme.coverage:.0%}")
    return Relaxation((GiveUp("coverage", text, float(unrated.sum())),), proven=True)
