"""Sweep: what no bell announced, and what time alone has changed."""

from datetime import datetime, timedelta

from stocksync.core.plan import Trade
from stocksync.flow import redecide, remap
from stocksync.store import configs, inbox, papers
from stocksync.store.session import Database

LATE = timedelta(seconds=2)
"""A row that waits longer than this had no bell, or one that nobody heard."""
_MOST = 500


def sweep(database: Database, trade: Trade, now: datetime) -> bool:
    """Book what time has changed and what has become mappable, finish a new config, decide anew.

    Return whether deliveries wait that should be drained now.
    """
    with database.reading() as tx:
        oldest = inbox.oldest_pending(tx, trade.name)
        over = papers.to_rebook(tx, trade.name, list(trade.plans), now, _MOST)
        unfinished = configs.unfinished(tx, trade.name) is not None
    remap.rebook(database, trade, over, now)
    if unfinished:
        remap.release_all(database, trade, now)
    else:
        remap.release(database, trade, now)
    redecide.past(database, trade, now)
    return oldest is not None and now - oldest > LATE
