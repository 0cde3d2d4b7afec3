"""A change of version never loses a step."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.procedures.versions import new_version
from tests.procedures.walking import SHIPPED, VARIANTS, Walk
from yanzhen.kernel.errors import DomainError
from yanzhen.procedures.domain import engine, paths
from yanzhen.procedures.domain.definition import Branch, Definition, Kind, Step, Who, Words

NAMES = sorted(SHIPPED)


def _walked(name: str, rng: random.Random, most: int) -> Walk:
    walk = Walk(SHIPPED[name], rng.choice(VARIANTS.get(name, ({},))))
    for _ in range(rng.randint(0, most)):
        if walk.case.state != "running":
            break
        here = rng.choice(walk.case.open)
        walk.finish(here.key, SHIPPED[name].step(here.key).good)
    return walk


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 10**9))
def test_moving_keeps_every_step_or_is_refused(name: str, seed: int) -> None:
    rng = random.Random(seed)
    walk = _walked(name, rng, 12)
    old = SHIPPED[name]
    new, names = new_version(old, rng)
    if walk.case.state != "running":
        with pytest.raises(DomainError):
            engine.moved(old, new, walk.case)
        return
    try:
        after = engine.moved(old, new, walk.case)
    except DomainError:
        standing = {names.get(each.key, each.key) for each in walk.case.steps if each.state != "void"}
        kinds = {each.key: each.kind for each in new.steps}
        lost = [key for key in standing if key not in kinds]
        opened = {names.get(each.key, each.key) for each in walk.case.open}
        skipped = [key for here in opened if here in kinds for key in paths.must_pass(new, here) if key not in standing]
        assert lost or skipped, "refused without a reason"
        return
    before = [
        (names.get(each.key, each.key), each.round, each.state, each.outcome, each.result) for each in walk.case.steps
    ]
    assert [(each.key, each.round, each.state, each.outcome, each.result) for each in after.steps] == before
    assert {names.get(each.key, each.key) for each in walk.case.open} == {each.key for each in after.open}
    for here in after.open:
        for key in paths.must_pass(new, here.key):
            found = after.standing(key)
            assert found is not None
            assert found.counts
    # and it can be walked to its end under the new version
    moved = Walk(new)
    moved.case, moved.today = after, walk.today
    for _ in range(60):
        if moved.case.state != "running":
            break
        here = moved.case.open[0]
        moved.finish(here.key, new.step(here.key).good)
    assert moved.case.state == "resolved"


def _linear(version: int, *keys: str, takes: dict[int, dict[str, str]] | None = None) -> Definition:
    steps = []
    for at, key in enumerate(keys):
        target = keys[at + 1] if at + 1 < len(keys) else "@resolved"
        steps.append(
            Step(key, Kind.SUBMIT if at == 0 else Kind.REVIEW, Words(key), Who(starter=True),
                 {"submitted" if at == 0 else "passed": (Branch((target,)),)})
        )  # fmt: skip
    return Definition("x.y", version, Words("x"), tuple(steps), takes_over=takes or {})


def test_a_new_step_before_the_open_one_refuses() -> None:
    old = _linear(1, "a", "b", "c")
    walk = Walk(old)
    walk.finish("a", "submitted")
    walk.finish("b", "passed")
    with pytest.raises(DomainError, match=r"procedures\.move\.missing"):
        engine.moved(old, _linear(2, "a", "b", "check", "c", takes={1: {}}), walk.case)
    later = engine.moved(old, _linear(2, "a", "b", "c", "check", takes={1: {}}), walk.case)
    assert [each.key for each in later.open] == ["c"]
    with pytest.raises(DomainError, match=r"procedures\.move\.lost"):
        engine.moved(old, _linear(2, "a", "c", takes={1: {}}), walk.case)
    with pytest.raises(DomainError, match=r"procedures\.move\.refused"):
        engine.moved(old, _linear(2, "a", "b", "c"), walk.case)
    changed = _linear(2, "a", "b", "c", takes={1: {}})
    changed = replace(
        changed, steps=(changed.steps[0], replace(changed.steps[1], kind=Kind.DECISION), changed.steps[2])
    )  # fmt: skip
    with pytest.raises(DomainError, match=r"procedures\.move\.kind"):
        engine.moved(old, changed, walk.case)


def test_renamed_steps_are_followed() -> None:
    old = _linear(1, "a", "b", "c")
    walk = Walk(old)
    walk.finish("a", "submitted")
    after = engine.moved(old, _linear(2, "a", "bb", "c", takes={1: {"b": "bb"}}), walk.case)
    assert [each.key for each in after.open] == ["bb"]
    assert after.open[0].cause == (("a", 1),)
