"""Where units are: our own shelves, and suppliers' that we may promise from."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from stocksync.core.names import LocationName

FULL_TRUST = Decimal(1)


class LocationKind(StrEnum):
    """Whose shelf it is: `own` stock is safe, a `supplier`'s is risky."""

    OWN = "own"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One place that holds units. `trust` is the part of its stock that we dare to promise.

    `ships_in` is how many days a unit from there takes, least and most.
    """

    name: LocationName
    kind: LocationKind
    title: str
    trust: Decimal = FULL_TRUST
    ships_in: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        """Refuse a trust that is no part of a whole, and days that run backwards."""
        if not 0 <= self.trust <= 1:
            raise ValueError("trust lies between 0 and 1")
        if self.ships_in is not None and not 0 <= self.ships_in[0] <= self.ships_in[1]:
            raise ValueError("ships_in is the least and the most days")
