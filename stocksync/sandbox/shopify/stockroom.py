"""The numbers of each item at each location, and the rule that holds between them.

`on_hand` is what `available`, `committed` and the states that set units aside add up to;
`incoming` is not here yet and stands outside.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from stocksync.sandbox.shopify.happenings import Act
from stocksync.sandbox.shopify.products import Item, Location


class State(StrEnum):
    """What units of a level are counted as."""

    AVAILABLE = "available"
    COMMITTED = "committed"
    DAMAGED = "damaged"
    QUALITY_CONTROL = "quality_control"
    RESERVED = "reserved"
    SAFETY_STOCK = "safety_stock"
    INCOMING = "incoming"


ON_HAND = "on_hand"
INSIDE = tuple(state for state in State if state is not State.INCOMING)


@dataclass(slots=True, kw_only=True)
class Level:
    """One item at one location. While it is not active its numbers are kept and not sold."""

    id: int
    item: Item
    location: Location
    created_at: datetime
    updated_at: datetime
    active: bool = True
    states: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    unread: int = 0  # units sold since a client last saw this number

    @property
    def available(self) -> int:
        """Return what may be sold."""
        return self.states[State.AVAILABLE]

    @property
    def committed(self) -> int:
        """Return what orders wait for."""
        return self.states[State.COMMITTED]

    @property
    def on_hand(self) -> int:
        """Return what stands on the shelf."""
        return sum(self.states[state] for state in INSIDE)

    def quantity(self, name: str) -> int:
        """Return the number of this name, or raise `ValueError`."""
        return self.on_hand if name == ON_HAND else self.states[State(name)]


@dataclass(slots=True)
class Books:
    """What came to one item and what left it, whatever its levels say."""

    opening: int = 0
    edits: int = 0
    gone: int = 0


class Stockroom:
    """All levels; every change of a number goes through here."""

    def __init__(self) -> None:
        self.books: dict[int, Books] = defaultdict(Books)
        self._levels: dict[tuple[int, int], Level] = {}
        self._of: dict[int, list[Level]] = defaultdict(list)

    def __iter__(self) -> Iterator[Level]:
        """Go through all levels, active or not."""
        return iter(self._levels.values())

    def add(self, level: Level) -> None:
        """Put a level in, with what is on it."""
        self._levels[level.item.id, level.location.id] = level
        self._of[level.item.id].append(level)
        self.books[level.item.id].opening += level.on_hand

    def find(self, item: Item, location: Location) -> Level | None:
        """Return a level, active or not; None where the item was never stocked."""
        return self._levels.get((item.id, location.id))

    def of(self, item: Item) -> list[Level]:
        """Return the levels of one item, active or not."""
        return list(self._of[item.id])

    def forget(self, item: Item) -> None:
        """Take all levels of an item away."""
        for level in self._of.pop(item.id, []):
            del self._levels[item.id, level.location.id]

    # Each verb is a row of the table of what the shop does to its own numbers.

    def take(self, level: Level, units: int, act: Act) -> None:
        """Let an order take units, whatever is there."""
        self._move(level, act, {State.AVAILABLE: -units, State.COMMITTED: units})
        level.unread += units

    def give(self, level: Level, units: int, act: Act) -> None:
        """Put units back that had not left."""
        self._move(level, act, {State.AVAILABLE: units, State.COMMITTED: -units})

    def ship(self, level: Level, units: int, act: Act) -> None:
        """Let units leave that an order waited for, to the buyer or to nowhere."""
        self._move(level, act, {State.COMMITTED: -units})
        self.books[level.item.id].gone += units

    def unship(self, level: Level, units: int, act: Act) -> None:
        """Take a parcel back before it left: the order waits again."""
        self._move(level, act, {State.COMMITTED: units})
        self.books[level.item.id].gone -= units

    def receive(self, level: Level, units: int, act: Act) -> None:
        """Put units on a shelf that had left."""
        self._move(level, act, {State.AVAILABLE: units})
        self.books[level.item.id].gone -= units

    def set_aside(self, level: Level, state: State, units: int, act: Act) -> None:
        """Move units from `available` to a state that is not sold; back, where negative."""
        self._move(level, act, {State.AVAILABLE: -units, state: units})

    def hand_over(self, level: Level, state: State, units: int, act: Act) -> None:
        """Let an order take units that were set aside for it."""
        self._move(level, act, {state: -units, State.COMMITTED: units})

    def adjust(self, level: Level, state: State, delta: int, act: Act) -> None:
        """Add to one number; `on_hand` follows."""
        self._move(level, act, {state: delta})
        if state is not State.INCOMING:
            self.books[level.item.id].edits += delta

    def set(self, level: Level, name: str, to: int, act: Act) -> int:
        """Set `available` or `on_hand` and return by how much both changed."""
        delta = to - level.quantity(name)
        self.adjust(level, State.AVAILABLE, delta, act)
        return delta

    def _move(self, level: Level, act: Act, units: dict[State, int]) -> None:
        before = level.available
        for state, more in units.items():
            level.states[state] += more
        if any(units.values()):
            level.updated_at = act.at
        if level.available != before:
            act.add("inventory_levels/update", level)
