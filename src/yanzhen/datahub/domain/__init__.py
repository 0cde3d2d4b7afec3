"""Rules of access in plain Python."""
