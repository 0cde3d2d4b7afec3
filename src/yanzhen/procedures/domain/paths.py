"""The definition as a graph: what is reached, what leads out, what every way to the end passes (plain Python)."""

from __future__ import annotations

from collections.abc import Mapping

from yanzhen.procedures.domain.definition import ENDS, RESOLVED, Definition


def edges(definition: Definition) -> Mapping[str, frozenset[str]]:
    """Step key → keys and ends it can go to. A skipped step goes on as if it had ended well."""
    return {step.key: frozenset(target for _, _, target in step.targets()) for step in definition.steps}


def reachable(definition: Definition) -> frozenset[str]:
    """Steps that some way from the beginning reaches."""
    found: set[str] = set()
    todo = [definition.first.key]
    arcs = edges(definition)
    while todo:
        key = todo.pop()
        if key in found or key in ENDS:
            continue
        found.add(key)
        todo.extend(arcs[key])
    return frozenset(found)


def leads_out(definition: Definition, key: str) -> bool:
    """Whether some way from this step reaches an end."""
    seen: set[str] = set()
    todo = [key]
    arcs = edges(definition)
    while todo:
        here = todo.pop()
        if here in ENDS:
            return True
        if here not in seen:
            seen.add(here)
            todo.extend(arcs[here])
    return False


def _avoids(definition: Definition, barred: str, target: str) -> bool:
    """Whether ``target`` can be reached from the beginning without passing ``barred``.

    A step with ``join`` is reached only where each joined step is reached: that is what makes every parallel branch one that
    must be passed.
    """
    reached: set[str] = set()
    first = definition.first.key
    if first == barred:
        return False
    reached.add(first)
    grown = True
    while grown:
        grown = False
        for step in definition.steps:
            if step.key not in reached:
                continue
            for _, _, to in step.targets():
                if to == barred or to in reached:
                    continue
                if to in ENDS:
                    reached.add(to)
                    grown = True
                    continue
                if all(each in reached for each in definition.step(to).join):
                    reached.add(to)
                    grown = True
    return target in reached


def must_pass(definition: Definition, target: str = RESOLVED) -> tuple[str, ...]:
    """Steps that every way to ``target`` passes (its dominators), in the order of the definition."""
    return tuple(
        step.key for step in definition.steps if step.key != target and not _avoids(definition, step.key, target)
    )
