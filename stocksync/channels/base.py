"""The one shape of a channel, and the errors that say what happens next.

ChannelError            what a channel sent us
├── Unauthentic         not from the channel: answer `status`, count it, keep nothing
└── Unreadable          from the channel, not understood: park it, answer `status`
CallError               what became of a call of ours; nothing of it took effect, but `Unknown`
├── Transient           throttled or away: rows wait `retry_after`, or a growing pause
├── Refused             understood, and said no: halve the batch; a batch of one is parked
├── Shut                key revoked, shop closed: pause the channel, one alert
└── Unknown             a write without a clear answer: the flight stays unanswered
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

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
from stocksync.core.rules import ManualEdits, Percent

NO_EVENT = EventId("")
"""The id of a delivery that nobody has looked into yet."""


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


class ChannelError(Exception):
    """A channel's message could not be taken in. `detail` is safe to show to its sender."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.extra = dict(extra or {})
        self.errors = tuple(errors)


class Unauthentic(ChannelError):
    """Not from the channel. Nothing of it is kept but one more on a counter."""


class Unreadable(ChannelError):
    """From the channel, and not understood. `kept` is what may be stored of it, if anything."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 200,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
        kept: Delivery | None = None,
    ) -> None:
        super().__init__(code, detail, status=status, extra=extra, errors=errors)
        self.kept = kept


class CallError(Exception):
    """A call to a channel did not do what it was for. `detail` names the thing and the way out.

    `code` is a short technical word; `retry_after` is how long the channel asked us to wait.
    """

    def __init__(self, code: str, detail: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class Transient(CallError):
    """Throttled, or away for a while. A write that raises this was surely not taken."""


class Refused(CallError):
    """The channel understood the call and said no; a smaller one may pass."""


class Shut(CallError):
    """The channel does not let us in any more: nothing is sent until a person acts."""


class Unknown(CallError):
    """A write was sent and its answer is not known: it may have landed, or land later."""


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

    A confirmed delta must name the number after it.
    """

    listing: ListingId
    outcome: Outcome
    shown: int | None = None
    words: str = ""


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
    was sent a request may still land (at least 120 s), `lag` how much later than its number an
    order shows in the order list. `by_key` if a batch may be sent again under its key.
    `clock_every` are the pauses between polls, looks at webhooks and pokes (None: never).
    """

    way: Way
    batch: int
    reads: int
    longest_life: timedelta
    lag: timedelta
    by_key: bool
    reads_levels: bool
    pulls_orders: bool
    poll_every: timedelta = timedelta(seconds=60)
    watch_every: timedelta | None = None
    poke_every: timedelta | None = None
    reconcile_every: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a channel knows of the merchant it belongs to."""

    merchant: MerchantName
    name: ChannelName
    decimals: int = 0
    timezone: str = "UTC"
    locations: frozenset[LocationName] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that the config named by reference. Its value never shows in any output."""

    value: str = field(repr=False)
    origin: str
    not_after: datetime | None = None

    def live(self, now: datetime) -> bool:
        """Return whether it still opens the door at `now`."""
        return self.not_after is None or now <= self.not_after


def _secret(value: Any) -> Any:
    if not isinstance(value, Secret):
        raise ValueError("a secret is written by reference: {env: NAME} or {file: PATH}")  # noqa: TRY004 pydantic wants a ValueError
    return value


def _secrets(value: Any) -> Any:
    listed = value if isinstance(value, (list, tuple)) else [value]
    if not 1 <= len(listed) <= 4:
        raise ValueError("write one secret, or a list of 2 to 4 while rotating")
    return tuple(_secret(one) for one in listed)


_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if value == 0 or value == "0":
        return timedelta(0)
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write a time such as 30s, 15m, 6h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


OneSecret = Annotated[Any, BeforeValidator(_secret)]
"""A field that holds one `Secret`."""
Secrets = Annotated[Any, BeforeValidator(_secrets)]
"""A field that holds a tuple of `Secret`: one, or several while rotating."""
Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A field that is written as 30s, 15m, 6h or 2d."""


_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")
_AMOUNT_MAX = 9_999_999


def _percent(value: Any) -> Any:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found is None or Decimal(found[1]) > 100:
        raise ValueError("write a percentage from 0% to 100%, such as 80%")
    return (Decimal(found[1]) / 100).normalize()


def _amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("must be a number of units, such as 2")  # noqa: TRY004 pydantic wants a ValueError
    if value < 0:
        raise ValueError(f"must be 0 or more, not {value}")
    if value > _AMOUNT_MAX:
        raise ValueError(f"must be {_AMOUNT_MAX} or less, not {value}")
    return Decimal(value).normalize()


def _buffer(value: Any) -> Any:
    if not isinstance(value, str):
        return _amount(value)
    if value.endswith("%"):
        return Percent(_percent(value))
    if re.fullmatch(r"auto|x\d+", value):
        raise ValueError(f"{value} is not available yet; write units such as 2, or 10%")
    raise ValueError("write units such as 2, or a percentage such as 10%")


Part = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"}),
]
"""A field that is written as a percentage, 0 to 1."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": _AMOUNT_MAX}),
]
"""A field that is written in units, with a point where the merchant has decimals."""
Kept = Annotated[
    Decimal | Percent,
    BeforeValidator(_buffer),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": _AMOUNT_MAX},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        }
    ),
]
"""A field that is written in units or as a percentage of the shelf."""


class Settings(BaseModel):
    """What merchants write under one channel in YAML; each kind adds its own keys.

    `later` names the keys that a coming feature will understand: they are refused
    with "not available yet" and not as typing mistakes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset()

    kind: str
    location: LocationName | None = None
    sells_from: tuple[LocationName, ...] = ()
    locations: Mapping[str, LocationName] = {}
    buffer: Kept = Decimal(0)
    push: Literal["on", "shadow"] = "on"
    manual_edits: ManualEdits = ManualEdits.ADOPT


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
        """Return these orders as they are now; one that is gone for good says so."""
        ...

    def open_orders(self, now: datetime) -> Iterator[Sequence[Delivery]]:
        """Yield every order whose units may still be on the shelf, a page at a time."""
        ...

    def catalogue(self) -> Iterator[Sequence[Listed]]:
        """Yield the whole catalogue, a page at a time. Or `CallError`."""
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
