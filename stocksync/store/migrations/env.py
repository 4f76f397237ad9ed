"""Alembic's entry: run the migrations on the connection that `upgrade` has opened."""

from alembic import context

from stocksync.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
