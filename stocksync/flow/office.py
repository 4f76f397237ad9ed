"""Office: what the merchant books by hand, counts and adjustments, without a channel."""

from collections.abc import Sequence
from datetime import datetime

from stocksync.core.account import Heard
from stocksync.core.facts import Counted, Paper
from stocksync.core.names import Sku
from stocksync.core.plan import OFFICE, Trade, Unmapped
from stocksync.flow import books, remap
from stocksync.store import goods
from stocksync.store.session import Database


class Unbooked(Exception):
    """A paper could not be booked as a whole. The message says why; nothing was written."""


def book(database: Database, trade: Trade, papers: Sequence[Paper], now: datetime) -> None:
    """Book papers in one transaction, all or none. What the merchant counts is known from then."""
    told = [
        books.Told(channel=OFFICE, fact=paper, heard=Heard(received_at=now)) for paper in papers
    ]
    counted = {
        Sku(line.sku)
        for paper in papers
        if isinstance(paper, Counted)
        for line in paper.lines
        if Sku(line.sku) not in trade.bundles
    }
    with database.begin() as tx:
        goods.learn(tx, trade.name, counted, now)
        gathered = books.gather(tx, trade, told, now)
        for one in told:
            taken = gathered.books.take_in(one.channel, one.fact, one.heard, now)
            _refuse(taken.parked)
            for line in gathered.books.states[one.paper].lines.values():
                _refuse(line.parked)
        books.write(tx, trade, gathered, now)
    if counted:
        remap.release(database, trade, now)


def _refuse(parked: Unmapped | None) -> None:
    if parked is not None:
        raise Unbooked(parked.text)
