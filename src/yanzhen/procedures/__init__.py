"""Procedures: anything that must be decided properly."""
