"""Story: how one SKU came to its figures, from movement to movement (DESIGN 1.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from stocksync.core.facts import PaperKind
from stocksync.core.ledger import CountLine
from stocksync.core.names import ChannelName, LocationName, PaperKey
from stocksync.core.stock import Account, Movement, Place, Shelf


class PaperName(NamedTuple):
    """Which paper, without its lines."""

    channel: ChannelName
    kind: PaperKind
    key: PaperKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One movement, and the shelf right after it."""

    movement: Movement
    shelf: Shelf


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfStory:
    """All that happened to one SKU at one location, in the order it happened.

    `count` is the one it rests on. `committed` and `held` name the papers whose units
    those are, oldest first.
    """

    location: LocationName
    steps: tuple[Step, ...]
    count: CountLine | None
    committed: Mapping[PaperName, int]
    held: Mapping[PaperName, int]

    @property
    def shelf(self) -> Shelf:
        """Return the shelf as it ends."""
        return self.steps[-1].shelf

    @property
    def counted_out(self) -> int:
        """Return how many of the first steps lie behind the count."""
        if self.count is None:
            return 0
        moment = self.count.counted_at
        return sum(step.movement.occurred_at <= moment for step in self.steps)


def tell(
    movements: Sequence[Movement], counts: Mapping[LocationName, Iterable[CountLine]]
) -> list[ShelfStory]:
    """Return the story of each location that movements of one SKU touch, by name."""
    places = {place.location for m in movements for place in (m.source, m.target)}
    return [_of(name, movements, counts.get(name, ())) for name in sorted(places)]


def _of(
    location: LocationName, movements: Sequence[Movement], counts: Iterable[CountLine]
) -> ShelfStory:
    shelf = Shelf()
    steps: list[Step] = []
    promised: dict[Account, dict[PaperName, int]] = {Account.COMMITTED: {}, Account.HELD: {}}
    for movement in movements:
        changes = _changes(movement, location)
        if not changes:
            continue
        figures = _Figures(shelf)
        for account, units in changes:
            figures.add(account, units)
            if account in promised:
                paper = PaperName(*movement.cause[:3])
                named = promised[account]
                named[paper] = named.get(paper, 0) + units
        shelf = figures.shelf
        steps.append(Step(movement=movement, shelf=shelf))
    return ShelfStory(
        location=location,
        steps=tuple(steps),
        count=max(counts, key=lambda line: line.rank, default=None),
        committed={paper: units for paper, units in promised[Account.COMMITTED].items() if units},
        held={paper: units for paper, units in promised[Account.HELD].items() if units},
    )


def _changes(movement: Movement, location: LocationName) -> list[tuple[Account, int]]:
    ends: tuple[tuple[Place, int], ...] = (
        (movement.source, -movement.units),
        (movement.target, movement.units),
    )
    return [(place.account, units) for place, units in ends if place.location == location]


class _Figures:
    """A shelf in the order of moments: a release may be dated before what it releases."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = replace(shelf)

    def add(self, account: Account, units: int) -> None:
        name = account.value
        if hasattr(self.shelf, name):
            setattr(self.shelf, name, getattr(self.shelf, name) + units)
