"""What everybody reads without a login: the board of each village, objections, the proof of what hung."""
