"""Making another version of a definition for tests."""

from __future__ import annotations

import random
from dataclasses import replace

from yanzhen.procedures.domain.definition import Branch, Definition, Kind, Step, Who, Words


def new_version(old: Definition, rng: random.Random) -> tuple[Definition, dict[str, str]]:
    """A second version: some steps renamed, one more put in front of some step (or none), one taken out (or none)."""
    names = {step.key: f"{step.key[:20]}_new" for step in old.steps if rng.random() < 0.2}
    steps = [_renamed(step, names) for step in old.steps]
    if rng.random() < 0.6:
        target = rng.choice(steps[1:]).key
        fresh = Step(
            "added",
            Kind.REVIEW,
            Words("新增"),
            Who(roles=("county_officer",), at="county"),
            {"passed": (Branch((target,)),)},
        )
        steps = [_redirected(step, target, "added") for step in steps]
        steps = [replace(s, join=()) if s.key == target and s.join else s for s in steps]
        joined = next(s for s in old.steps if names.get(s.key, s.key) == target).join
        steps.append(replace(fresh, join=tuple(names.get(key, key) for key in joined)))
    if rng.random() < 0.3:
        gone = rng.choice(steps[1:])
        on = next(iter(gone.ways[gone.good])).to[0]
        steps = [_redirected(step, gone.key, on) for step in steps if step.key != gone.key]
        steps = [replace(s, join=tuple(key for key in s.join if key != gone.key)) for s in steps]
    return replace(old, version=2, steps=tuple(steps), takes_over={1: names}), names


def _renamed(step: Step, names: dict[str, str]) -> Step:
    ways = {
        outcome: tuple(
            Branch(tuple(names.get(to, to) for to in branch.to), _guard(branch.when, names)) for branch in branches
        )
        for outcome, branches in step.ways.items()
    }
    return replace(
        step, key=names.get(step.key, step.key), ways=ways, join=tuple(names.get(key, key) for key in step.join)
    )


def _guard(text: str, names: dict[str, str]) -> str:
    for old, new in names.items():
        text = text.replace(f"steps.{old}.", f"steps.{new}.")
    return text


def _redirected(step: Step, old: str, new: str) -> Step:
    ways = {
        outcome: tuple(Branch(tuple(new if to == old else to for to in branch.to), branch.when) for branch in branches)
        for outcome, branches in step.ways.items()
    }
    return replace(step, ways=ways)
