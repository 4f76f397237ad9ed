"""What one measurement says: rows with marks that are met or not, facts beside them, a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Size(StrEnum):
    """How long a run may take: minutes, or a coffee."""

    QUICK = "quick"
    FULL = "full"


class Wrong(Exception):
    """What was measured did not end in the right state, so its number means nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a row should reach: a bound on its ratio, or on its value if `of_value`."""

    text: str
    bound: float
    at_most: bool = False
    of_value: bool = False

    def met(self, value: float, ratio: float | None) -> bool:
        """Return whether a measurement reaches it."""
        told = value if self.of_value or ratio is None else ratio
        return told <= self.bound if self.at_most else told >= self.bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table. `spread` tells in words how far its pairs lay apart."""

    name: str
    value: float
    unit: str
    mark: Mark
    against: str | None = None
    ratio: float | None = None
    spread: str = ""

    @property
    def met(self) -> bool:
        """Return whether its mark is met."""
        return self.mark.met(self.value, self.ratio)

    def plain(self) -> dict[str, Any]:
        """Return the row as the results file keeps it."""
        return {
            "row": self.name,
            "value": round(self.value, 3),
            "unit": self.unit,
            "against": self.against,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "mark": self.mark.text,
            "met": self.met,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """A picture of some numbers side by side."""

    title: str
    unit: str
    bars: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """A picture of how many of some delays, in milliseconds, were over by when."""

    title: str
    delays_ms: Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one measurement found: its rows, facts that belong to them, and a picture."""

    rows: Sequence[Row]
    facts: Sequence[str] = ()
    picture: Bars | Curves | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one measurement ended: with what it found, or with the reason why not."""

    name: str
    measured: Measured | None = None
    failed: str | None = None
    took_s: float = field(default=0.0)
