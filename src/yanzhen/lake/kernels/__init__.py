"""What SQL does badly, done on distinct values: check digits, keyed hashes, names, dates, polygons, addresses."""
