"""The floor: scope, rulebook, trail, calendar, files, crypto, imports, tasks, user interface."""
