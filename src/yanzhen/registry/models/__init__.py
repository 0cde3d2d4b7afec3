"""Tables of the registers."""

from yanzhen.registry.models.people import Correction, Household, Person, Residence, Unmasking
from yanzhen.registry.models.posts import Delegation, Post, Role, RoleGrant
from yanzhen.registry.models.relations import Identity, Relation
from yanzhen.registry.models.units import Placement, Unit, UnitBoundary, UnitChange, UnitLeader

__all__ = [
    "Correction",
    "Delegation",
    "Household",
    "Identity",
    "Person",
    "Placement",
    "Post",
    "Relation",
    "Residence",
    "Role",
    "RoleGrant",
    "Unit",
    "UnitBoundary",
    "UnitChange",
    "UnitLeader",
    "Unmasking",
]
