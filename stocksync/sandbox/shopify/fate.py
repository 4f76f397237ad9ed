"""What becomes of one call on a bad day."""

from collections.abc import Mapping
from enum import StrEnum

from stocksync.sandbox.dice import Dice
from stocksync.sandbox.fates import Drawn
from stocksync.sandbox.shopify.knobs import Knobs


class Fate(StrEnum):
    """How one call ends."""

    ANSWERED = "answered"
    THROTTLED = "throttled"  # 200, and errors alone
    TOO_MANY = "too-many"  # 429
    BROKEN = "broken"  # a 5xx
    TIMED_OUT = "timed-out"  # done, and never answered
    LATE = "late"  # never answered, done later
    CUT_BEFORE = "cut-before"  # the line is cut, nothing was done
    CUT_AFTER = "cut-after"  # the line is cut, all was done
    UNAUTHORIZED = "unauthorized"  # 401, whatever the token
    FROZEN = "frozen"  # 402
    LOCKED = "locked"  # 423
    HTML = "html"  # 200, and a page in place of JSON
    EMPTY = "empty"  # 200, and nothing
    PARTIAL = "partial"  # data, with a hole in it, and errors
    INTERNAL = "internal"  # 200, and INTERNAL_SERVER_ERROR alone


class Fates(Drawn[Fate]):
    """Draws the fate of each call; those laid out beforehand come first."""

    def __init__(self, knobs: Knobs, dice: Dice) -> None:
        super().__init__(dice)
        self._knobs = knobs

    def draw(self, *, writes: bool) -> Fate:
        """Return the fate of one call; a fate that cannot befall it is an answer."""
        shares: Mapping[Fate, float] = {
            Fate.THROTTLED: self._knobs.throttled,
            Fate.TOO_MANY: self._knobs.too_many,
            Fate.BROKEN: self._knobs.broken,
            Fate.TIMED_OUT: self._knobs.timed_out,
            Fate.LATE: self._knobs.late,
            Fate.CUT_BEFORE: self._knobs.cut_before,
            Fate.CUT_AFTER: self._knobs.cut_after,
            Fate.HTML: self._knobs.html,
            Fate.EMPTY: self._knobs.empty,
            Fate.PARTIAL: self._knobs.partial,
        }
        return self.drawn(shares, lambda fate: writes or fate is not Fate.LATE) or Fate.ANSWERED
