"""What a listing should show: a quantity, and an honest word for the next unit."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Status(StrEnum):
    """What the buyer is told of the next unit."""

    IN_STOCK = "in_stock"
    SHIPS_IN = "ships_in"
    """It comes from a supplier's shelf, in so many days."""
    ON_ITS_WAY = "on_its_way"
    PREORDER = "preorder"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What one listing should show, in units. `until` is the first moment at which the same
    inputs would give another answer (None: only they can change it).

    `clipped` if the quantity says less than the shelf holds by another rule than the buffer,
    so that a number seen in the channel says nothing about the shelf (BELIEF, Edits 4).
    """

    quantity: int
    status: Status
    ships_in: tuple[int, int] | None = None
    expected_on: date | None = None
    until: datetime | None = None
    clipped: bool = False

    def __post_init__(self) -> None:
        """Refuse what no channel can show."""
        if self.quantity < 0:
            raise ValueError(f"an offer is 0 units or more, not {self.quantity}")


def is_due(wanted: int, believed: int, *, clipped: bool, quiet: bool) -> bool:
    """Return whether a number must be pushed (DESIGN 6).

    A clipped offer is raised only when what is shown has fallen to half of it, or the shop is
    quiet: else each sale would bring a push that puts the same number back.
    """
    shown = max(0, believed)
    if clipped and not quiet and shown < wanted:
        return 2 * shown <= wanted
    return shown != wanted
