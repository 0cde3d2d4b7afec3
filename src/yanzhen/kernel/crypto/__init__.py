"""Encrypted fields, blind index, keys."""
