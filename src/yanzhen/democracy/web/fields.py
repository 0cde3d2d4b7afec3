"""Small readers of what addresses carry."""

from __future__ import annotations


def number(text: str | None) -> int | None:
    """A whole number from an address, None for anything else."""
    return int(text) if text and text.isdigit() and len(text) < 18 else None
