"""Actions of the registers in the trail."""

from yanzhen.kernel.trail.api import declare

UNIT_CREATED = declare("registry.unit.created", "设立单位")
