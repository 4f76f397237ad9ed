"""The short process that runs before the others: config read, database brought up to date."""

from workers.refusal import Refusal


def migrate() -> None:
    """Bring the database to the newest version and activate the config, or raise why not."""
    from stocksync.flow.activate import activate
    from stocksync.store.migrations import upgrade
    from stocksync.store.session import AWAY, explain
    from stocksync.wiring import from_environment, utc_now

    # The config is read first: with mistakes in it nothing is touched.
    system = from_environment()
    try:
        upgrade(system.database)
        for trade in system.trades.values():
            activate(system.database, trade, utc_now())
    except AWAY as e:
        raise Refusal(explain(e)) from e
