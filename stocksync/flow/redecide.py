"""Redecide: what time or a changed rule makes of offers, without any sale."""

from datetime import datetime

from stocksync.core.plan import Trade
from stocksync.flow import offers
from stocksync.store import beliefs, configs
from stocksync.store.session import Database


def past(database: Database, trade: Trade, now: datetime) -> None:
    """Decide again what only time has changed."""
    with database.reading() as tx:
        skus = beliefs.past_until(tx, trade.name, trade.plans, now, offers.PIECE)
    if skus:
        with database.begin() as tx:
            configs.require(tx, trade.name, trade.digest)
            offers.decide_skus(tx, trade, skus, now)


def everything(database: Database, trade: Trade, now: datetime) -> None:
    """Decide every offer again by the config that is active now, some SKUs at a time."""
    with database.reading() as tx:
        skus = beliefs.skus(tx, trade.name)
    for start in range(0, len(skus), offers.PIECE):
        with database.begin() as tx:
            configs.require(tx, trade.name, trade.digest)
            offers.decide_skus(tx, trade, skus[start : start + offers.PIECE], now)
