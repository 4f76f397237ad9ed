"""Where units are: our own shelves, and suppliers' that we may promise from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from stocksync.core.names import LocationName

FULL_TRUST = Decimal(1)
TICK = timedelta(microseconds=1)
"""The step in which the worth of what suppliers have is reckoned."""


class LocationKind(StrEnum):
    """Whose shelf it is: `own` stock is safe, a `supplier`'s is risky."""

    OWN = "own"
    SUPPLIER = "supplier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """One place that holds units. `trust` is the part of its stock that we dare to promise.

    `ships_in` is how many days a unit from there takes, least and most. A number that is
    older than `stale_after` counts for less and less, and for nothing at twice that age.
    """

    name: LocationName
    kind: LocationKind
    title: str
    trust: Decimal = FULL_TRUST
    ships_in: tuple[int, int] | None = None
    stale_after: timedelta | None = None

    def __post_init__(self) -> None:
        """Refuse a trust that is no part of a whole, and days or times that run backwards."""
        if not 0 <= self.trust <= 1:
            raise ValueError("trust lies between 0 and 1")
        if self.ships_in is not None and not 0 <= self.ships_in[0] <= self.ships_in[1]:
            raise ValueError("ships_in is the least and the most days")
        if self.stale_after is not None and self.stale_after <= timedelta(0):
            raise ValueError("stale_after is longer than 0")


class Lent(NamedTuple):
    """What a supplier's number is worth to us as time goes by, in ticks from a moment on.

    It is `over / under` units (free x trust); `age` is how old it was then, and 0 for `fades`
    says that it never grows old.
    """

    place: Location
    over: int
    under: int
    age: int
    fades: int

    @classmethod
    def of(cls, place: Location, free: int, as_of: datetime | None, now: datetime) -> "Lent":
        """Return what so many units, heard of at `as_of`, are worth from `now` on."""
        over, under = place.trust.as_integer_ratio()
        if as_of is None or place.stale_after is None:
            return cls(place, free * over, under, 0, 0)
        return cls(place, free * over, under, (now - as_of) // TICK, place.stale_after // TICK)

    def units(self, at: int) -> int:
        """Return free x trust x freshness after so many ticks, rounded down.

        What is owed (below 0) does not fade: waiting for news never raises an offer.
        """
        age = self.age + at
        if age <= self.fades or not self.fades or self.over < 0:
            return self.over // self.under
        if age >= 2 * self.fades:
            return 0
        return self.over * (2 * self.fades - age) // (self.under * self.fades)

    @property
    def ends(self) -> int:
        """Return after how many ticks it changes no more."""
        return max(0, 2 * self.fades - self.age) if self.fades else 0


def lent_units(lent: Sequence[Lent], at: int) -> int:
    """Return what suppliers are worth together after so many ticks, at least 0."""
    return max(0, sum(one.units(at) for one in lent))


def falls_below(lent: Sequence[Lent], units: int) -> int | None:
    """Return after how many ticks suppliers are worth less than so many units.

    None if they never are, or are already: what they are worth only falls.
    """
    enough, short = 0, max((one.ends for one in lent), default=0)
    if units <= 0 or lent_units(lent, enough) < units or lent_units(lent, short) >= units:
        return None
    while short - enough > 1:
        middle = (enough + short) // 2
        if lent_units(lent, middle) >= units:
            enough = middle
        else:
            short = middle
    return short
