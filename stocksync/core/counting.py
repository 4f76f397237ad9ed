"""Counts as states: which count fixes a shelf, and what a count said before."""

from dataclasses import dataclass, field
from datetime import datetime

from stocksync.core.facts import Counted, PaperKind
from stocksync.core.ledger import CountLine, Ledger
from stocksync.core.names import ChannelName, LineId, LocationName, PaperKey, Sku
from stocksync.core.stock import Cause

EVERYTHING = Sku("")
"""In place of a SKU: all that a count of a whole location did not list."""

CountsByShelf = dict[tuple[Sku, LocationName], dict[Cause, CountLine]]
"""Every count of a shelf, by the line that told it."""


def latest(counts: CountsByShelf, sku: Sku, place: LocationName) -> CountLine | None:
    """Return the count that fixes a shelf: the latest that names it, or all of its place."""
    told = counts.get((sku, place), {})
    named = {cause[:3] for cause in told}
    whole = [
        line
        for cause, line in counts.get((EVERYTHING, place), {}).items()
        if cause[:3] not in named
    ]
    return max((*told.values(), *whole), key=lambda line: line.rank, default=None)


def rest_on_whole_counts(ledger: Ledger, counts: CountsByShelf) -> None:
    """Let shelves that nobody ever counted begin with the last count of their whole place."""
    for (sku, place), shelf in ledger.shelves.items():
        whole = latest(counts, sku, place) if shelf.counted_at is None else None
        if whole is not None:
            ledger.count(sku, place, whole, whole.cause)


@dataclass(slots=True)
class Counting:
    """One count while it is being booked. `before` is which shelf each of its lines counted."""

    ledger: Ledger
    counts: CountsByShelf
    paper: tuple[ChannelName, PaperKind, PaperKey]
    counted: Counted
    received_at: datetime
    before: dict[Cause, tuple[Sku, LocationName]] = field(init=False)

    def __post_init__(self) -> None:
        """Look once for what this count said before."""
        self.before = {
            cause: shelf
            for shelf, told in self.counts.items()
            for cause in told
            if cause[:3] == self.paper
        }

    def count_everything(self, place: LocationName | None) -> None:
        """Remember a count of a whole place: what it does not list stood there 0 times."""
        cause = Cause(*self.paper, LineId(""))
        if cause in self.before:
            del self.counts[self.before[cause]][cause]
        if self.counted.whole and place is not None:
            self.counts.setdefault((EVERYTHING, place), {})[cause] = self._line(cause, 0)

    def count_shelf(self, name: LineId, sku: Sku, place: LocationName, units: int | None) -> bool:
        """Let a line count one shelf, or (None) none, and no other one that it counted before.

        Return whether another count of the same moment says something else.
        """
        cause = Cause(*self.paper, name)
        there = self.before.get(cause, (sku, place))
        if there != (sku, place):
            del self.counts[there][cause]
            self.ledger.count(*there, latest(self.counts, *there), cause)
        here = self.counts.setdefault((sku, place), {})
        here.pop(cause, None)
        line = self._line(cause, units or 0)
        twice = units is not None and any(
            one.rank[:2] == line.rank[:2] and one.units != units for one in here.values()
        )
        if units is not None:
            here[cause] = line
        self.ledger.count(sku, place, latest(self.counts, sku, place), cause)
        return twice

    def _line(self, cause: Cause, units: int) -> CountLine:
        return CountLine(
            cause=cause,
            counted_at=self.counted.occurred_at,
            units=units,
            revision=self.counted.revision,
            received_at=self.received_at,
        )
