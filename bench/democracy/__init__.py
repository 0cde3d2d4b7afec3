"""What a meeting costs to type and what the public board of a village weighs."""
