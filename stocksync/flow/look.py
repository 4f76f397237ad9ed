"""Look: read what listings show, one number each, to be compared once the orders are in."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.channels.errors import CallError
from stocksync.core import reads
from stocksync.core.belief import Belief
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import ListingId
from stocksync.flow.outgoing import Outgoing, back_again, count_call
from stocksync.store import beliefs, links
from stocksync.store.links import Link

GONE = (
    "the channel shows no number for this listing any more; put it back there or let it keep "
    "stock, and it is found within the hour, or at once by: stocksync link {channel}"
)


def look(one: Outgoing, link: Link) -> bool:
    """Read the listings that are due, as many as one call takes; return whether any was."""
    now = one.clock()
    with one.database.reading() as tx:
        keys = beliefs.to_check(tx, one.trade.name, one.name, now, one.reach.reads)
    if not keys:
        return False
    asked = ask(one, keys, now)
    if not asked:
        return False
    numbers = call(one, link, [row.key for row in asked], now)
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, [row.key for row in asked])
        for row in locked.now.values():
            take_in(row, now, numbers, one.clock())
        beliefs.save(tx, one.trade.name, locked)
        called(tx, one)
        follow_up(tx, one, link, now)
    return True


def ask(one: Outgoing, keys: Sequence[ListingKey], now: datetime) -> list[Listing]:
    """Begin a read before the channel is asked; return those that nothing stands in the way of."""
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, keys)
        free = [row for row in locked.now.values() if not row.belief.waiting]
        for row in free:
            row.belief = reads.asked(row.belief, now)
            if one.reach.reads_levels:
                row.hint = None  # one heard from here on may be newer than the number read
        beliefs.save(tx, one.trade.name, locked)
    return free


def call(
    one: Outgoing, link: Link, asked: Sequence[ListingKey], began_at: datetime
) -> Mapping[ListingId, int]:
    """Ask the channel what these listings show; on a failure let go of them.

    The caller notes with what it found that it was `called`.
    """
    if not one.reach.reads_levels:
        return _last_told(one, asked)
    with one.database.reading() as tx:
        targets = one.targets(tx, asked)
    try:
        numbers = one.channel.read(list(targets.values()))
    except CallError:
        let_go(one, asked, began_at)
        raise
    back_again(one, link)
    return numbers


def called(tx: Connection, one: Outgoing) -> None:
    """Note the call behind a read, where there is one."""
    if one.reach.reads_levels:
        count_call(tx, one)


def _last_told(one: Outgoing, asked: Sequence[ListingKey]) -> Mapping[ListingId, int]:
    """Return what a channel that cannot be read has told of these, or else what we believe.

    If that is wrong, the next compare says so, and what it found.
    """
    with one.database.reading() as tx:
        rows = beliefs.load_some(tx, one.trade.name, asked)
    return {row.key.listing: row.belief.likely if row.hint is None else row.hint for row in rows}


def take_in(
    row: Listing, began_at: datetime, numbers: Mapping[ListingId, int], now: datetime
) -> None:
    """Keep the number that was read of one locked listing; one without a number is parked."""
    number, gone = numbers.get(row.key.listing), GONE.format(channel=row.key.channel)
    if number is not None:
        row.parked = None if row.parked == gone else row.parked
        row.belief = reads.answered(row.belief, began_at, number, now)
        return
    row.belief = _without_reading(row.belief, began_at)
    row.parked = row.parked or gone
    row.check_at = row.asked_at = None
    row.settled_at = began_at


def follow_up(tx: Connection, one: Outgoing, link: Link, began_at: datetime) -> None:
    """Have the orders pulled once they can explain what was read since `began_at`.

    A pull that was due anyway waits for that too, so that one pull serves both; but never
    one that earlier reads wait for, nor one that is overdue.
    """
    now = one.clock()
    at = now + wait(one, link)
    lately = link.pulled_at is not None and now - link.pulled_at < 2 * one.reach.poll_every
    waiting = answered_at(tx, one)
    if lately and not any(answered < began_at for answered in waiting):
        links.change(tx, one.trade.name, one.name, pull_at=at)
    else:
        links.sooner(tx, one.trade.name, one.name, "pull_at", at)


def answered_at(tx: Connection, one: Outgoing) -> list[datetime]:
    """Return when the numbers were read that wait for the channel's orders."""
    readings = beliefs.readings(tx, one.trade.name, one.name).values()
    return [one.answered_at for one in readings if one.answered_at is not None]


def wait(one: Outgoing, link: Link) -> timedelta:
    """Return how long after a read a pull knows all that the number reflects.

    A channel whose orders cannot be pulled tells them in its own time.
    """
    return one.reach.lag if one.reach.pulls_orders else one.settle_delay(link)


def let_go(one: Outgoing, keys: Sequence[ListingKey], began_at: datetime | None) -> None:
    """Forget reads that were begun and never answered; `began_at` None means any of them."""
    with one.database.begin() as tx:
        locked = beliefs.lock(tx, one.trade.name, keys)
        for row in locked.now.values():
            row.belief = _without_reading(row.belief, began_at)
        beliefs.save(tx, one.trade.name, locked)


def _without_reading(belief: Belief, began_at: datetime | None) -> Belief:
    reading = belief.reading
    open_ = reading is not None and reading.number is None
    if reading is None or not open_ or began_at not in (None, reading.began_at):
        return belief
    return reads.unread(belief)
