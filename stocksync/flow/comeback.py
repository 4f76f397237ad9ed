"""Comeback: a channel that was away, or that we left alone, is asked before it is told.

Its webhooks are asserted again, its orders pulled to the end and booked, every listing is read
once; only then its numbers are written, lowering ones first (DESIGN 5).
"""

from datetime import datetime, timedelta

from stocksync.flow import pull
from stocksync.flow.outgoing import Outgoing
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

    What must be read first is noted before anything is asked: a worker may die here.
    """
    again = now + _AGAIN
    if link.reads_first is None:
        pull.reconcile(one, before_writes=True)
    with one.database.begin() as tx:
        links.change(tx, one.trade.name, one.name, watch_at=again, pull_at=again)
    watch(one, link)
    return pull.pull(one, one.link() or link)


def may_write(one: Outgoing, link: Link) -> bool:
    """Return whether every listing was read since the channel came back.

    While its orders cannot be had nothing can be read to the end, nor is anything raised; what
    must sink goes out.
    """
    if link.reads_first is None or not one.is_fresh(link, one.clock()):
        return True
    with one.database.begin() as tx:
        if beliefs.any_unread(tx, one.trade.name, one.name, link.reads_first):
            return False
        links.change(tx, one.trade.name, one.name, reads_first=None)
    return True
