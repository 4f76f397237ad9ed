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
    """Look after the webhooks and pull to the end; return how many rows are new."""
    again = now + _AGAIN
    with one.database.begin() as tx:
        links.change(tx, one.trade.name, one.name, watch_at=again, pull_at=again)
    watch(one, link)
    found = pull.pull(one, one.link() or link)
    pull.reconcile(one)
    with one.database.begin() as tx:
        links.change(tx, one.trade.name, one.name, reads_first=one.clock())
    return found


def may_write(one: Outgoing, link: Link) -> bool:
    """Return whether every listing was read since the channel came back."""
    if link.reads_first is None:
        return True
    with one.database.begin() as tx:
        if beliefs.any_unread(tx, one.trade.name, one.name, link.reads_first):
            return False
        links.change(tx, one.trade.name, one.name, reads_first=None)
    return True
