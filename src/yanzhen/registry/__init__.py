"""Units, posts, people and households: the registers everything hangs on."""
