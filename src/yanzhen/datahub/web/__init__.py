"""Pages of the data books."""
