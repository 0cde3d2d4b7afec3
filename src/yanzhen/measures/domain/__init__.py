"""Arithmetic of rates and periods (plain Python)."""
