"""Two things measured by turns, so that what else the machine does harms both alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.rows import Mark, Row


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

    def row(self, name: str, unit: str, against: str, mark: Mark) -> Row:
        """Return the line of the table that tells of them."""
        return Row(
            name=name,
            value=self.value,
            unit=unit,
            against=against,
            ratio=self.ratio,
            mark=mark,
            spread=self.spread,
        )

    @property
    def spread(self) -> str:
        """Return in words how far the ratios lie apart."""
        return f"{len(self.ratios)} pairs, {min(self.ratios):.2f} to {max(self.ratios):.2f}"
