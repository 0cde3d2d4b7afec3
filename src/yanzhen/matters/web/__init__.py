"""The staff web of matters: lists, the matter page with its acts, desk, lists of admission and duty, presses, requests."""
