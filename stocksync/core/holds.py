"""Holds: units set aside in somebody's name. A hold ends once (DESIGN 4).

A hold names the order or receipt that it is for. Booking that paper consumes the hold
once, whether it is open, confirmed or expired by then, so nothing is taken twice.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from stocksync.core.stock import Account


class HoldState(StrEnum):
    """Where a hold is in its life; all but open are ends."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Units of one SKU at one place that wait for one paper, until a deadline.

    `consumed` is how many of them its paper has taken over.
    """

    units: int
    expires_at: datetime
    state: HoldState = HoldState.OPEN
    consumed: int = 0

    def __post_init__(self) -> None:
        """Refuse a hold of nothing, or one that gave more than it has."""
        if self.units <= 0 or not 0 <= self.consumed <= self.units:
            raise ValueError("a hold keeps 1 unit or more, and gives no more than it keeps")

    @property
    def keeps(self) -> Account | None:
        """Return the account in which its remaining units stand, or None if it keeps nothing."""
        if self.consumed == self.units:
            return None
        match self.state:
            case HoldState.OPEN:
                return Account.HELD
            case HoldState.CONFIRMED:
                return Account.COMMITTED
            case HoldState.RELEASED | HoldState.EXPIRED:
                return None


def may_take(free: int, units: int) -> bool:
    """Return whether a hold of `units` is granted: only if all of them are there."""
    return 0 < units <= free


def end(hold: Hold, state: HoldState, now: datetime) -> tuple[Hold, int]:
    """End an open hold, and return the units that move from held: to committed, or to free.

    An ended hold stays as it ended, and moves nothing. Expiry before the deadline is
    refused; a confirmation at or after it comes too late and is an expiry.
    """
    if state is HoldState.OPEN:
        raise ValueError("a hold cannot be opened again")
    if hold.state is not HoldState.OPEN:
        return hold, 0
    if state is HoldState.EXPIRED and now < hold.expires_at:
        raise ValueError(f"the hold lives until {hold.expires_at.isoformat()}")
    if state is HoldState.CONFIRMED and now >= hold.expires_at:
        state = HoldState.EXPIRED
    return replace(hold, state=state), hold.units - hold.consumed


def consume(hold: Hold, units: int) -> tuple[Hold, Account | None, int]:
    """Let the paper that the hold is for take up to `units`; return whence, and how many.

    What the hold no longer keeps comes from free by the paper's own booking.
    """
    account = hold.keeps
    given = min(units, hold.units - hold.consumed)
    if given <= 0:
        return hold, None, 0
    taken = replace(hold, consumed=hold.consumed + given)
    if account is None:
        return taken, None, 0
    return taken, account, given
