"""Count plan: what booking a count would change, told before it is booked."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from stocksync.core.count_file import BadRow, CountRow
from stocksync.core.names import LocationName, Sku

BAD_PERCENT_MAX = 2
"""With more bad rows than this nothing of a file is booked."""
ZEROED_PERCENT_MAX = 25
_TIMES_MORE = 10
_FEW = 100
_MANY = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing counted at one place at one moment."""

    line: int
    sku: Sku
    location: LocationName
    at: datetime
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What of a count can be booked, what cannot, and what a person should know of it."""

    lines: tuple[Line, ...]
    bad: tuple[BadRow, ...]
    warnings: tuple[str, ...]

    @property
    def bookable(self) -> bool:
        """Return whether few enough rows are bad for the others to be trusted."""
        rows = len(self.lines) + len(self.bad)
        return bool(self.lines) and len(self.bad) * 100 <= rows * BAD_PERCENT_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a count is laid on: the words for own places, the goods, and the defaults."""

    places: Mapping[str, LocationName]
    location: LocationName
    at: datetime | None
    known: AbstractSet[str]
    bundles: Mapping[Sku, Sequence[tuple[Sku, int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One SKU at one place: what we knew stood there at that moment, and what was counted.

    `later` is the moment of a count that is later than this one, and so keeps the last word.
    """

    sku: Sku
    location: LocationName
    at: datetime
    known: int
    counted: int
    committed: int
    is_new: bool = False
    later: datetime | None = None

    @property
    def units(self) -> int:
        """Return by how much on_hand changes."""
        return 0 if self.later is not None else self.counted - self.known


def lay_out(rows: Iterable[CountRow], ground: Ground, refused: Iterable[BadRow] = ()) -> Plan:
    """Return the lines that rows stand for, and every row that stands for none.

    `refused` are rows that nobody could read; they stay refused.
    """
    lines: dict[tuple[Sku, LocationName], Line] = {}
    twice: set[tuple[Sku, LocationName]] = set()
    bad = list(refused)
    warnings: list[str] = []
    for row in rows:
        sku, trouble = _sku(row, ground)
        place = ground.location if row.location is None else ground.places.get(row.location)
        at = row.at or ground.at
        if place is None:
            names = ", ".join(dict.fromkeys(ground.places.values()))
            trouble = trouble or f"location {row.location} is unknown; there is {names}"
        if at is None:
            trouble = trouble or "says not when it was counted; give it a date and a time"
        if trouble is not None or place is None or at is None:
            bad.append(BadRow(line=row.line, reason=str(trouble)))
            continue
        if sku != row.sku:
            warnings.append(f"line {row.line}: SKU {row.sku} is taken as {sku}")
        first = lines.get((sku, place))
        if first is not None:
            twice.add((sku, place))
            reason = f"{sku} at {place} was counted on line {first.line} already; keep one"
            bad.append(BadRow(line=row.line, reason=reason))
            continue
        lines[sku, place] = Line(line=row.line, sku=sku, location=place, at=at, units=row.units)
    for key in twice:
        first = lines.pop(key)
        reason = f"{first.sku} at {first.location} is counted more than once; keep one"
        bad.append(BadRow(line=first.line, reason=reason))
    return Plan(
        lines=tuple(lines.values()),
        bad=tuple(sorted(bad, key=lambda row: row.line)),
        warnings=tuple(warnings),
    )


def alarms(
    differences: Sequence[Difference], standing: Mapping[LocationName, int], one: int
) -> list[str]:
    """Return, in loud words, why this count looks like a mistake; `one` is 1 in units.

    `standing` is how many SKUs stand at each location now.
    """
    told = []
    for location, count in sorted(standing.items()):
        zeroed = [d for d in differences if d.location == location and _is_zeroed(d)]
        if len(zeroed) * 100 > count * ZEROED_PERCENT_MAX:
            told.append(
                f"this count takes {len(zeroed)} of the {count} SKUs that stand at {location} "
                "to zero; is the list complete, and of this shop?"
            )
    told.extend(
        f"{d.sku}: {d.counted // one} counted where {d.known // one} were known; "
        "is that a quantity, and not a code?"
        for d in differences
        if _is_implausible(d, one)
    )
    return told


def _is_zeroed(difference: Difference) -> bool:
    return difference.counted == 0 and difference.known > 0 and difference.later is None


def _is_implausible(difference: Difference, one: int) -> bool:
    if difference.is_new:
        return difference.counted >= _MANY * one
    return difference.counted >= _TIMES_MORE * max(difference.known, _FEW * one)


def _sku(row: CountRow, ground: Ground) -> tuple[Sku, str | None]:
    """Return which SKU a row means, or why it means none."""
    sku = Sku(row.sku)
    if sku in ground.bundles:
        parts = ", ".join(part for part, _ in ground.bundles[sku])
        return sku, f"{sku} is a bundle; count what is in it: {parts}"
    if sku in ground.known:
        return sku, None
    digits = sku.removesuffix(".0")
    if digits != sku and digits.isdecimal():
        if digits in ground.known:
            return Sku(digits), None
        return sku, f"SKU {sku} looks damaged by a spreadsheet; write it as text, without the .0"
    if row.by_barcode:
        return sku, f"barcode {sku} is no SKU that is known; add a column `sku`"
    return sku, None
