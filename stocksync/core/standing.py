"""Standing: how one listing stands, in one word that scripts and people share (DESIGN 10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from stocksync.core.listing import Listing
from stocksync.core.offers import is_due

QUIET = timedelta(seconds=60)
"""A shop without a sale for this long is quiet: a clipped offer may be topped up."""


class State(StrEnum):
    """How a listing stands; where several hold, the one that a person must know first."""

    CLEAN = "clean"
    """It shows what it should, as far as we know."""
    DUE = "due"
    IN_FLIGHT = "in_flight"
    UNKNOWN = "unknown"
    """A write without an answer, or a number in doubt: it is read before it is raised."""
    SUSPECT = "suspect"
    """It shows a number that no order explains; a second look will tell."""
    PARKED = "parked"
    PAUSED = "paused"
    SHADOW = "shadow"
    """Decided and shown, and not written: `push: shadow`, or not live yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What of a channel decides how its listings stand.

    `stopped` and `halted` are reasons in words: the first ends every call, the second only
    writes.
    """

    writes: bool
    stopped: str | None = None
    halted: str | None = None


def state_of(row: Listing, side: Side, now: datetime) -> State:
    """Return the one word for a listing."""
    belief = row.belief
    if row.parked is not None:
        return State.PARKED
    if side.stopped is not None:
        return State.PAUSED
    if belief.waiting:
        return State.IN_FLIGHT
    if belief.flights or belief.doubt:
        return State.UNKNOWN
    if belief.suspicion is not None:
        return State.SUSPECT
    if not side.writes:
        return State.SHADOW
    if side.halted is not None or is_paused(row, now):
        return State.PAUSED
    return State.DUE if wants_push(row, now) else State.CLEAN


def wants_push(row: Listing, now: datetime) -> bool:
    """Return whether its number must be written, as soon as nothing stands in the way."""
    if row.offer is None or not row.differs:
        return False
    quiet = row.moved_at is None or now - row.moved_at >= QUIET
    offer = row.offer
    return is_due(offer.quantity, row.belief.believed, clipped=offer.clipped, quiet=quiet)


def is_paused(row: Listing, now: datetime) -> bool:
    """Return whether writes to it rest, because another program writes it too."""
    return row.paused_until is not None and row.paused_until > now


def trouble_of(row: Listing, side: Side, now: datetime) -> str | None:
    """Return what keeps a listing from showing its number, in words; None if nothing does."""
    if row.parked is not None:
        return row.parked
    if side.stopped is not None or side.halted is not None:
        return side.stopped or side.halted
    if is_paused(row, now) and row.paused_until is not None:
        return (
            f"another program writes this number too; paused until {row.paused_until:%H:%M:%S} "
            "UTC: let only one of them write it"
        )
    return None
