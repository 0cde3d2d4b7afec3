"""Door of the registers."""

from yanzhen.registry.selectors.chains import chains_on
from yanzhen.registry.selectors.people import find_people
from yanzhen.registry.selectors.posts import accounts_at, actor_in, delegated_to, posts_of, valid_on
from yanzhen.registry.selectors.territory import boundaries_on, places_below, territory_below
from yanzhen.registry.selectors.units import (
    Branch,
    Node,
    ancestors_on,
    boundaries_below,
    boundary_of,
    children_of,
    counts_below,
    descendant_ids,
    find_units,
    leaders_of,
    path_of,
    sub_level_names,
    subtree_on,
    unit_by_code,
    unit_for,
    units_in,
)
from yanzhen.registry.selectors.units import ref as unit_ref
from yanzhen.registry.selectors.units import refs as unit_refs
from yanzhen.registry.services.units import on_units_ended, on_units_moved

__all__ = [
    "Branch", "Node", "accounts_at", "actor_in", "ancestors_on", "boundaries_below", "boundary_of", "boundaries_on", "chains_on", "places_below", "territory_below", "children_of",
    "counts_below", "delegated_to", "descendant_ids", "find_people", "find_units", "leaders_of", "on_units_ended", "on_units_moved",
    "path_of", "posts_of", "sub_level_names", "subtree_on", "unit_by_code", "unit_for", "unit_ref", "unit_refs", "units_in",
    "valid_on",
]  # fmt: skip
