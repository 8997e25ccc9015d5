"""Alembic's folder: each step of the schema, oldest first."""
