"""What Alembic runs: the steps of `versions/` on the connection of `schema.migrate`."""

from __future__ import annotations

from alembic import context

from validator.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
