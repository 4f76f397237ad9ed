"""A channel that only ever tells us: the outgoing half of it does nothing."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from stocksync.channels.base import Batch, Delivery, Ended, Finding, Listed, Page, Reach, Target
from stocksync.channels.errors import Refused
from stocksync.core.names import ListingId, PaperKey


class Listens:
    """The outgoing half of a channel that only ever tells us."""

    reach: Reach | None = None

    def push(self, batch: Batch) -> Sequence[Ended]:
        """Refuse: nothing can be written to it."""
        raise Refused("no-way-out", "this channel only tells us; nothing can be written to it")

    def read(self, targets: Sequence[Target]) -> Mapping[ListingId, int]:
        """Return nothing: it cannot be asked."""
        return {}

    def pull(self, cursor: str, now: datetime) -> Page:
        """Return an empty page: it cannot be asked."""
        return Page(deliveries=(), cursor=cursor, complete=True, clock=now)

    def cursor_at(self, moment: datetime) -> str:
        """Return a cursor that means nothing."""
        return ""

    def fetch(self, orders: Sequence[PaperKey], now: datetime) -> Sequence[Delivery]:
        """Return nothing: it cannot be asked."""
        return ()

    def open_orders(self, now: datetime) -> Iterator[Sequence[Delivery]]:
        """Yield nothing: it cannot be asked."""
        return iter(())

    def catalogue(self) -> Iterator[Sequence[Listed]]:
        """Yield nothing: it cannot be asked."""
        return iter(())

    def doctor(self, hook_url: str | None) -> Sequence[Finding]:
        """Return nothing: there is nothing to look at."""
        return ()

    def watch(self, hook_url: str | None) -> Sequence[Finding]:
        """Return nothing: there is nothing to look at."""
        return ()

    def poke(self) -> None:
        """Do nothing."""
