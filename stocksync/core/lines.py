"""What is booked of one line of a paper, and how that is remembered."""

from dataclasses import dataclass
from datetime import datetime

from stocksync.core.names import LineId, ListingId, LocationName, Sku
from stocksync.core.plan import Goods, Unmapped
from stocksync.core.stock import Account, Place


@dataclass(slots=True, kw_only=True)
class Part:
    """The units of one component at one location that an order line has taken.

    `soft` is kept for an unpaid checkout, `beyond` was put back over what was taken.
    """

    sku: Sku
    location: LocationName
    committed: int = 0
    gone: int = 0
    beyond: int = 0
    soft: int = 0
    gone_at: datetime | None = None

    @property
    def empty(self) -> bool:
        """Return whether nothing of it is left to remember."""
        return not (self.committed or self.gone or self.beyond or self.soft)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One effect of a paper's line that names its own moment: units from place to place."""

    sku: Sku
    source: Place
    target: Place
    at: datetime
    units: int


@dataclass(slots=True, kw_only=True)
class BookedLine:
    """One line as it is booked. The SKU of its first booking is kept for ever.

    `sku_text`, `listing` and `named_by` are what the channel called it and in which
    version of the paper. `parked` says why it books nothing yet. `ignored` are units that its
    channel's number moved by, and that book nothing; `removed` are gone, but the channel may
    have put them back on its shelf. `seen_gone` are the
    versions that only showed that its units had left, `seen_here` the newest that showed
    them not gone: between them lies when they left.
    """

    line: LineId
    sku_text: str | None = None
    listing: ListingId | None = None
    named_by: str = ""
    sku: Sku | None = None
    goods: Goods = ()
    committed: int = 0
    gone: int = 0
    beyond: int = 0
    soft: int = 0
    ignored: int = 0
    removed: int = 0
    seen_gone: tuple[tuple[str, datetime], ...] = ()
    seen_here: str = ""
    parts: tuple[Part, ...] = ()
    entries: tuple[Entry, ...] = ()
    parked: Unmapped | None = None

    @property
    def back(self) -> int:
        """Return how many units of an order's line came back and were put on a shelf."""
        if not self.goods:
            return 0
        sku, count = self.goods[0]
        came_back = (e for e in self.entries if e.sku == sku and e.source.account is Account.GONE)
        return sum(entry.units for entry in came_back) // count

    def seen(self, version: str, gone_at: datetime | None) -> None:
        """Remember what one body, whichever its version, shows of when the units left."""
        if gone_at is None:
            self.seen_here = max(self.seen_here, version)
            told = self.seen_gone
        else:
            told = (*self.seen_gone, (version, gone_at))
        self.seen_gone = tuple(sorted({one for one in told if one[0] > self.seen_here}))

    def gone_by(self, at: datetime) -> datetime:
        """Return the earliest moment by which the units were surely gone."""
        return min((moment for _, moment in self.seen_gone), default=at)

    def named(self, sku_text: str | None, listing: ListingId | None, version: str) -> None:
        """Learn what the channel calls it; a body that has forgotten teaches nothing.

        A shop forgets the product of a line when the product is deleted, so a name may
        come from an older body, and never gets lost to a newer one.
        """
        if sku_text is None and listing is None:
            return
        if version >= self.named_by or (self.sku_text is None and self.listing is None):
            self.sku_text, self.listing, self.named_by = sku_text, listing, version
