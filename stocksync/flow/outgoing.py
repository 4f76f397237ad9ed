"""Outgoing: what every step towards a channel shares, and what its failures mean."""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from stocksync.channels.base import Channel, Reach, Target
from stocksync.channels.errors import CallError, Shut
from stocksync.core.listing import ListingKey
from stocksync.core.names import ChannelName, ListingId
from stocksync.core.plan import Plan, Trade
from stocksync.flow import pace
from stocksync.store import beliefs, goods, links, signs, work
from stocksync.store.links import Link
from stocksync.store.session import Database
from stocksync.store.work import Work

log = logging.getLogger(__name__)

STOPPED = "channel down"
OUTAGE = 3
"""After so many failures in a row a channel is looked over whole when it comes back."""
STALE_AFTER = 5
"""Polls without a complete pull, after which a channel's sales are not known any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One linked channel while it is being worked on; nobody else calls it meanwhile."""

    database: Database
    trade: Trade
    channel: Channel
    reach: Reach
    clock: Callable[[], datetime]

    @property
    def name(self) -> ChannelName:
        """Return the channel's name."""
        return self.channel.name

    @property
    def plan(self) -> Plan:
        """Return where the channel's units come from."""
        return self.trade.plans[self.name]

    def link(self) -> Link | None:
        """Return how the channel does now, or None if it is not linked."""
        with self.database.reading() as tx:
            return links.load(tx, self.trade.name, self.name)

    def look_over(self) -> tuple[Link | None, Work]:
        """Return how the channel does now, and what is open there."""
        now = self.clock()
        with self.database.reading() as tx:
            link = links.load(tx, self.trade.name, self.name)
            return link, work.at_channel(tx, self.trade.name, self.name, now)

    def targets(self, tx: Connection, keys: Iterable[ListingKey]) -> Mapping[ListingId, Target]:
        """Return how the channel addresses these listings."""
        entries = goods.entries(tx, self.trade.name, self.name, [key.listing for key in keys])
        return {
            listing: Target(listing=listing, parent=entry.parent, sku=entry.sku)
            for listing, entry in entries.items()
        }

    def is_fresh(self, link: Link, now: datetime) -> bool:
        """Return whether the channel's sales are known up to lately."""
        if not self.reach.pulls_orders:
            return True
        patience = self.reach.poll_every * STALE_AFTER
        return link.pulled_at is not None and now - link.pulled_at <= patience

    def settle_delay(self, link: Link) -> timedelta:
        """Return how long a number that nobody explains waits for its second look."""
        return pace.settle_delay(link.delays_s, self.reach.lag)


def succeeded(tx: Connection, one: Outgoing, link: Link) -> None:
    """Note that a call went well; the first one after an outage lets all waiting rows go."""
    if link.failures:  # listings before links, as everywhere
        _let_all_go(tx, one, link)
    count_call(tx, one)


def back_again(one: Outgoing, link: Link) -> None:
    """Let all waiting rows go, if the call that went well just now is the first one that did.

    For calls that are counted with what they found: that transaction locks listings of its own.
    """
    if link.failures:
        with one.database.begin() as tx:
            _let_all_go(tx, one, link)


def count_call(tx: Connection, one: Outgoing) -> None:
    """Note that a call was made."""
    links.count_call(tx, one.trade.name, one.name)


def _let_all_go(tx: Connection, one: Outgoing, link: Link) -> None:
    beliefs.unhold(tx, one.trade.name, one.name)
    links.change(tx, one.trade.name, one.name, failures=0, not_before=None)
    if link.failures >= OUTAGE:
        for what in ("watch_at", "pull_at", "reconcile_at"):
            links.sooner(tx, one.trade.name, one.name, what, one.clock())
        log.info("channel came back", extra={"channel": one.name})


def failed(one: Outgoing, link: Link, error: CallError) -> None:
    """Let the channel rest for as long as it asked, or ever longer; a shut one stops."""
    now = one.clock()
    failures = link.failures + 1
    rest = error.retry_after or pace.backoff(failures)
    facts = {"channel": one.name, "code": error.code, "why": error.detail, "failures": failures}
    with one.database.begin() as tx:
        count_call(tx, one)
        if isinstance(error, Shut):
            links.change(tx, one.trade.name, one.name, stopped=error.detail)
            signs.open_incident(tx, one.trade.name, STOPPED, one.name, now)
            log.error("channel shut", extra=facts)
            return
        links.change(tx, one.trade.name, one.name, failures=failures, not_before=now + rest)
    level = logging.WARNING if failures == 1 else logging.DEBUG
    log.log(level, "channel failed", extra=facts)
