"""Room of the module."""
