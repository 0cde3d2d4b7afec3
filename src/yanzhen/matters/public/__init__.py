"""The public side and the field side: light pages for villagers (``/p/``) and for grid work (``/f/``)."""
