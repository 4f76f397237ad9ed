"""The one shape of a channel, and the values that go in and out of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from stocksync.core.belief import Way
from stocksync.core.facts import CatalogueEntry, Fact
from stocksync.core.names import (
    ChannelName,
    EventId,
    ListingId,
    LocationName,
    MerchantName,
    PaperKey,
)
from stocksync.core.offers import Status

NO_EVENT = EventId("")
"""The id of a delivery that nobody has looked into yet."""
LIFE_MIN = timedelta(seconds=120)
"""How long a server may work on for a caller who left, at least."""
PROMPT = timedelta(seconds=10)
"""So soon after its claim a write is sent that cannot be repeated; later it is claimed anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong with a delivery, where, and in words for its sender."""

    code: str
    detail: str
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message of a channel: as it came, and after `minimise` as it is kept.

    `headers` have lower-case names. `event_id` and `content` (a hash of what the
    message says) are set by `minimise`; `trouble` marks one that is kept but parked.
    `stated_at` is the sender's own clock, `read_began_at` is set when we read the
    body ourselves. `token` is the secret last part of the path, where one was sent.
    """

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    token: str | None = None
    event_id: EventId = NO_EVENT
    content: str = ""
    stated_at: datetime | None = None
    read_began_at: datetime | None = None
    trouble: Trouble | None = None


class Stored(StrEnum):
    """What the inbox did with a delivery."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REUSED = "reused"
    """The id is known with other content: kept beside it, parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the door says to the sender after the commit."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One listing as its channel addresses it: its id, its parent's where it has one, its SKU."""

    listing: ListingId
    parent: ListingId | None = None
    sku: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One number to show on one listing, absolute, in units of the merchant (10^-decimals).

    `expected` is what we believe it shows; `sequence` grows with every write to the listing.
    """

    target: Target
    number: int
    expected: int
    sequence: int
    status: Status | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Writes of one call. The same `key` and `sent_at` come again when it is retried."""

    key: str
    sent_at: datetime
    writes: tuple[Write, ...]


class Outcome(StrEnum):
    """What became of one write."""

    CONFIRMED = "confirmed"
    """The channel shows it."""
    ACCEPTED = "accepted"
    """Taken, and not yet visible: a later read confirms."""
    STALE = "stale"
    """It compared, and showed something else: nothing was written."""
    REFUSED = "refused"
    """This listing needs a person; `words` are the channel's own."""
    LATER = "later"
    """Not tried, or throttled: surely not written."""
    UNKNOWN = "unknown"
    """Sent, and no clear answer for this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one write of a batch ended. `shown` is the number that the channel named with it.

    A confirmed delta must name the number after it. One that is to come later was not `judged`
    if it only shared a call with another one that could not be written. A stale one is `kept` if
    the channel surely left its number as it was.
    """

    listing: ListingId
    outcome: Outcome
    shown: int | None = None
    words: str = ""
    judged: bool = True
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a pull: minimised deliveries, oldest change first, and where to go on.

    `complete` if nothing is left; `clock` is the channel's own time when the page was asked
    for, or ours where it tells none.
    """

    deliveries: Sequence[Delivery]
    cursor: str
    complete: bool
    clock: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry of a channel's catalogue, and the number that it shows (None: it keeps none)."""

    entry: CatalogueEntry
    shown: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparing:
    """A channel writes down its catalogue before it can be read: so many objects so far.

    The number grows, and falls back where the channel has to begin anew.
    """

    objects: int


