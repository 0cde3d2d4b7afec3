"""Indicators with one definition each, facts, and the board that opens them."""
