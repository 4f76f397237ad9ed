"""Accounts, movements and the shelf: stock is the sum of its movements (DESIGN 2).

`on_hand = free + committed + held` and `available = free` are derived here and
stored nowhere. Units are integers of 10^-decimals of the merchant.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, LineId, LocationName, PaperKey, Sku


class Account(StrEnum):
    """Where units of one SKU are, seen from one location."""

    FREE = "free"
    COMMITTED = "committed"
    HELD = "held"
    INCOMING = "incoming"
    GONE = "gone"
    ADJUSTED = "adjusted"
    SUPPLIER = "supplier"


ON_HAND = frozenset({Account.FREE, Account.COMMITTED, Account.HELD})
"""The accounts whose units stand on the shelf."""


class Reason(StrEnum):
    """Why units moved, in a shopkeeper's word."""

    ORDERED = "ordered"
    SHIPPED = "shipped"
    SENT_ELSEWHERE = "sent from another place"
    CANCELLED = "cancelled"
    REOPENED = "reopened"
    RESTOCKED = "restocked"
    PUT_BACK_BEYOND = "put back beyond"
    SOFT_HELD = "soft held"
    SOFT_RELEASED = "soft released"
    SOLD = "sold at the till"
    RETURNED = "returned at the till"
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    TRANSFERRED = "transferred"
    CORRECTED = "corrected"
    COUNTED = "counted"
    INSIDE_COUNT = "inside the count"


BY_COUNT = frozenset({Reason.COUNTED, Reason.INSIDE_COUNT})
"""Movements that a count makes; a count never restates these."""


class Place(NamedTuple):
    """One account of one location."""

    account: Account
    location: LocationName


class Cause(NamedTuple):
    """The line of a paper that made a movement."""

    channel: ChannelName
    kind: PaperKind
    key: PaperKey
    line: LineId


_PAIRS = frozenset(
    {
        (Account.FREE, Account.COMMITTED),
        (Account.COMMITTED, Account.GONE),
        (Account.COMMITTED, Account.FREE),
        (Account.FREE, Account.GONE),
        (Account.GONE, Account.FREE),
        (Account.FREE, Account.HELD),
        (Account.HELD, Account.COMMITTED),
        (Account.HELD, Account.FREE),
        (Account.HELD, Account.GONE),
        (Account.GONE, Account.COMMITTED),
        (Account.SUPPLIER, Account.FREE),
        (Account.FREE, Account.SUPPLIER),
        (Account.INCOMING, Account.FREE),
        (Account.FREE, Account.INCOMING),
        (Account.SUPPLIER, Account.INCOMING),
        (Account.INCOMING, Account.SUPPLIER),
        (Account.ADJUSTED, Account.FREE),
        (Account.FREE, Account.ADJUSTED),
        (Account.FREE, Account.FREE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Units > 0 of one SKU that left one place for another. Never edited.

    `occurred_at` is the moment that matters for counts; a correction carries the
    moment of what it corrects, so that the ledger's past is a sum too.
    """

    sku: Sku
    units: int
    source: Place
    target: Place
    reason: Reason
    cause: Cause
    occurred_at: datetime

    def __post_init__(self) -> None:
        """Refuse what the table of DESIGN 2 does not know."""
        if self.units <= 0:
            raise ValueError(f"a movement has units above 0, not {self.units}")
        if (self.source.account, self.target.account) not in _PAIRS:
            raise ValueError(f"nothing moves from {self.source.account} to {self.target.account}")
        if self.source == self.target:
            raise ValueError(f"a movement goes somewhere else than {self.source}")

    def on_hand(self, location: LocationName) -> int:
        """Return by how much it changed what stands at one location."""
        left = self.units if self._touches(self.source, location) else 0
        came = self.units if self._touches(self.target, location) else 0
        return came - left

    @staticmethod
    def _touches(place: Place, location: LocationName) -> bool:
        return place.location == location and place.account in ON_HAND


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The stock of one SKU at one location, and the count that it rests on.

    `count_adjust` is what counts have moved in all: the winning count's units less
    everything else known to have happened by `counted_at`.
    """

    free: int = 0
    committed: int = 0
    held: int = 0
    incoming: int = 0
    counted_at: datetime | None = None
    counted: int = 0
    count_adjust: int = 0

    @property
    def on_hand(self) -> int:
        """Return what stands on the shelf; below 0, more has left than was counted."""
        return self.free + self.committed + self.held

    def add(self, account: Account, units: int) -> None:
        """Change one account; the outside accounts are the ledger's alone."""
        match account:
            case Account.FREE:
                self.free += units
            case Account.COMMITTED:
                self.committed += units
                assert self.committed >= 0, "more was released than was promised"
            case Account.HELD:
                self.held += units
                assert self.held >= 0, "more was released than was held"
            case Account.INCOMING:
                self.incoming += units
                assert self.incoming >= 0, "more arrived than was on its way"
            case Account.GONE | Account.ADJUSTED | Account.SUPPLIER:
                pass
