"""The short process that runs before the others: config read, database brought up to date."""

from workers.refusal import Refusal


def migrate() -> None:
    """Bring the database to the newest version, or raise what says why not."""
    from stocksync.store.migrations import upgrade
    from stocksync.store.session import AWAY, explain
    from stocksync.wiring import from_environment

    try:
        # The config is read first: with mistakes in it nothing is touched.
        upgrade(from_environment().database)
    except AWAY as e:
        raise Refusal(explain(e)) from e
