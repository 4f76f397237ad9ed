"""Late: an order that explains, after all, a number we had adopted as an edit.

Its units are booked by the order now, so they leave the adjustment in the same transaction;
the listing's number had shown them already, and is not moved again (BELIEF, Edits 5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.core.account import Books, Heard
from stocksync.core.facts import Adjusted
from stocksync.core.listing import ListingKey
from stocksync.core.moves import NumberMove
from stocksync.core.names import ChannelName
from stocksync.core.plan import Trade
from stocksync.flow.books import Told
from stocksync.store import edits
from stocksync.store.edits import Edit

_KEPT = timedelta(days=3)
"""An order later than this is no longer looked for behind an edit."""
_WHOLE_SECONDS = timedelta(seconds=1)


def adopted(tx: Connection, trade: Trade, told: Iterable[Told], now: datetime) -> list[Edit]:
    """Return the edits that these facts may explain; their papers must be locked with theirs."""
    channels: set[ChannelName] = {one.channel for one in told}
    return edits.adopted(tx, trade.name, channels, now - _KEPT) if channels else []


def explain(
    tx: Connection, trade: Trade, books: Books, open_edits: Sequence[Edit], now: datetime
) -> None:
    """Take what the booked orders surely did inside an edit's window out of that edit."""
    for edit in open_edits:
        whole = books.states[edit.paper].parts.get("whole")
        taken = _explained(books, edit)
        if not taken or not isinstance(whole, Adjusted):
            continue
        left = edit.left - taken
        # Each component in its own number: a bundle takes more than one of some.
        lines = tuple(replace(line, units=line.units // edit.left * left) for line in whole.lines)
        mended = replace(whole, lines=lines, revision=whole.revision + 1)
        books.take_in(edit.key.channel, mended, Heard(received_at=now), now)
        edits.take_back(tx, trade.name, edit, taken)


def _explained(books: Books, edit: Edit) -> int:
    """Return the units, by the edit's sign, that moves inside its window account for."""
    explained = 0
    for place, move in enumerate(books.moves):
        if not _inside(books, move, edit):
            continue
        wanted = edit.left - explained
        # A sale (taken > 0) explains what looked like an edit downward.
        units = min(move.taken, -wanted) if wanted < 0 else max(move.taken, -wanted)
        if units * wanted < 0:
            explained -= units
            books.moves[place] = replace(move, taken=move.taken - units)
    return explained


def _inside(books: Books, move: NumberMove, edit: Edit) -> bool:
    if move.channel != edit.key.channel or move.changed_at is None or move.unsure:
        return False
    if move.listing is None:
        is_it = move.sku == edit.sku
    else:
        entry = books.catalogue.listings.get((move.channel, move.listing))
        owner = entry.owner if entry is not None else move.listing
        is_it = ListingKey(move.channel, owner) == edit.key
    surely_before = move.changed_at + _WHOLE_SECONDS <= edit.read_at
    return is_it and surely_before and move.changed_at >= edit.since - _WHOLE_SECONDS
