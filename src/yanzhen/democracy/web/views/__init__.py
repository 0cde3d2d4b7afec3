"""Views of village democracy."""
