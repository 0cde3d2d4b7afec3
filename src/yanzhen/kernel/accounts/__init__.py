"""Logins: who can enter, with what proof."""
