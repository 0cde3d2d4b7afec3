"""Masks for names, phones and ID numbers (plain Python). PIPL art. 25, 51; mask profiles of domain.md §10.1."""

from __future__ import annotations


def mask_name(name: str) -> str:
    """张三丰 → 张**."""
    return name[:1] + "*" * max(len(name) - 1, 1) if name else ""


def mask_phone(phone: str) -> str:
    """13812345678 → 138****5678; shorter numbers show the last two."""
    if len(phone) >= 11:
        return phone[:-8] + "****" + phone[-4:]
    return "*" * max(len(phone) - 2, 0) + phone[-2:] if phone else ""


def mask_id(number: str) -> str:
    """GB 11643 numbers keep the first three and the last character only."""
    return number[:3] + "*" * max(len(number) - 4, 0) + number[-1:] if len(number) > 4 else "*" * len(number)
