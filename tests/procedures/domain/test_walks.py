"""The shipped definitions: each is walked on every way to every end; none is resolved past a step's conditions."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.procedures.helpers import quorum
from tests.procedures.walking import SHIPPED, VARIANTS, Walk, day_of, hasty, wander
from yanzhen.kernel.errors import DomainError
from yanzhen.kernel.rulebook.api import rules
from yanzhen.procedures.domain import loader, writer
from yanzhen.procedures.domain.definition import ENDS, RESOLVED, Definition, Kind
from yanzhen.procedures.domain.state import StepState

NAMES = sorted(SHIPPED)


def test_ten_procedures_are_data() -> None:
    assert {
        "cadres.filing", "cadres.joint_review", "cadres.seal", "economy.listing", "economy.spending", "grid.admission", "party.admission",
        "party.weak", "relief.identification", "stationing.leave",
    } == {each.code for each in SHIPPED.values()}  # fmt: skip
    assert len(SHIPPED["party_admission"].steps) == 25


@pytest.mark.parametrize("name", NAMES)
def test_definitions_read_back_and_name_known_rules(name: str) -> None:
    definition = SHIPPED[name]
    assert loader.load(writer.dump(definition), known=loader.Known(rules=set(rules()))) == definition
    assert all(step.title.en for step in definition.steps)


def ways_of(definition: Definition) -> set[tuple[str, str, tuple[str, ...]]]:
    """Every way out of every step."""
    return {
        (step.key, outcome, branch.to)
        for step in definition.steps
        for outcome, branches in step.ways.items()
        for branch in branches
    }


@pytest.mark.parametrize("name", NAMES)
def test_each_way_and_each_end_is_walked(name: str) -> None:
    definition = SHIPPED[name]
    rng = random.Random(5)
    left = ways_of(definition)
    ends = {target for step in definition.steps for _, _, target in step.targets() if target in ENDS}
    reached: set[str] = set()
    variants = VARIANTS.get(name, ({},))
    for at in range(900):
        walk = Walk(definition, variants[at % len(variants)])
        end = wander(walk, rng)
        reached |= {f"@{end}"} if end else set()
        left -= walk.taken
        if not left and ends <= reached:
            break
    assert not left, sorted(left)
    assert ends <= reached


# --- an oracle that knows nothing of the engine -------------------------------------------------------------------------


def needed(definition: Definition) -> set[str]:
    """Steps without which the end cannot be reached: take one out and look."""
    found = set()
    for step in definition.steps:
        seen, todo = set(), [definition.steps[0].key]
        while todo:
            key = todo.pop()
            if key in seen or key == step.key or (key.startswith("@") and key != RESOLVED):
                continue
            seen.add(key)
            if key != RESOLVED:
                todo += [target for _, _, target in definition.step(key).targets()]
        if RESOLVED not in seen:
            found.add(step.key)
    return found


def share(text: str, whole: dict[str, int]) -> tuple[bool, Fraction]:
    """A threshold read anew: (strict, votes needed as a fraction)."""
    if text.startswith("all"):
        return False, Fraction(whole[text.split()[1]])
    sign, base = text.split()
    return not sign.startswith(">="), Fraction(sign.lstrip(">=")) * whole[base]


def check_step(definition: Definition, each: StepState) -> None:
    """The conditions of a step that counts as passed."""
    step = definition.step(each.key)
    if each.state == "skipped":
        assert step.when, each
        return
    if each.outcome != step.good:
        return
    unconditional = {shown.key for shown in step.evidence if shown.required and not shown.when}
    assert unconditional <= each.evidence
    result = each.result
    if step.kind is Kind.SIGN_OFFS:
        assert each.offs
        assert all(off.agreed for off in each.offs)
    if step.kind in (Kind.MEETING, Kind.BALLOT):
        assert result["body"] in step.bodies
        cast = result["votes_for"] + result["against"] + result["abstain"]
        assert 0 <= cast + result["spoilt"] <= result["present"] <= result["due"]
        declared = rules()
        whole = {"due": result["due"], "present": result["present"], "cast": cast}
        strict, most = share(declared[f"procedures.body.{result['body']}.valid"].default, whole)
        assert result["present"] > most if strict else result["present"] >= most
        if step.ballot is None or step.ballot.form == "question":
            strict, most = share(declared[f"procedures.body.{result['body']}.passes"].default, whole)
            assert result["votes_for"] > most if strict else result["votes_for"] >= most
    if step.kind is Kind.PUBLICITY:
        least = rules()[step.days].default
        assert (day_of(result["until"]) - day_of(result["from"])).days >= least
        assert all(objection.upheld is not None for objection in each.raised)
        assert not any(objection.upheld for objection in each.raised) or "objected" not in step.ways


@settings(max_examples=120, deadline=None)
@given(name=st.sampled_from(NAMES), seed=st.integers(0, 10**9), proper=st.floats(0.3, 0.95))
def test_no_path_is_resolved_without_each_steps_conditions(name: str, seed: int, proper: float) -> None:
    definition = SHIPPED[name]
    rng = random.Random(seed)
    variants = VARIANTS.get(name, ({},))
    walk = Walk(definition, rng.choice(variants))
    for _ in range(140):
        if walk.case.state != "running":
            break
        before = walk.case
        try:
            if rng.random() < proper:
                here = rng.choice(walk.case.open)
                walk.finish(here.key, definition.step(here.key).good)
            else:
                hasty(walk, rng)
        except DomainError:
            if walk.case.open == ():
                walk.case = before
        assert walk.case.state != "running" or walk.case.open, "a running case always has an open step"
    if walk.case.state == "resolved":
        standing = {step.key: found for step in definition.steps if (found := walk.case.standing(step.key))}
        assert needed(definition) <= {key for key, found in standing.items() if found.state in ("done", "skipped")}
        for found in standing.values():
            check_step(definition, found)
        assert not walk.case.open


def test_rounds_run_out() -> None:
    walk = Walk(SHIPPED["property_listing"], {"item": "lease", "valued": False})
    walk.finish("plan", "submitted")
    for _ in range(2):
        walk.finish("members", "failed")
        walk.finish("plan", "submitted")
    walk.finish("members", "failed")
    with pytest.raises(DomainError, match=r"procedures\.rounds\.used"):
        walk.finish("plan", "submitted")


def test_the_quorum_of_the_law_is_what_the_engine_uses() -> None:
    assert str(quorum("members_assembly").passes.share) == "2/3"
    assert quorum("members_assembly").passes.base == "due"
    assert quorum("villagers_assembly").passes.base == "present"
