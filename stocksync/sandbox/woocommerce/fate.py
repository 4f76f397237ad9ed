"""What becomes of one REST call on a bad day."""

from collections.abc import Mapping
from enum import StrEnum

from stocksync.sandbox.dice import Dice
from stocksync.sandbox.fates import Drawn
from stocksync.sandbox.woocommerce.asked import Asked
from stocksync.sandbox.woocommerce.knobs import Knobs


class Fate(StrEnum):
    """How one call ends."""

    ANSWERED = "answered"
    THROTTLED = "throttled"
    BROKEN = "broken"
    TIMED_OUT = "timed-out"  # done, and never answered
    LATE = "late"  # never answered, done later
    HALF_DONE = "half-done"  # a batch: done in part, never answered
    HTML = "html"  # a page in place of JSON


class Fates(Drawn[Fate]):
    """Draws the fate of each call; those laid out beforehand come first."""

    def __init__(self, knobs: Knobs, dice: Dice) -> None:
        super().__init__(dice)
        self._knobs = knobs

    def draw(self, asked: Asked) -> Fate:
        """Return the fate of one call; a fate that cannot befall it is an answer."""
        shares: Mapping[Fate, float] = {
            Fate.THROTTLED: self._knobs.throttled,
            Fate.BROKEN: self._knobs.broken,
            Fate.TIMED_OUT: self._knobs.timed_out,
            Fate.LATE: self._knobs.late,
            Fate.HALF_DONE: self._knobs.half_done,
            Fate.HTML: self._knobs.html,
        }
        return self.drawn(shares, lambda fate: _befalls(fate, asked)) or Fate.ANSWERED


def _befalls(fate: Fate, asked: Asked) -> bool:
    match fate:
        case Fate.TIMED_OUT | Fate.LATE:
            return asked.writes
        case Fate.HALF_DONE:
            return asked.is_batch
        case Fate.ANSWERED | Fate.THROTTLED | Fate.BROKEN | Fate.HTML:
            return True
