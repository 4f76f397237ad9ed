"""The state of a taped shop before its first delivery: counted, listed and, if asked, linked."""

from datetime import datetime, timedelta

from stocksync.core import belief
from stocksync.core.facts import Counted, PaperLine
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ChannelName, LineId, PaperKey
from stocksync.core.plan import Trade
from stocksync.flow import offers, office, track
from stocksync.flow.outgoing import Outgoing
from stocksync.lab.tape import Tape
from stocksync.store import beliefs, goods, links
from stocksync.store.session import Database

_BEFORE = timedelta(seconds=10)


def open_day(
    database: Database, trade: Trade, channel: ChannelName, tape: Tape, now: datetime
) -> None:
    """Put the state before the first delivery in place: catalogue, and a count of all goods."""
    with database.begin() as tx:
        goods.list_entries(
            tx, trade.name, [(channel, entry) for entry in tape.start.catalogue], now
        )
    counted = Counted(
        key=PaperKey("opening"),
        occurred_at=_opened_at(tape, now),
        lines=tuple(
            PaperLine(line=LineId(sku), sku=sku, units=units)
            for sku, units in tape.start.stock.items()
        ),
    )
    office.book(database, trade, [counted], now)


def open_link(one: Outgoing, tape: Tape) -> None:
    """Link the channel that plays the shop, as it stood before its first order.

    Its numbers are known together with its orders, of which there were none, so each listing
    begins at rest.
    """
    now = one.clock()
    opened_at = _opened_at(tape, now)
    with one.database.begin() as tx:
        links.open_(tx, one.trade.name, one.name, one.channel.cursor_at(opened_at), now)
        matched = track.match(tx, one.trade, one.name, tape.start.catalogue)
        locked = beliefs.lock(tx, one.trade.name, [])
        for listing, sku in matched.known.items():
            locked.add(
                Listing(
                    key=ListingKey(one.name, listing),
                    sku=sku,
                    belief=belief.opened(tape.start.stock[sku]),
                    opened_at=opened_at,
                    agreed_at=opened_at,
                )
            )
        offers.decide_rows(tx, one.trade, locked.now.values(), now)
        beliefs.save(tx, one.trade.name, locked)


def _opened_at(tape: Tape, now: datetime) -> datetime:
    first = min(delivery.at for delivery in tape.deliveries)
    return min(first - _BEFORE, now)
