"""Rules of the registers."""
