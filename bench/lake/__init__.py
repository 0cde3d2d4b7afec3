"""Figures of the lake: cost per row and stage beside the floor, memory, growth, updates, queries, linkage, location."""
