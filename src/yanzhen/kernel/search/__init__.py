"""Search by words on both databases: two-character words too, inside a scope and a time."""
