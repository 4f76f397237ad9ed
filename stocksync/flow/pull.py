"""Pull: fetch the orders we may not have heard of into the same inbox, down the same road."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.channels.base import Delivery
from stocksync.channels.errors import CallError, Shut, Transient, Unreadable
from stocksync.core.facts import OrderSnapshot
from stocksync.core.names import PaperKey
from stocksync.core.snapshots import fingerprint
from stocksync.flow import look, pace, track
from stocksync.flow.outgoing import Outgoing, count_call, succeeded
from stocksync.flow.receive import arrival_of
from stocksync.store import beliefs, configs, inbox, links, papers, signs
from stocksync.store.inbox import Kept
from stocksync.store.links import Link

log = logging.getLogger(__name__)

_ORDERS = 50
"""Orders that are read by their ids in one go."""
_TRIES = 3
"""After so many tries an order that cannot be read says nothing of the channel's health."""
_PAGES = 500
"""No pull has more pages than this; a channel that pages without end is in trouble."""
_SILENT = timedelta(days=1)
_RECONCILE_AFTER = timedelta(seconds=30)
EVERYTHING = ""
"""The question that means: something was missed, pull the whole channel."""


def pull(one: Outgoing, link: Link) -> int:
    """Pull to the end from the cursor; return how many rows are new.

    What a channel that cannot be pulled sold is known once its usual delays have passed.
    """
    began_at = one.clock()
    if not one.reach.pulls_orders:
        with one.database.begin() as tx:
            _complete(tx, one, link, began_at, None)
        return 0
    # A walk that was cut goes on; what it knows is as old as its beginning.
    began_at = link.walk_began_at or began_at
    cursor, new, clock = link.cursor, 0, None
    for _ in range(_PAGES):
        page = one.channel.pull(cursor, one.clock())
        clock, cursor = clock or page.clock - (one.clock() - began_at), page.cursor
        with one.database.begin() as tx:
            new += _store(tx, one, page.deliveries)
            if page.complete:
                succeeded(tx, one, link)
                _complete(tx, one, link, began_at, clock - one.reach.lag)
            else:
                count_call(tx, one)
            walk = None if page.complete else began_at
            links.change(tx, one.trade.name, one.name, cursor=cursor, walk_began_at=walk)
        if page.complete:
            return new
    raise Transient("endless-pull", f"its list of orders has no end after {_PAGES} pages")


def answer(one: Outgoing, link: Link) -> int:
    """Read the orders that must be read; return how many rows are new.

    Orders that the channel failed at are asked for one by one, ever more rarely: one that it
    cannot show must not hold up the others, nor anything else.
    """
    now = one.clock()
    with one.database.reading() as tx:
        asked = signs.questions(tx, one.trade.name, one.name, now, _ORDERS)
    if not asked:
        return 0
    orders = [PaperKey(key) for key in asked if key != EVERYTHING]
    try:
        deliveries = one.channel.fetch(orders, now) if orders else ()
    except CallError as error:
        tries = asked[orders[0]].tries + 1
        with one.database.begin() as tx:
            rest = now + pace.backoff(tries)
            signs.put_off(tx, one.trade.name, one.name, orders, tries, rest)
        if error.retry_after or isinstance(error, Shut) or tries < _TRIES:
            raise
        facts = {"channel": one.name, "orders": orders, "code": error.code, "tries": tries}
        log.warning("order cannot be read", extra=facts)
        return 0
    with one.database.begin() as tx:
        new = inbox.put(tx, _arrivals(one, deliveries)) if deliveries else []
        if orders:
            succeeded(tx, one, link)
        signs.answered(tx, one.trade.name, one.name, asked, now)
        if EVERYTHING in asked:
            # Units may have left for an order that nobody will ever show: look at the numbers.
            links.sooner(tx, one.trade.name, one.name, "pull_at", now)
            at = now + _RECONCILE_AFTER
            links.sooner(tx, one.trade.name, one.name, "reconcile_at", at)
    return new.count(Kept.NEW)


def reconcile(one: Outgoing, *, before_writes: bool = False) -> None:
    """Have every listing read, those of goods that became known since too.

    Orders that stand open and silent for a day are read as well: one that was deleted for
    good shows in no list.
    """
    now = one.clock()
    with one.database.begin() as tx:
        configs.require(tx, one.trade.name, one.trade.digest)
        silent = papers.open_since(tx, one.trade.name, one.name, now - _SILENT, _ORDERS)
        why = "open and silent for a day"
        signs.ask(tx, one.trade.name, {(one.name, order): why for order in silent}, now)
        track.list_ours(tx, one, now)
        track.track_known(tx, one.trade, one.name, now)
        beliefs.check_all(tx, one.trade.name, one.name, now)
        again = now + one.reach.reconcile_every
        links.change(tx, one.trade.name, one.name, reconcile_at=again)
        if before_writes:
            links.change(tx, one.trade.name, one.name, reads_first=now)


def _complete(
    tx: Connection, one: Outgoing, link: Link, began_at: datetime, through: datetime | None
) -> None:
    now, wait = one.clock(), look.wait(one, link)
    later = [
        answered_at + wait
        for answered_at in look.answered_at(tx, one)
        if answered_at + wait > began_at  # this pull came too early for it
    ]
    links.change(
        tx,
        one.trade.name,
        one.name,
        pulled_at=began_at,
        pulled_through=now,
        complete_through=through,
        pull_at=max(later, default=now + one.reach.poll_every),
    )


def _store(tx: Connection, one: Outgoing, deliveries: Iterable[Delivery]) -> int:
    """Store what differs from what the order rows hold; return how many rows are new."""
    told = [(delivery, _snapshot(one, delivery)) for delivery in deliveries]
    orders = [snapshot.order for _, snapshot in told if snapshot is not None]
    known = papers.standings(tx, one.trade.name, one.name, orders)
    fresh = []
    for delivery, snapshot in told:
        standing = known.get(snapshot.order) if snapshot is not None else None
        same = (
            snapshot is not None
            and standing is not None
            and standing.version == snapshot.version
            and standing.content == fingerprint(snapshot)
            and len(standing.rivals) <= 1
        )
        if not same:
            fresh.append(delivery)
    return inbox.put(tx, _arrivals(one, fresh)).count(Kept.NEW) if fresh else 0


def _arrivals(one: Outgoing, deliveries: Iterable[Delivery]) -> list[inbox.Arrival]:
    return [arrival_of(one.trade.name, one.name, delivery) for delivery in deliveries]


def _snapshot(one: Outgoing, delivery: Delivery) -> OrderSnapshot | None:
    """Return the order that a body shows, if it is one that can be understood."""
    try:
        facts = one.channel.translate(delivery)
    except Unreadable:
        return None
    return next((fact for fact in facts if isinstance(fact, OrderSnapshot)), None)
