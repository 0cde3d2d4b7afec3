"""Indicators, facts and the first board."""
