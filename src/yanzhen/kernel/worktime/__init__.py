"""Working days and hours, deadlines, clock stops, quiet hours."""
