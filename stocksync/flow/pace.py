"""Pace: how long things wait for each other, from what a channel was measured to do."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from stocksync.core import belief
from stocksync.core.listing import Listing

_SOON = timedelta(seconds=1)
_CHECKS_AT_ONCE = 6
_CHECK_MOST = timedelta(seconds=30)
_USUAL = timedelta(seconds=5)
_USUAL_LEAST, _USUAL_MOST = timedelta(seconds=2), timedelta(seconds=30)
_SETTLE_LEAST, _SETTLE_MOST = timedelta(seconds=60), timedelta(minutes=15)
_BACKOFF_MOST = timedelta(minutes=5)
HISTORY_S = 3600.0
"""A delivery later than this is history that is told again, and says nothing of the delay."""
SKIPPED = timedelta(seconds=5)
"""So long a listing rests whose number could not be written, unless it is settled before."""


def percentile(seconds: Sequence[float], share: float) -> float | None:
    """Return the value below which this share of the measured seconds lies."""
    if not seconds:
        return None
    ranked = sorted(seconds)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def usual_delay(delays_s: Sequence[float]) -> timedelta:
    """Return how long an order is usually given to explain a number."""
    half = percentile(delays_s, 0.5)
    usual = _USUAL if half is None else timedelta(seconds=half)
    return min(max(usual, _USUAL_LEAST), _USUAL_MOST)


def settle_delay(delays_s: Sequence[float], lag: timedelta) -> timedelta:
    """Return how long a number that nobody explains waits for its second look.

    The channel's p99 delay and the lag of its order list, at least a minute.
    """
    late = percentile(delays_s, 0.99)
    told = timedelta(seconds=late or 0) + lag
    return min(max(told, _SETTLE_LEAST), _SETTLE_MOST)


def check_pause(checks: int) -> timedelta:
    """Return how long to wait for the next read of a listing that would not settle.

    The first ones follow at once: the shorter the doubt, the fewer edits fall into it.
    """
    more = min(checks - _CHECKS_AT_ONCE, 10)
    return min(_SOON * (1 << more), _CHECK_MOST) if more > 0 else timedelta(0)


def write_pause(checks: int) -> timedelta:
    """Return how far apart two writes to one listing are: sales in between are one write.

    Longer while it would not settle: a write in doubt makes the doubt last.
    """
    return min(_SOON * (1 << min(checks, 10)), _CHECK_MOST)


def backoff(failures: int) -> timedelta:
    """Return how long a channel or a row rests after so many failures in a row."""
    return min(_SOON * (1 << min(max(failures - 1, 0), 10)), _BACKOFF_MOST)


def reschedule(row: Listing, now: datetime) -> None:
    """Set when a listing must be read next, by what is open about it.

    What is due for a read stays due: only a level that was heard has one wait for its orders,
    and only that one is called off once they have come.
    """
    due = row.check_at is not None and row.check_at <= now
    if row.hint is not None and row.hint == row.belief.believed:
        row.hint = None
        row.check_at = row.check_at if due else None
    odd = row.belief.suspicion
    if odd is not None and not due:
        row.check_at = odd.again_at
    elif belief.needs_check(row.belief) and row.check_at is None:
        row.check_at = now + check_pause(row.checks)
