"""What one part of a file says of another: channels of locations, bundles of bundles.

Looks at what is written and not at what was understood, so that one mistake hides no other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from stocksync.config.mistakes import Notebook, Trail, did_you_mean, listed, shown
from stocksync.config.tree import Items, Node, Scalar, Table, found, items_at, line_of, table_at
from stocksync.core.names import LocationName
from stocksync.core.places import LocationKind

_IN_UNITS = ("buffer", "max", "min", "zero_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where a channel's units come from, in order, and where its returns go."""

    location: LocationName
    sells_from: tuple[LocationName, ...]


class Across:
    """Checks one file across its parts; mistakes go to the notebook."""

    def __init__(self, root: Table, notebook: Notebook) -> None:
        self._root = root
        self._notebook = notebook
        locations = table_at(root, "locations")
        self._all = tuple(locations.entries)
        kinds = {name: _text(found(below, ("kind",))) for name, below in locations.entries.items()}
        self._own = tuple(name for name in self._all if kinds[name] == LocationKind.OWN)
        self._kinds_are_known = set(kinds.values()) <= set(LocationKind)

    def an_own_location(self) -> None:
        """Note that nothing can be counted anywhere, if no location is our own."""
        is_table = isinstance(found(self._root, ("locations",)), Table)
        if is_table and not self._own and self._kinds_are_known:
            self._say(("locations",), "no own location; add one, such as `shelf: {kind: own}`")

    def bundles(self) -> None:
        """Note bundles that hold themselves or other bundles."""
        bundles = table_at(self._root, "bundles")
        for sku, parts in bundles.entries.items():
            for part in parts.entries if isinstance(parts, Table) else ():
                if part == sku:
                    words = "a bundle cannot hold itself; name what is in the box"
                elif part in bundles.entries:
                    words = f"{shown(part)} is a bundle too; write its parts here instead"
                else:
                    continue
                self._say(("bundles", sku, part), words)

    def rules(self) -> None:
        """Note rules of channels that are not there, and those that a channel says itself."""
        channels = table_at(self._root, "channels")
        for at, rule in enumerate(items_at(self._root, "rules")):
            name = _text(found(rule, ("channel",)))
            if name is None:
                continue
            if name not in channels.entries:
                near = did_you_mean(name, channels.entries)
                known = f"; there is {listed(channels.entries)}" if channels.entries else ""
                words = f"no such channel: {shown(name)}{near or known}"
                self._say(("rules", at, "channel"), words)
            elif found(rule, ("sku",)) is None:
                self._said_by_channel(at, rule, name)

    def _said_by_channel(self, at: int, rule: Node, name: str) -> None:
        for key in ("buffer", "manual_edits"):
            place = ("channels", name, key)
            if found(rule, (key,)) is not None and found(self._root, place) is not None:
                line = line_of(self._root, place)
                words = f"is said already in line {line}, by the channel itself; keep one"
                self._say(("rules", at, key), words)

    def amounts(self) -> None:
        """Note units that are finer than this merchant counts."""
        told = found(self._root, ("decimals",))
        decimals = told.value if isinstance(told, Scalar) else 0
        if isinstance(decimals, bool) or not isinstance(decimals, int):
            return
        count = len(items_at(self._root, "rules"))
        trails: list[Trail] = [
            *(("channels", name, "buffer") for name in table_at(self._root, "channels").entries),
            *(("rules", at, key) for at in range(count) for key in _IN_UNITS),
            ("limits", "units_a_day"),
        ]
        for trail in trails:
            amount = found(self._root, trail)
            if isinstance(amount, Scalar) and isinstance(amount.value, Decimal):
                digits = -int(amount.value.normalize().as_tuple().exponent)
                if digits > decimals:
                    words = (
                        f"is finer than this merchant counts (decimals: {decimals}); "
                        f"round it, or write `decimals: {digits}`"
                    )
                    self._say(trail, words)

    def route(self, channel: str) -> Route | None:
        """Return where a channel's units come from, or None after noting why not."""
        trail = ("channels", channel)
        location = self._names((*trail, "location"))
        sells_from = self._names((*trail, "sells_from"))
        mapped = self._names((*trail, "locations"))
        if location is None or sells_from is None or mapped is None:
            return None
        if not self._own or not self._kinds_are_known:  # said already, of the locations
            return None

        sells_from = sells_from or location or (self._own if len(self._own) == 1 else ())
        home = location or tuple(name for name in sells_from if name in self._own)[:1]
        if not sells_from:
            words = (
                f"is missing: there are {len(self._own)} own locations; "
                f"add `location: ...` with {listed(self._own)}, or `sells_from: [...]`"
            )
            self._say((*trail, "location"), words)
        elif not home:
            words = (
                "is missing: sells_from names no own location; "
                f"add `location: ...` with {listed(self._own)}, for its returns"
            )
            self._say((*trail, "location"), words)
        elif home[0] not in self._own:
            words = f"must be an own location ({listed(self._own)}): {home[0]} is a supplier's"
            self._say((*trail, "location"), words)
        else:
            shelves = tuple(LocationName(name) for name in sells_from)
            return Route(location=LocationName(home[0]), sells_from=shelves)
        return None

    def _names(self, trail: Trail) -> tuple[str, ...] | None:
        """Return the locations that a setting names, or None after noting an unknown one."""
        written = found(self._root, trail)
        places = list(_texts(written, trail))
        if not self._all:  # they are missing as a whole, which is said elsewhere
            return None
        wrong = isinstance(written, Items) and not written.items
        if wrong:
            self._say(trail, "is empty; name a location, or delete it")
        seen: set[str] = set()
        for place, name in places:
            if name is None:  # no text: the channel's settings refuse it
                wrong = True
            elif name not in self._all:
                near = did_you_mean(name, self._all) or f"; there is {', '.join(self._all)}"
                self._say(place, f"no such location: {shown(name)}{near}")
                wrong = True
            elif trail[-1] == "sells_from" and name in seen:
                self._say(place, f"{shown(name)} is named twice; keep one")
                wrong = True
            seen.add(name or "")
        return None if wrong else tuple(name for _, name in places if name is not None)

    def _say(self, trail: Trail, words: str) -> None:
        self._notebook.add(line_of(self._root, trail), trail, words)


def _texts(node: Node | None, trail: Trail) -> Iterator[tuple[Trail, str | None]]:
    """Yield each text of a value, a list or a table, and None for what is no text."""
    match node:
        case None | Scalar(value=None):
            return
        case Scalar():
            yield trail, _text(node)
        case Items():
            for at, item in enumerate(node.items):
                yield (*trail, at), _text(item)
        case Table():
            for key, below in node.entries.items():
                yield (*trail, key), _text(below)


def _text(node: Node | None) -> str | None:
    if isinstance(node, Scalar) and not isinstance(node.value, bool | None):
        return node.text
    return None
