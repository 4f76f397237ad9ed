"""Wait until everything that was answered is booked, and until the numbers agree with it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, MerchantName
from stocksync.flow.outgoing import Outgoing
from stocksync.store import beliefs, links, views
from stocksync.store.session import AWAY, Database

_LOOK_S = 0.05
_NUMBERS_S = 0.25


def settle(database: Database, merchant: MerchantName, timeout_s: float) -> views.Waiting:
    """Return what still waits when nothing does, or when the time is over.

    A database that is away for a moment is asked again.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            with database.reading() as tx:
                left = views.waiting(tx, merchant)
        except AWAY:
            if time.monotonic() > deadline:
                raise
        else:
            if left.pending == 0 or time.monotonic() > deadline:
                return left
        time.sleep(_LOOK_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How far the numbers of one channel are settled.

    `waiting` deliveries are not booked, `asked` orders not read again. `suspect` numbers wait for
    their second look, `unread` ones have not been read and found right since the last booking,
    `parked` ones need a person. `shut` is why the channel is not called any more.
    """

    waiting: int = 0
    asked: int = 0
    suspect: int = 0
    unread: int = 0
    parked: int = 0
    shut: str | None = None

    @property
    def moving(self) -> bool:
        """Return whether time alone will settle some more."""
        open_ = self.waiting or self.asked or self.suspect or self.unread
        return self.shut is None and open_ > 0

    @property
    def settled(self) -> bool:
        """Return whether each number is as its orders and edits say."""
        return not (self.moving or self.parked or self.shut)


def settle_numbers(
    one: Outgoing, timeout_s: float, show: Callable[[Numbers], object] = lambda left: None
) -> Numbers:
    """Wait until each listing was read after the last booking, and shows what is booked.

    A reconcile of all listings is asked for whenever something was booked since the last one;
    the installation does it by itself. Return how far it came when all is settled, when only a
    person can help, or when the time is over.
    """
    deadline = time.monotonic() + timeout_s
    asked_at: datetime | None = None
    while True:
        try:
            with one.database.reading() as tx:
                rows = beliefs.of_channel(tx, one.trade.name, one.name)
                left = _numbers(tx, one.trade.name, one.name, rows, asked_at)
            moved_at = max((row.moved_at for row in rows if row.moved_at), default=None)
            if left.waiting == 0 and (asked_at is None or (moved_at and moved_at >= asked_at)):
                asked_at = one.clock()
                with one.database.begin() as tx:
                    links.sooner(tx, one.trade.name, one.name, "reconcile_at", asked_at)
                continue
        except AWAY:
            if time.monotonic() > deadline:
                raise
        else:
            show(left)
            if not left.moving or time.monotonic() > deadline:
                return left
        time.sleep(_NUMBERS_S)


def _numbers(
    tx: Connection,
    merchant: MerchantName,
    channel: ChannelName,
    rows: Sequence[Listing],
    since: datetime | None,
) -> Numbers:
    link = links.load(tx, merchant, channel)
    live = [row for row in rows if row.parked is None]
    suspect = [row for row in live if row.belief.suspicion is not None]
    unread = [
        row
        for row in live
        if row.belief.suspicion is None
        if since is None or row.agreed_at < since or row.belief.reading or not row.belief.at_rest
    ]
    shut = f"{channel} is not linked" if link is None else link.stopped or link.halted
    return Numbers(
        waiting=views.waiting(tx, merchant).pending,
        asked=len(views.questions(tx, merchant)),
        suspect=len(suspect),
        unread=len(unread),
        parked=len(rows) - len(live),
        shut=shut,
    )
