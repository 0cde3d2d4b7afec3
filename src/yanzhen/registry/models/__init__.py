"""Tables of the registers."""

from yanzhen.registry.models.people import Household, Person, Residence
from yanzhen.registry.models.posts import Delegation, Post, Role, RoleGrant
from yanzhen.registry.models.units import Placement, Unit, UnitBoundary, UnitChange

__all__ = [
    "Delegation",
    "Household",
    "Person",
    "Placement",
    "Post",
    "Residence",
    "Role",
    "RoleGrant",
    "Unit",
    "UnitBoundary",
    "UnitChange",
]
