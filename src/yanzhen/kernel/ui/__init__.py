"""The UI kit: one layout, one set of components, one small script for every page."""
