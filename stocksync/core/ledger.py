"""The working set of one transaction: shelves as locked, and the movements made on them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from stocksync.core.names import LocationName, Sku
from stocksync.core.stock import BY_COUNT, Account, Cause, Movement, Place, Reason, Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLine:
    """One SKU of one count at one location: what stood there at `counted_at`."""

    cause: Cause
    counted_at: datetime
    units: int
    revision: int
    received_at: datetime

    @property
    def rank(self) -> tuple[datetime, int, datetime, str, str]:
        """Return what decides between counts: the latest moment, then revision, then arrival."""
        return (
            self.counted_at,
            self.revision,
            self.received_at,
            self.cause.channel,
            self.cause.key,
        )


@dataclass(slots=True)
class Ledger:
    """Book movements on shelves. Every rule of stock goes through `move`.

    `late` gives by how much the movements that are stored already changed a shelf's
    on_hand later than a moment, counts left out; only a count asks it.
    """

    shelves: dict[tuple[Sku, LocationName], Shelf]
    late: Callable[[Sku, LocationName, datetime], int] = lambda sku, location, after: 0
    movements: list[Movement] = field(default_factory=list)
    _dated: dict[tuple[Sku, LocationName], list[tuple[datetime, int]]] = field(default_factory=dict)

    def shelf(self, sku: Sku, location: LocationName) -> Shelf:
        """Return one shelf of the working set, which the caller has locked."""
        return self.shelves[sku, location]

    def move(
        self,
        sku: Sku,
        units: int,
        source: Place,
        target: Place,
        reason: Reason,
        cause: Cause,
        occurred_at: datetime,
    ) -> None:
        """Move units, and restate the count that had already counted their change.

        A count fixes on_hand: what changed on_hand at or before it was in the counted
        number, so its adjustment takes the opposite (DESIGN 4).
        """
        movement = Movement(
            sku=sku,
            units=units,
            source=source,
            target=target,
            reason=reason,
            cause=cause,
            occurred_at=occurred_at,
        )
        self._book(movement)
        if reason in BY_COUNT:
            return
        for location in {source.location, target.location}:
            change = movement.on_hand(location)
            shelf = self.shelf(sku, location)
            if change:
                self._dated.setdefault((sku, location), []).append((occurred_at, change))
            if change and shelf.counted_at is not None and occurred_at <= shelf.counted_at:
                self._adjust(sku, location, -change, Reason.INSIDE_COUNT, cause, shelf.counted_at)

    def count(
        self, sku: Sku, location: LocationName, winner: CountLine | None, last: Cause
    ) -> None:
        """Let the winning count fix on_hand; without one, take back what counts had moved."""
        shelf = self.shelf(sku, location)
        if winner is None:
            self._adjust(sku, location, -shelf.count_adjust, Reason.COUNTED, last, shelf.counted_at)
            shelf.counted_at, shelf.counted = None, 0
            return
        by_then = shelf.on_hand - shelf.count_adjust - self._after(sku, location, winner.counted_at)
        change = winner.units - by_then - shelf.count_adjust
        self._adjust(sku, location, change, Reason.COUNTED, winner.cause, winner.counted_at)
        shelf.counted_at, shelf.counted = winner.counted_at, winner.units

    def _after(self, sku: Sku, location: LocationName, moment: datetime) -> int:
        """Return the change of on_hand later than a moment: stored, and made just now."""
        fresh = sum(change for at, change in self._dated.get((sku, location), ()) if at > moment)
        return fresh + self.late(sku, location, moment)

    def _adjust(
        self,
        sku: Sku,
        location: LocationName,
        change: int,
        reason: Reason,
        cause: Cause,
        at: datetime | None,
    ) -> None:
        if change == 0 or at is None:
            return
        adjusted, free = Place(Account.ADJUSTED, location), Place(Account.FREE, location)
        source, target = (adjusted, free) if change > 0 else (free, adjusted)
        self._book(
            Movement(
                sku=sku,
                units=abs(change),
                source=source,
                target=target,
                reason=reason,
                cause=cause,
                occurred_at=at,
            )
        )
        self.shelf(sku, location).count_adjust += change

    def _book(self, movement: Movement) -> None:
        self.shelf(movement.sku, movement.source.location).add(
            movement.source.account, -movement.units
        )
        self.shelf(movement.sku, movement.target.location).add(
            movement.target.account, movement.units
        )
        self.movements.append(movement)