class Health(StrEnum):
    """How a doctor finds one thing."""

    WELL = "well"
    HEALED = "healed"
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a doctor says of one thing: how it is, and the way out if it is not well.

    `code` is stable, one for each thing that is looked at.
    """

    code: str
    health: Health
    words: str
    way_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What the outgoing half of a channel can do, resolved from its settings.

    `batch` and `reads` are the most listings of one call. `longest_life` is how long after it
    was sent a request may still land (at least `LIFE_MIN`), `lag` how much later than its number an
    order shows in the order list. `by_key` if a batch may be sent again under its key.
    `listing_of` names the listing of any SKU, where the channel cannot be asked what it shows.
    `clock_every` are the pauses between polls, looks at webhooks and pokes (None: never).
    """

    way: Way
    batch: int
    reads: int
    longest_life: timedelta
    lag: timedelta
    by_key: bool
    pulls_orders: bool
    listing_of: Callable[[str], ListingId] | None = None
    poll_every: timedelta = timedelta(seconds=60)
    watch_every: timedelta | None = None
    poke_every: timedelta | None = None
    reconcile_every: timedelta = timedelta(minutes=10)

    @property
    def reads_levels(self) -> bool:
        """Return whether the channel can be asked what it shows."""
        return self.listing_of is None

    @property
    def sent_within(self) -> timedelta:
        """Return how long after its claim a write may be sent, or sent again under its key."""
        return self.longest_life / 2 if self.by_key else PROMPT

    @property
    def dead_after(self) -> timedelta:
        """Return how long after its claim a write cannot land any more, whenever it was sent."""
        return self.sent_within + self.longest_life


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a channel knows of the merchant it belongs to."""

    merchant: MerchantName
    name: ChannelName
    decimals: int = 0
    timezone: str = "UTC"
    locations: frozenset[LocationName] = frozenset()


class Channel(Protocol):
    """A place that sells our stock. Built by wiring as `Kind(setting, settings)`.

    `body_max` is the largest body its sender may mean, in bytes.
    """

    body_max: int

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        ...

    def verify(self, delivery: Delivery) -> None:
        """Return if the channel itself sent these bytes, or raise `Unauthentic`."""
        ...

    def minimise(self, delivery: Delivery) -> Sequence[Delivery]:
        """Keep what stock needs, one delivery an event; drop every word about the customer.

        Raise `Unreadable` if nothing of it can be understood.
        """
        ...

    def answer(self, deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
        """Return what its sender expects to hear once these are committed."""
        ...

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """Turn a minimised delivery into facts. Pure: no clock, no network. Or `Unreadable`."""
        ...

    @property
    def reach(self) -> Reach | None:
        """Return what the outgoing half can do; None if the channel only ever tells us."""
        ...

    def push(self, batch: Batch) -> Sequence[Ended]:
        """Write the numbers; one ending for each write, in any order. Or `CallError`."""
        ...

    def read(self, targets: Sequence[Target]) -> Mapping[ListingId, int]:
        """Return what each listing shows now; one that is unknown or unmanaged is left out."""
        ...

    def pull(self, cursor: str, now: datetime) -> Page:
        """Return one page of the orders that changed since the cursor. Or `CallError`."""
        ...

    def cursor_at(self, moment: datetime) -> str:
        """Return the cursor of a pull that begins with what changed after `moment`."""
        ...

    def fetch(self, orders: Sequence[PaperKey], now: datetime) -> Sequence[Delivery]:
        """Return these orders as they are now; one that is gone for good says so.

        Among the keys may be any by which the channel itself asked (`AskAgain`).
        """
        ...

    def open_orders(self, now: datetime) -> Iterator[Sequence[Delivery]]:
        """Yield every order whose units may still be on the shelf, a page at a time."""
        ...

    def catalogue(self) -> Iterator[Preparing | Sequence[Listed]]:
        """Yield the whole catalogue, a page at a time. Or `CallError`.

        While the channel is not ready to be read, yield how far it is instead.
        """
        ...

    def doctor(self, hook_url: str | None) -> Sequence[Finding]:
        """Look at everything that must be right for syncing; change nothing."""
        ...

    def watch(self, hook_url: str | None) -> Sequence[Finding]:
        """Make sure that the channel's webhooks reach `hook_url`; mend what can be mended."""
        ...

    def poke(self) -> None:
        """Touch the channel lightly, where that makes it send what waits there."""
        ...
