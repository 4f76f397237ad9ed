"""Story: how one SKU came to its figures, from movement to movement (DESIGN 1.5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from stocksync.core.facts import PaperKind
from stocksync.core.ledger import CountLine
from stocksync.core.names import ChannelName, LocationName, PaperKey
from stocksync.core.stock import ON_HAND, Account, Movement, Place, Shelf

_ON_A_SHELF = ON_HAND | {Account.INCOMING}


class PaperName(NamedTuple):
    """Which paper, without its lines."""

    channel: ChannelName
    kind: PaperKind
    key: PaperKey


class Promise(NamedTuple):
    """Units that one paper still has in an account, and since when."""

    units: int
    since: datetime


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
    committed: Mapping[PaperName, Promise]
    held: Mapping[PaperName, Promise]

    @property
    def shelf(self) -> Shelf:
        """Return the shelf as it ends."""
        return self.after(len(self.steps))

    @property
    def counted_out(self) -> int:
        """Return how many of the first steps lie behind the count."""
        if self.count is None:
            return 0
        moment = self.count.counted_at
        return sum(step.movement.occurred_at <= moment for step in self.steps)

    def after(self, steps: int) -> Shelf:
        """Return the shelf after its first so many steps."""
        return self.steps[steps - 1].shelf if steps else Shelf()


def tell(
    movements: Sequence[Movement], counts: Mapping[LocationName, Iterable[CountLine]]
) -> list[ShelfStory]:
    """Return the story of each location where one SKU was moved or counted, by name."""
    places = {place.location for m in movements for place in (m.source, m.target)} | counts.keys()
    stories = [_of(name, movements, counts.get(name, ())) for name in sorted(places)]
    return [story for story in stories if story.steps or story.count]


def _of(
    location: LocationName, movements: Sequence[Movement], counts: Iterable[CountLine]
) -> ShelfStory:
    shelf = Shelf()
    steps: list[Step] = []
    promised: dict[Account, dict[PaperName, Promise]] = {Account.COMMITTED: {}, Account.HELD: {}}
    for movement in movements:
        moved = changes(movement, location)
        if not moved:
            continue
        for account, units in moved:
            # Not `add`: in the order of moments a release may stand before what it releases.
            shelf = replace(shelf, **{account: getattr(shelf, account) + units})
            if account in promised:
                paper = PaperName(*movement.cause[:3])
                before = promised[account].get(paper, Promise(0, movement.occurred_at))
                promised[account][paper] = before._replace(units=before.units + units)
        steps.append(Step(movement=movement, shelf=shelf))
    return ShelfStory(
        location=location,
        steps=tuple(steps),
        count=max(counts, key=lambda line: line.rank, default=None),
        committed=_kept(promised[Account.COMMITTED]),
        held=_kept(promised[Account.HELD]),
    )


def _kept(promised: Mapping[PaperName, Promise]) -> dict[PaperName, Promise]:
    return {paper: promise for paper, promise in promised.items() if promise.units}


def changes(movement: Movement, location: LocationName) -> list[tuple[Account, int]]:
    """Return what a movement adds to the accounts of one shelf."""
    ends: tuple[tuple[Place, int], ...] = (
        (movement.source, -movement.units),
        (movement.target, movement.units),
    )
    return [
        (place.account, units)
        for place, units in ends
        if place.location == location and place.account in _ON_A_SHELF
    ]
