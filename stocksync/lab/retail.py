"""Real sales from a file of invoice lines: what was sold, taken back and corrected, and when.

The file is CSV, gzipped or plain: invoice, at, sku, quantity, and columns that nobody needs here.
"""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

from stocksync.core.names import Sku

COLUMNS = ("invoice", "at", "sku", "quantity")
_GOODS = re.compile(r"[0-9]{5}|DCGS")
_WHAT_GOODS_ARE = "a SKU of goods begins with five digits or with DCGS"
_CANCELS = "C"
_ON_THE_SHELF = 95
_GZIP = b"\x1f\x8b"
_NAMED = 10


class UnreadableSales(Exception):
    """A file of sales cannot be used. The message names the place in it and the way out."""


class Kind(StrEnum):
    """What an invoice does."""

    SALE = "sale"
    CANCELLATION = "cancellation"
    ADJUSTMENT = "adjustment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice: so many units, which its invoice sells, takes back or writes off."""

    sku: Sku
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """The lines of one invoice that do the same, in their order."""

    number: str
    at: datetime
    kind: Kind
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """All invoices by time. Their moments are those of the file, read as UTC."""

    invoices: tuple[Invoice, ...]

    @property
    def lines(self) -> int:
        """Return how many lines there are in all."""
        return sum(len(invoice.lines) for invoice in self.invoices)

    @property
    def days(self) -> list[date]:
        """Return every day on which something happens."""
        return sorted({invoice.at.date() for invoice in self.invoices})

    def on(self, day: date) -> "Sales":
        """Return what happens on one day, or raise `UnreadableSales` if nothing does."""
        of_day = tuple(one for one in self.invoices if one.at.date() == day)
        if not of_day:
            known = ", ".join(str(one) for one in self.days[:_NAMED])
            more = len(self.days) - _NAMED
            rest = f" and {more} more" if more > 0 else ""
            raise UnreadableSales(f"nothing happens on {day}; there are {known}{rest}")
        sales = Sales(invoices=of_day)
        if not sales.opening():
            raise UnreadableSales(f"no line of {day} is of goods; {_WHAT_GOODS_ARE}")
        return sales

    def opening(self) -> dict[Sku, int]:
        """Return the stock of all goods before the first sale: 95 % of what is sold, rounded down.

        So the last units are contested. Whatever is sold at all has one unit at least.
        """
        sold: Counter[Sku] = Counter()
        for invoice, line in self._each():
            if is_goods(line.sku):
                sold[line.sku] += line.units if invoice.kind is Kind.SALE else 0
        return {sku: most and max(1, most * _ON_THE_SHELF // 100) for sku, most in sold.items()}

    def unmapped(self) -> list[Sku]:
        """Return the SKUs that are not goods: postage, fees, discounts, by name."""
        return sorted({line.sku for _, line in self._each() if not is_goods(line.sku)})

    def _each(self) -> Iterator[tuple[Invoice, Line]]:
        return ((invoice, line) for invoice in self.invoices for line in invoice.lines)


def units_of(lines: Iterable[Line]) -> Counter[Sku]:
    """Return the units of each SKU."""
    units: Counter[Sku] = Counter()
    for line in lines:
        units[line.sku] += line.units
    return units


def is_goods(sku: str) -> bool:
    """Return whether a SKU is goods: it begins with five digits or with DCGS."""
    return _GOODS.match(sku) is not None


def looks_like_sales(path: Path) -> bool:
    """Return whether a file is one of sales, by its name."""
    return path.name.endswith((".csv", ".csv.gz"))


def read(path: Path) -> Sales:
    """Read a file, or raise `UnreadableSales`."""
    rows = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    missing = [name for name in COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise UnreadableSales(
            f"{path}: no column {', '.join(missing)}; its first line must name "
            f"{', '.join(COLUMNS)}, in any order, and may name others"
        )
    gathered: dict[tuple[str, Kind], tuple[datetime, list[Line]]] = {}
    try:
        for row in rows:
            number, at, kind, line = _line(path, rows.line_num, row)
            gathered.setdefault((number, kind), (at, []))[1].append(line)
    except csv.Error as e:
        raise UnreadableSales(f"{path}, line {rows.line_num}: this is not CSV: {e}") from e
    sales = Sales(invoices=_by_time(gathered))
    if not sales.opening():
        raise UnreadableSales(f"{path}: no line is of goods; {_WHAT_GOODS_ARE}")
    return sales


def _by_time(
    gathered: Mapping[tuple[str, Kind], tuple[datetime, Iterable[Line]]],
) -> tuple[Invoice, ...]:
    invoices = [
        Invoice(number=number, at=at, kind=kind, lines=tuple(lines))
        for (number, kind), (at, lines) in gathered.items()
    ]
    return tuple(sorted(invoices, key=lambda one: one.at))


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        # By its first bytes: what was unpacked on the way often keeps its name.
        plain = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
        return plain.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as e:
        raise UnreadableSales(f"{path} cannot be unpacked ({e}); copy it again") from e
    except UnicodeDecodeError as e:
        raise UnreadableSales(
            f"{path} is neither UTF-8 nor gzip; save it as CSV in UTF-8, or copy it again"
        ) from e


def _line(
    path: Path, place: int, row: Mapping[str, str | None]
) -> tuple[str, datetime, Kind, Line]:
    told = {name: (row[name] or "").strip() for name in COLUMNS}
    for name in ("invoice", "sku"):
        if not told[name]:
            raise UnreadableSales(f"{path}, line {place}: its {name} is empty; fill it in")
    try:
        at = datetime.fromisoformat(told["at"])
    except ValueError:
        raise UnreadableSales(
            f"{path}, line {place}: at is {told['at']!r}; write it as 2010-12-06T09:30"
        ) from None
    try:
        units = int(told["quantity"])
    except ValueError:
        units = 0
    if units == 0:
        raise UnreadableSales(
            f"{path}, line {place}: quantity is {told['quantity']!r}; write a whole number above "
            "0, or below 0 for what comes back"
        )
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    line = Line(sku=Sku(told["sku"]), units=abs(units))
    return told["invoice"], at, _kind(told["invoice"], units), line


def _kind(invoice: str, units: int) -> Kind:
    if units > 0:
        return Kind.SALE
    return Kind.CANCELLATION if invoice.startswith(_CANCELS) else Kind.ADJUSTMENT
