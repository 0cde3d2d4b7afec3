"""Door of the registers."""

from yanzhen.registry.pickers import ActorForm, UnitField, UnitPicker
from yanzhen.registry.selectors.chains import chains_on
from yanzhen.registry.selectors.people import (
    Shown,
    find_people,
    household_for,
    members_of,
    people_page,
    person_for,
    residents_count,
    shown,
)
from yanzhen.registry.selectors.posts import accounts_at, actor_in, delegated_to, posts_of, valid_on
from yanzhen.registry.selectors.relations import (
    accounts_of,
    division_of,
    holders_at,
    near_to,
    person_of,
    related,
)
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
from yanzhen.registry.services.people import create as create_person
from yanzhen.registry.services.people import create_household, move_household, unmask
from yanzhen.registry.services.relations import end_relation, identify, relate
from yanzhen.registry.services.units import create as create_unit
from yanzhen.registry.services.units import on_units_ended, on_units_moved

__all__ = [
    "ActorForm",
    "Branch",
    "Node",
    "Shown",
    "UnitField",
    "UnitPicker",
    "accounts_at",
    "accounts_of",
    "actor_in",
    "ancestors_on",
    "boundaries_below",
    "boundaries_on",
    "boundary_of",
    "chains_on",
    "children_of",
    "counts_below",
    "create_household",
    "create_person",
    "create_unit",
    "delegated_to",
    "descendant_ids",
    "division_of",
    "end_relation",
    "find_people",
    "find_units",
    "holders_at",
    "household_for",
    "identify",
    "leaders_of",
    "members_of",
    "move_household",
    "near_to",
    "on_units_ended",
    "on_units_moved",
    "path_of",
    "people_page",
    "person_for",
    "person_of",
    "places_below",
    "posts_of",
    "relate",
    "related",
    "residents_count",
    "shown",
    "sub_level_names",
    "subtree_on",
    "territory_below",
    "unit_by_code",
    "unit_for",
    "unit_ref",
    "unit_refs",
    "units_in",
    "unmask",
    "valid_on",
]  # fmt: skip
