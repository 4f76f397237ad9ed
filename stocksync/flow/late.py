"""Late: an order that explains, after all, a number that nobody could explain.

The listing's number had shown its units already, and is not moved again. If they were adopted
as an edit, they leave the adjustment in the transaction that books the order (BELIEF, Edits 5).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.core.account import Books, Heard, PaperId
from stocksync.core.edits import Verdict
from stocksync.core.facts import Adjusted
from stocksync.core.listing import ListingKey
from stocksync.core.moves import NumberMove
from stocksync.core.names import ChannelName
from stocksync.core.plan import Trade
from stocksync.store import edits
from stocksync.store.edits import Edit

_KEPT = timedelta(days=3)
"""An order later than this is no longer looked for behind an edit."""
_MARGIN = timedelta(minutes=1)
_SECOND = timedelta(seconds=1)


def unexplained(
    tx: Connection,
    trade: Trade,
    channels: Iterable[ChannelName],
    now: datetime,
    told_since: datetime | None = None,
) -> list[Edit]:
    """Return what orders of these channels may explain, before anything is locked.

    `told_since` is the first moment that the orders name: they explain no number read before.
    """
    mine, since = set(channels), now - _KEPT
    if told_since is not None:
        since = max(since, told_since - _MARGIN)
    return edits.unexplained(tx, trade.name, mine, since) if mine else []


def papers(found: Iterable[Edit]) -> list[PaperId]:
    """Return the papers of what was adopted; they must be locked with those of the orders."""
    return [edit.paper for edit in found if edit.verdict is Verdict.ADOPT]


def explain(
    tx: Connection, trade: Trade, books: Books, open_edits: Sequence[Edit], now: datetime
) -> None:
    """Take what the booked orders surely did inside an edit's window out of that edit."""
    for edit in open_edits:
        taken = _explained(books, edit)
        if not taken:
            continue
        if edit.verdict is Verdict.ADOPT:
            _give_back(books, edit, taken, now)
        edits.take_back(tx, trade.name, edit, taken)


def _give_back(books: Books, edit: Edit, taken: int, now: datetime) -> None:
    """Take units out of the adjustment by which an edit was booked."""
    whole = books.states[edit.paper].parts.get("whole")
    if not isinstance(whole, Adjusted):
        return
    left = edit.left - taken
    # Each component in its own number: a bundle takes more than one of some.
    lines = tuple(replace(line, units=line.units // edit.left * left) for line in whole.lines)
    mended = replace(whole, lines=lines, revision=whole.revision + 1)
    books.take_in(edit.key.channel, mended, Heard(received_at=now), now)


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
            doubtful = move.doubtful or not _is_before(move, edit)
            books.moves[place] = replace(move, taken=move.taken - units, doubtful=doubtful)
    return explained


def _inside(books: Books, move: NumberMove, edit: Edit) -> bool:
    """Return whether a move lies in the time in which an edit was made, as far as is known."""
    if move.channel != edit.key.channel or move.changed_at is None or move.unsure:
        return False
    if move.listing is None:
        is_it = move.sku == edit.sku
    else:
        entry = books.catalogue.listings.get((move.channel, move.listing))
        owner = entry.owner if entry is not None else move.listing
        is_it = ListingKey(move.channel, owner) == edit.key
    # Units that went in the moment of the read are better missed than counted twice: what is
    # not adopted is no stock, and another look finds it.
    lenient = edit.verdict is not Verdict.ADOPT and edit.residual < 0
    in_time = _is_before(move, edit) or (lenient and move.changed_at <= edit.read_at + _SECOND)
    return is_it and edit.since - _SECOND <= move.changed_at and in_time


def _is_before(move: NumberMove, edit: Edit) -> bool:
    """Return whether a move was surely over when an edit was read; shops tell whole seconds."""
    return move.changed_at is not None and move.changed_at <= edit.read_at - _SECOND
