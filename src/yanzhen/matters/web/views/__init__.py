"""Views of the staff web, by subject."""
