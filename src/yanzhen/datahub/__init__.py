"""The web side of the lake: each unit's own data book, the catalogue, access on request, who looked at what."""
