"""Background work: one shim over the task library, periodic jobs."""
