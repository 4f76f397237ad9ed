"""How far a sender's clock is off, and what its times mean on ours (DESIGN 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SAMPLES = 20
"""How many of the newest deliveries are looked at."""
_SURE = timedelta(seconds=5)
_ENOUGH = 3
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Skew:
    """`ahead` is how fast a clock surely is; `behind` how slow it may be at most."""

    ahead: timedelta = _NONE
    behind: timedelta = _NONE

    def correct(self, stated: datetime, received_at: datetime) -> datetime:
        """Return the sender's moment on our clock; it never lies after the receipt."""
        return min(stated - self.ahead, received_at)


def measure(lags: Sequence[timedelta]) -> Skew:
    """Return the skew from `received - stated` of the newest deliveries, oldest first.

    Nothing arrives before it is sent, so a negative lag is a clock that runs ahead. If
    even the quickest of several took long, the clock may run behind, or the sender
    spools: that stays a doubt and is not corrected.
    """
    newest = lags[-SAMPLES:]
    if not newest:
        return Skew()
    quickest = min(newest)
    if quickest < _NONE:
        return Skew(ahead=-quickest)
    if quickest > _SURE and len(newest) >= _ENOUGH:
        return Skew(behind=quickest)
    return Skew()
