"""Tables of the registers."""

from yanzhen.registry.models.people import Correction, Household, Person, Residence, Unmasking
from yanzhen.registry.models.posts import Delegation, Post, Role, RoleGrant
from yanzhen.registry.models.units import Placement, Unit, UnitBoundary, UnitChange, UnitLeader

__all__ = [
    "Correction",
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
    "UnitLeader",
    "Unmasking",
]
