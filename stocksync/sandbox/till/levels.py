"""The numbers that a till shows, and its side of comparing before it sets."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from stocksync.sandbox.till.knobs import Knobs


@dataclass(slots=True)
class Level:
    """What one SKU shows at one location, and the last write it took."""

    quantity: Decimal
    as_of: datetime
    last_sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One item of a push that was looked at: what came of it, and the number before and after."""

    at: datetime
    key: str
    sku: str
    location: str
    sequence: int
    result: str
    before: Decimal | None
    after: Decimal | None


class Levels:
    """Every (SKU, location) of one till."""

    def __init__(self, knobs: Knobs, locations: tuple[str, ...]) -> None:
        self._knobs = knobs
        self._locations = locations
        self._levels: dict[tuple[str, str], Level] = {}

    def put(
        self,
        sku: str,
        location: str,
        quantity: Decimal,
        now: datetime,
        last_sequence: int | None = None,
    ) -> None:
        """Show a number, as if a person typed it in."""
        level = self._levels.setdefault((sku, location), Level(quantity, now))
        level.quantity, level.as_of = quantity, now
        if last_sequence is not None:
            level.last_sequence = last_sequence

    def move(self, sku: str, location: str, by: Decimal, now: datetime) -> None:
        """Add to what is shown; a SKU that was never here begins at 0."""
        self.put(sku, location, self.quantity(sku, location) + by, now)

    def quantity(self, sku: str, location: str) -> Decimal:
        """Return what it shows; 0 if it was never here."""
        level = self._levels.get((sku, location))
        return level.quantity if level else Decimal(0)

    def last_sequence(self, sku: str, location: str) -> int:
        """Return the number of the last write it took; 0 if it took none."""
        level = self._levels.get((sku, location))
        return level.last_sequence if level else 0

    def take(
        self, key: str, item: Mapping[str, Any], mismatch: str, now: datetime, *, dry: bool
    ) -> tuple[dict[str, Any], Write]:
        """Compare one item of a push and, if that is right, set it; return result and record."""
        sku, location, sequence = item["sku"], item["location"], item["sequence"]
        level = self._levels.get((sku, location))
        before = level.quantity if level else None
        result, detail = self._judged(item, level, mismatch)
        if level is not None and result in ("applied", "mismatch_lowered") and not dry:
            level.quantity, level.as_of = _decimal(item["quantity"]), now
        if level is not None and result not in ("stale", "rejected") and not dry:
            level.last_sequence = max(level.last_sequence, sequence)

        told: dict[str, Any] = {"sku": sku, "location": location, "result": result}
        after = level.quantity if level else None
        if before is not None and after is not None:
            told |= {"previous": f"{before:f}", "current": f"{after:f}"}
        if detail:
            told["detail"] = detail
        write = Write(
            at=now,
            key=key,
            sku=sku,
            location=location,
            sequence=sequence,
            result=result,
            before=before,
            after=after,
        )
        return told, write

    def listed(self, location: str, after: datetime | None) -> Iterator[dict[str, Any]]:
        """Yield what a location shows, by SKU; with `after` only what changed since."""
        for (sku, place), level in sorted(self._levels.items()):
            if place == location and (after is None or level.as_of > after):
                yield {
                    "sku": sku,
                    "location": place,
                    "quantity": f"{level.quantity:f}",
                    "as_of": level.as_of.isoformat(),
                }

    def _judged(
        self, item: Mapping[str, Any], level: Level | None, mismatch: str
    ) -> tuple[str, str]:
        knobs = self._knobs
        if item["location"] not in self._locations:
            return "unknown_location", ""
        if level is None:
            return "unknown_sku", ""
        if item["sku"] in knobs.refused:
            return "rejected", knobs.refused[item["sku"]]
        if item["sequence"] <= level.last_sequence and not knobs.forgets_sequences:
            return "stale", ""

        wanted, expected = _decimal(item["quantity"]), item["expected_previous"]
        first = expected is None and level.last_sequence == 0
        agrees = first or (expected is not None and _decimal(expected) == level.quantity)
        if agrees or mismatch == "force" or not knobs.compares:
            return ("unchanged" if wanted == level.quantity else "applied"), ""
        if mismatch == "lower" and wanted < level.quantity:
            return "mismatch_lowered", ""
        return "mismatch_kept", ""


def _decimal(told: Any) -> Decimal:
    return Decimal(str(told))
