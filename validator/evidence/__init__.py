"""Evidence: what a verdict rests on, signed, and provable to somebody who trusts only a key."""
