"""One listing as we keep it: what it should show, what we believe it shows, what it waits for."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from stocksync.core.belief import Belief
from stocksync.core.names import ChannelName, ListingId, LocationName, Sku
from stocksync.core.offers import Offer


class ListingKey(NamedTuple):
    """Which listing: a channel, and the channel's own id of the entry that owns the number."""

    channel: ChannelName
    listing: ListingId


@dataclass(slots=True, kw_only=True)
class Listing:
    """The row of one listing, in its working state.

    `location` is the one place whose units it shows, where the channel counts each place apart;
    else it shows all that the channel sells from. `offer` is what it should show; `version`
    rises with it, and with each write. `pool` is the
    same number before it is cut at 0. `hint` is the last level that a webhook named, if nothing
    has confirmed it yet; `moved_at` is when orders of the channel last moved its number.
    `removed` units were taken out of orders, and may stand on the channel's shelf again.
    `check_at` is when it is due for a read and a pull, `asked_at` when somebody last wanted one
    that began no earlier, `checks` how many came to nothing in a row; `settled_at` is when the
    last one began that was settled, or found no number.
    `push_at` holds a write back, `tries` are the writes that were not taken in a row.
    `rewrites` are moments at which somebody else's number stood over ours. `parked` and
    `paused_until` stop writes to it: a person's turn, or a while.
    """

    key: ListingKey
    sku: Sku
    belief: Belief
    opened_at: datetime
    agreed_at: datetime
    settled_at: datetime | None = None
    location: LocationName | None = None
    offer: Offer | None = None
    pool: int = 0
    version: int = 0
    wanted_at: datetime | None = None
    hint: int | None = None
    moved_at: datetime | None = None
    removed: int = 0
    check_at: datetime | None = None
    asked_at: datetime | None = None
    checks: int = 0
    push_at: datetime | None = None
    tries: int = 0
    parked: str | None = None
    paused_until: datetime | None = None
    rewrites: tuple[datetime, ...] = ()
    confirmed: int | None = None
    confirmed_at: datetime | None = None

    def look_again(self, now: datetime) -> None:
        """Have it read now, and once more if a read of it is under way."""
        self.check_at = self.asked_at = now

    @property
    def wanted(self) -> int | None:
        """Return what it should show; None before anybody decided."""
        return None if self.offer is None else self.offer.quantity

    @property
    def differs(self) -> bool:
        """Return whether it is believed to show something else than it should.

        Shown 0 or less and wanted 0 is right: nothing is sent.
        """
        return self.offer is not None and self.offer.quantity != max(self.belief.likely, 0)
