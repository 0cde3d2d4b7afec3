"""Walks a case through a definition: makes each step end with a wanted outcome, by the acts people would do.

``hasty`` acts leave something out (no evidence, too few people, too few days): the engine must refuse them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.procedures.helpers import TODAY, everything_shown, facts, filled
from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain import acts, engine, loader
from yanzhen.procedures.domain.bodies import BODIES, Count
from yanzhen.procedures.domain.definition import Definition, Kind, Step
from yanzhen.procedures.domain.state import CaseState, Tallied

FOLDER = Path(engine.__file__).parent.parent / "definitions"
SHIPPED = {path.stem: loader.load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
#: What makes each definition take its different ways.
VARIANTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "leave": ({"days": 1}, {"days": 3}, {"days": 9}),
    "spending": ({"amount": "500"}, {"amount": "9000"}, {"amount": "70000"}),
    "seal_use": ({"kind": "letter"}, {"kind": "contract"}),
    "household_identification": ({"emergency": True}, {"emergency": False}),
    "property_listing": ({"item": "lease", "valued": True}, {"item": "land", "valued": False}),
}


class Walk:
    """A case under way, with a calendar of its own."""

    def __init__(self, definition: Definition, data: Mapping[str, Any] | None = None) -> None:
        self.definition = definition
        self.today = TODAY
        self.case: CaseState = engine.begin(definition, filled(definition, data), self.facts)
        self.taken: set[tuple[str, str, tuple[str, ...]]] = set()

    @property
    def facts(self) -> Any:
        return facts(self.definition, today=self.today)

    def do(self, key: str, act: acts.Act) -> None:
        """One act."""
        self.case = engine.apply(self.definition, self.case, key, act, self.facts).case

    def outcomes(self, step: Step) -> list[str]:
        """Outcomes that somebody can bring about on purpose."""
        found = [each for each in step.ways if each != "skipped"]
        if step.kind in (Kind.MEETING, Kind.BALLOT):
            found = sorted(
                {*found, "failed", "invalid"}
                if step.ballot is None or step.ballot.form == "question"
                else {*found, "invalid"}
            )
        return found

    def finish(self, key: str, outcome: str) -> None:
        """Make an open step end with an outcome."""
        step = self.definition.step(key)
        round_before = self.case.now_at(key)
        assert round_before is not None
        if outcome == step.good:
            self.case = everything_shown(self.definition, self.case, key)
        self._act(step, outcome)
        done = next(each for each in self.case.steps if each.id == round_before.id)
        assert done.outcome == outcome, (key, outcome, done)
        self.taken.add((key, outcome, done.to))
        self.today += timedelta(days=1)

    def _act(self, step: Step, outcome: str) -> None:
        key = step.key
        if step.kind is Kind.SUBMIT:
            self.do(key, acts.Submit() if outcome == "submitted" else acts.Judge("withdrawn", "不办了"))
        elif step.kind is Kind.SIGN_OFFS:
            here = self.case.now_at(key)
            assert here is not None
            for at, off in enumerate(here.offs):
                self.do(key, acts.Answer(not (outcome == "refused" and at == 0), off.key, "other"))
        elif step.kind is Kind.MEETING:
            body = step.bodies[0]
            self.do(key, acts.Hold(body, self.today, count_for(outcome), notified_on=self.today - timedelta(days=15)))
        elif step.kind is Kind.BALLOT:
            self.do(key, acts.Announce(self.today - timedelta(days=15), self.today))
            self.tally(key, Tallied(step.bodies[0], self.today, count_for(outcome), {}))
            self.do(key, acts.Close())
        elif step.kind is Kind.PUBLICITY:
            self.do(key, acts.Publish(self.today))
            if outcome == "objected":
                self.do(key, acts.Object("数额不对"))
                self.do(key, acts.Reply(1, True, "经核实，属实"))
            self.today += timedelta(days=40)
            self.do(key, acts.Close())
        elif step.kind is Kind.WAIT:
            self.today += timedelta(days=4000)
            self.do(key, acts.Close())
        else:
            self.do(key, acts.Judge(outcome, "说明", "1号"))

    def tally(self, key: str, tallied: Tallied) -> None:
        """What two tellers agreed on."""
        self.case = replace(
            self.case,
            steps=tuple(
                replace(s, tallied=tallied) if s.key == key and s.state == "open" else s for s in self.case.steps
            ),
        )


def count_for(outcome: str) -> Count:
    """Counts that give an outcome in every body."""
    return {
        "passed": Count(30, 30, 30), "failed": Count(30, 30, 0, 30), "invalid": Count(30, 0, 0),
    }[outcome]  # fmt: skip


def wander(walk: Walk, rng: random.Random, most: int = 120) -> str:
    """Random steps with random outcomes until an end; "" when it did not end in time (or its rounds were used up)."""
    for _ in range(most):
        if walk.case.state != "running":
            return walk.case.state
        here = rng.choice(walk.case.open)
        step = walk.definition.step(here.key)
        outcomes = walk.outcomes(step)
        good = rng.random() < 0.6 and step.good in outcomes
        try:
            walk.finish(here.key, step.good if good else rng.choice(outcomes))
        except DomainError as error:
            if error.code == "procedures.rounds.used":
                return ""
            raise
    return ""


def hasty(walk: Walk, rng: random.Random) -> acts.Act | None:
    """An act that should not be accepted as it stands in some open step, or a proper one: the engine has to tell."""
    here = rng.choice(walk.case.open)
    step = walk.definition.step(here.key)
    due = rng.randint(0, 12)
    count = Count(due, rng.randint(0, 13), rng.randint(0, 13), rng.randint(0, 5), rng.randint(0, 5))
    body = rng.choice(sorted(BODIES))
    pool: list[acts.Act] = [
        acts.Submit(), acts.Close(), acts.Judge(rng.choice(["passed", "approved", "filed", "signed", "returned", "refused"]), rng.choice(["", "理由"])),
        acts.Hold(body, walk.today - timedelta(days=rng.randint(-2, 3)), count, notified_on=walk.today - timedelta(days=rng.randint(0, 20))),
        acts.Publish(walk.today, until=walk.today + timedelta(days=rng.randint(0, 30))), acts.Object("不同意"),
        acts.Reply(rng.randint(1, 3), rng.random() < 0.5, rng.choice(["", "已核实"])),
        acts.Answer(rng.random() < 0.8, rng.choice([off.key for off in here.offs] or ["x"]), rng.choice(["", "other"])),
    ]  # fmt: skip
    act = rng.choice(pool)
    if rng.random() < 0.3:
        walk.case = everything_shown(walk.definition, walk.case, here.key)
    if step.kind is Kind.BALLOT and rng.random() < 0.5:
        walk.tally(here.key, Tallied(rng.choice([*step.bodies, body]), walk.today, count, {}))
    if rng.random() < 0.3:
        walk.today += timedelta(days=rng.choice([1, 5, 20, 400]))
    walk.do(here.key, act)
    return act


def day_of(text: str) -> date:
    """A day of a result."""
    return date.fromisoformat(text)
