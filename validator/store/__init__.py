"""Rows, artifacts and the outbox: what was accepted is never lost."""
