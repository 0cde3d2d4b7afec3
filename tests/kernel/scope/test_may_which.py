"""``may`` and ``which`` are one rule asked in two ways: on random trees, random posts, in Python and in the database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories.registry import step
from yanzhen.kernel.errors import NotAllowed
from yanzhen.kernel.scope.api import (
    Actor,
    UnitRef,
    ancestors,
    may,
    need,
    only,
    path_range,
    public,
    system,
    which,
    within,
)
from yanzhen.registry.models import Unit

CAPABILITIES = ("a.view", "a.change", "b.view")
#: Numbers of children around the places where a step carries over: 1 … Z, 10 … ZZ, … ZZZZ.
NUMBERS = st.one_of(st.integers(1, 40), st.sampled_from([35, 36, 1295, 1296, 46655, 46656, 36**4 - 1]))


@st.composite
def trees(draw: st.DrawFn) -> list[str]:
    """Paths of a tree, parents before children."""
    paths = [step(draw(NUMBERS))]
    for _ in range(draw(st.integers(0, 25))):
        parent = paths[draw(st.integers(0, len(paths) - 1))]
        path = parent + step(draw(NUMBERS))
        if path not in paths and len(path) <= 40:
            paths.append(path)
    for _ in range(draw(st.integers(0, 2))):
        root = step(draw(NUMBERS))
        if root not in paths:
            paths.append(root)
    return paths


@st.composite
def posts(draw: st.DrawFn, paths: list[str]) -> Actor:
    """An actor in a post somewhere in the tree (or nowhere)."""
    held = frozenset(draw(st.sets(st.sampled_from(CAPABILITIES))))
    kind = draw(st.sampled_from(["post", "post", "post", "public", "system", "no post"]))
    if kind == "system":
        return system("clock")
    if kind == "public":
        return public()
    path = draw(st.sampled_from(paths))
    unit = UnitRef(1, path, "单位", chain=(1,)) if kind == "post" else None
    return Actor("某人", account_id=1, post_id=1, unit=unit, capabilities=held)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_may_is_which(data: st.DataObject) -> None:
    paths = data.draw(trees())
    actor = data.draw(posts(paths))
    capability = data.draw(st.sampled_from(CAPABILITIES))
    reach = which(actor, capability)
    allowed = [path for path in paths if may(actor, capability, path)]
    assert allowed == only(paths, reach)
    assert allowed == [path for path in paths if reach is not None and path in reach]
    for path in paths:
        if path in allowed:
            need(actor, capability, path)
        else:
            with pytest.raises(NotAllowed):
                need(actor, capability, path)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_post_reaches_its_unit_and_what_hangs_on_it_and_nothing_else(data: st.DataObject) -> None:
    paths = data.draw(trees())
    actor = data.draw(posts(paths))
    for capability in CAPABILITIES:
        for path in paths:
            if actor.is_system:
                expected = True
            elif actor.unit is None or capability not in actor.capabilities:
                expected = False
            else:
                expected = actor.unit.path in ancestors(path)  # the tree's own words, not the range's
            assert may(actor, capability, path) is expected


@given(st.data())
def test_less_is_never_more(data: st.DataObject) -> None:
    """Taking a right away, or moving the post down, never opens anything."""
    paths = data.draw(trees())
    actor = data.draw(posts(paths))
    capability = data.draw(st.sampled_from(CAPABILITIES))
    before = {path for path in paths if may(actor, capability, path)}
    fewer = replace(actor, capabilities=actor.capabilities - {capability})
    assert actor.is_system or not any(may(fewer, capability, path) for path in paths)
    if actor.unit is not None:
        for path in paths:
            if actor.unit.path in ancestors(path):
                lower = replace(actor, unit=replace(actor.unit, path=path))
                assert {each for each in paths if may(lower, capability, each)} <= before


@given(trees())
def test_ranges_of_brothers_do_not_touch(paths: list[str]) -> None:
    for one in paths:
        for other in paths:
            if one not in ancestors(other) and other not in ancestors(one):
                assert other not in path_range(one)
                assert one not in path_range(other)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_database_answers_the_same(data: st.DataObject) -> None:
    from django.db import transaction

    paths = data.draw(trees())
    actor = data.draw(posts(paths))
    with transaction.atomic():
        Unit.objects.bulk_create(
            [
                Unit(path=path, depth=len(path) // 4, numchild=0, name=f"单位{at}", code=f"H{at:09d}", kind="division", valid_from=date(2020, 1, 1))
                for at, path in enumerate(paths)
            ]
        )
        for capability in CAPABILITIES:
            found = set(Unit.objects.filter(within(actor, capability, "path")).values_list("path", flat=True))
            assert found == {path for path in paths if may(actor, capability, path)}
        transaction.set_rollback(True)
