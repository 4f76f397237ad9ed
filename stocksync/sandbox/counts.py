"""What both kinds of shops count at their edge, for tests and reports to read."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class StockWrite(Protocol):
    """One number that a client wrote; `lost` are the units sold that it wrote over."""

    @property
    def sku(self) -> str | None:
        """Return the SKU, where there is one."""

    @property
    def lost(self) -> int:
        """Return how many units it is wrong by."""


W = TypeVar("W", bound=StockWrite)


@dataclass(slots=True)
class Counts(Generic[W]):
    """The writes in order, and sums by SKU."""

    writes: list[W] = field(default_factory=list)
    sold: Counter[str] = field(default_factory=Counter)  # units bought, per SKU of the line
    refused: Counter[str] = field(default_factory=Counter)  # shoppers sent away, per SKU
    writes_by_sku: Counter[str] = field(default_factory=Counter)
    lost_by_sku: Counter[str] = field(default_factory=Counter)

    def wrote(self, write: W) -> None:
        """Note a stock write."""
        self.writes.append(write)
        self.writes_by_sku[write.sku or ""] += 1
        self.lost_by_sku[write.sku or ""] += write.lost
