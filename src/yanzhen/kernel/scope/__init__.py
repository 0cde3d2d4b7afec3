"""Who acts, in which post, and over which part of the tree."""
