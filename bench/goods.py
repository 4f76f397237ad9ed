"""A merchant in the middle of trade: goods on the shelf, channels linked, live and right.

Written as rows and not by linking shops, which reads every listing twice.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import insert, select

from stocksync.core import belief
from stocksync.core.facts import CatalogueEntry
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ChannelName, ListingId, LocationName, Sku
from stocksync.core.plan import Trade
from stocksync.flow import offers
from stocksync.store import beliefs, goods, links, tables
from stocksync.store.session import Database

SHELF = LocationName("shelf")
_PIECE = 2000
_NEXT_LOOK = timedelta(minutes=10)
"""When every listing is read again, as ten minutes is how often that happens."""


def open_trade(
    database: Database,
    trade: Trade,
    units: Mapping[Sku, int],
    listings: Mapping[ChannelName, Mapping[Sku, ListingId]],
    cursors: Mapping[ChannelName, str],
    now: datetime,
) -> None:
    """Put these units on the shelf, and have each channel show all of them."""
    names = sorted(units)
    for start in range(0, len(names), _PIECE):
        piece = names[start : start + _PIECE]
        with database.begin() as tx:
            goods.learn(tx, trade.name, piece, now)
            tx.execute(insert(tables.stock), [_shelf(trade, sku, units[sku]) for sku in piece])
    with database.begin() as tx:
        for channel, cursor in cursors.items():
            links.open_(tx, trade.name, channel, cursor, now)
            later = now + _NEXT_LOOK
            links.change(tx, trade.name, channel, live_at=now, reconcile_at=later, watch_at=later)
    for channel, mine in listings.items():
        for start in range(0, len(names), _PIECE):
            piece = names[start : start + _PIECE]
            told = {mine[sku]: sku for sku in piece}
            _list(database, trade, channel, told, units, now)
    database.analyze()


def left(database: Database, trade: Trade) -> dict[Sku, int]:
    """Return what is free of every SKU."""
    statement = select(tables.stock.c.sku, tables.stock.c.free)
    with database.reading() as tx:
        rows = tx.execute(statement.where(tables.stock.c.merchant == trade.name))
        return {Sku(sku): free for sku, free in rows}


def _shelf(trade: Trade, sku: Sku, units: int) -> dict[str, object]:
    nothing = dict.fromkeys(("committed", "held", "incoming", "counted", "count_adjust"), 0)
    named = {"merchant": trade.name, "sku": sku, "location": SHELF}
    return {**named, "free": units, "counted_at": None, **nothing}


def _list(
    database: Database,
    trade: Trade,
    channel: ChannelName,
    told: Mapping[ListingId, Sku],
    units: Mapping[Sku, int],
    now: datetime,
) -> None:
    entries: Sequence[CatalogueEntry] = [
        CatalogueEntry(listing=listing, sku=sku, owner=listing, managed=True, version="")
        for listing, sku in told.items()
    ]
    with database.begin() as tx:
        goods.list_entries(tx, trade.name, [(channel, entry) for entry in entries], now)
        locked = beliefs.lock(tx, trade.name, [])
        for listing, sku in told.items():
            locked.add(
                Listing(
                    key=ListingKey(channel, listing),
                    sku=sku,
                    belief=belief.opened(units[sku]),
                    opened_at=now,
                    agreed_at=now,
                    settled_at=now,
                )
            )
        offers.decide_rows(tx, trade, locked.now.values(), now)
        beliefs.save(tx, trade.name, locked)
