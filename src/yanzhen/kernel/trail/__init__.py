"""Every write and every look behind a mask, append-only and sealed in a hash chain."""
