"""Rules as data: declared by modules, valued by unit and date, inherited down the tree."""
