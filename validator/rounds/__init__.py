"""Rounds of peer votes: the draw, commit and reveal, quorum and result."""
