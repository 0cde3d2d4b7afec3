"""Drawing grids (mechanism F1): grids, micro-grids, contact groups and party groups, and re-drawing them with the least change."""
