"""Activate: make the config that was read the one that decides from now on."""

from datetime import datetime

from stocksync.core.plan import Trade
from stocksync.flow import remap
from stocksync.store import configs
from stocksync.store.session import Database


def activate(database: Database, trade: Trade, now: datetime) -> bool:
    """Store which config is active; if it changed, book again what waited for a mapping."""
    with database.begin() as tx:
        changed = configs.activate(tx, trade.name, trade.digest, now)
    if changed:
        remap.release_all(database, trade, now)
    return changed
