"""The lake: departments' records gathered, checked, linked to people, put in their place and split down to the grid (K1, K2)."""
