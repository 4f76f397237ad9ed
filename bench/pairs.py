"""Two things measured by turns, so that what else the machine does harms both alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Rates that were measured by turns: the first of ours beside the first of theirs."""

    ours: Sequence[float]
    theirs: Sequence[float]

    @property
    def value(self) -> float:
        """Return our median."""
        return median(self.ours)

    @property
    def against(self) -> float:
        """Return their median."""
        return median(self.theirs)

    @property
    def ratios(self) -> list[float]:
        """Return ours over theirs, pair by pair."""
        return [our / their for our, their in zip(self.ours, self.theirs, strict=True)]

    @property
    def ratio(self) -> float:
        """Return the median of the ratios."""
        return median(self.ratios)

    @property
    def spread(self) -> str:
        """Return in words how far the ratios lie apart."""
        return f"{len(self.ratios)} pairs, {min(self.ratios):.2f} to {max(self.ratios):.2f}"


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below or at which this share of the values lies."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]
