"""Door of the registers."""

from yanzhen.registry.selectors.chains import chains_on
from yanzhen.registry.selectors.posts import actor_in, delegated_to, posts_of, valid_on
from yanzhen.registry.selectors.units import ref as unit_ref
from yanzhen.registry.selectors.units import refs as unit_refs

__all__ = ["actor_in", "chains_on", "delegated_to", "posts_of", "unit_ref", "unit_refs", "valid_on"]
