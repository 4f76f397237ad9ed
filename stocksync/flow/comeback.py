"""Comeback: a channel that was away, or that we left alone, is asked before it is told.

Its webhooks are asserted again, its orders pulled to the end and booked, every listing is read
once; only then its numbers are written, lowering ones first (DESIGN 5).
"""

from datetime import datetime, timedelta

from stocksync.channels.errors import CallError, Shut
from stocksync.flow import pull
from stocksync.flow.outgoing import Outgoing, failed
from stocksync.flow.watch import watch
from stocksync.store import beliefs, links
from stocksync.store.links import Link

_AGAIN = timedelta(minutes=1)
"""Between two tries to ask; what must sink is written meanwhile, if the channel takes that."""


def is_due(one: Outgoing, link: Link, now: datetime) -> bool:
    """Return whether the channel's orders are long unknown, and it is time to ask for them."""
    return link.pulled_at is not None and link.pull_at <= now and not one.is_fresh(link, now)


def ask_first(one: Outgoing, link: Link, now: datetime) -> int:
    """Look after the webhooks and pull to the end; return how many rows are new.

    What must be read first is noted before anything is asked: a worker may die here. Webhooks
    that cannot be looked after are a failure, and no reason not to know what was sold.
    """
    again = now + _AGAIN
    if link.reads_first is None:
        pull.reconcile(one, before_writes=True)
    with one.database.begin() as tx:
        links.change(tx, one.trade.name, one.name, watch_at=again, pull_at=again)
    try:
        watch(one, link)
    except CallError as error:
        if error.retry_after or isinstance(error, Shut):
            raise
        failed(one, link, error)
    return pull.pull(one, one.link() or link)


def may_write(one: Outgoing, link: Link) -> bool:
    """Return whether a number may be written: after an outage every listing is settled first.

    While its orders cannot be had nothing can be settled, nor is anything raised; what must
    sink goes out.
    """
    if link.reads_first is None or not one.is_fresh(link, one.clock()):
        return True
    with one.database.begin() as tx:
        if beliefs.any_unread(tx, one.trade.name, one.name, link.reads_first):
            beliefs.check_unread(tx, one.trade.name, one.name, link.reads_first, one.clock())
            return False
        links.change(tx, one.trade.name, one.name, reads_first=None)
    return True
