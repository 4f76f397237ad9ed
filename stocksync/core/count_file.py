"""Count file: what a person counted, as a spreadsheet or another program wrote it down.

The till contract, 4.1 and 4.2, for counts. Every bad row is named at once, by its line.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from stocksync.core import sheet, units
from stocksync.core.sheet import Row, SheetRefused
from stocksync.core.texts import clean

SKU_MAX = 128

HEADERS: Mapping[str, tuple[str, ...]] = {
    "sku": (
        *("sku", "item code", "itemcode", "product code", "article"),
        *("מקט", "קוד פריט", "קוד מוצר", "מספר פריט", "מפתח פריט"),
    ),
    "barcode": ("barcode", "ean", "upc", "gtin", "ברקוד"),
    "quantity": (
        *("quantity", "qty", "count", "counted", "on hand", "stock"),
        *("כמות", "כמות שנספרה", "ספירה", "כמות במלאי", "מלאי", "יתרה", "יתרת מלאי"),
    ),
    "location": ("location", "warehouse", "store", "branch", "מחסן", "סניף", "מיקום"),
    "date": (
        *("date", "occurred at", "counted at"),
        *("תאריך", "תאריך מסמך", "תאריך ספירה"),
    ),
    "time": ("time", "שעה"),
}
"""Which headers mean which column, as `plain` writes them."""

_TOTALS = frozenset({"סהכ", "total", "סיכום"})
_FIELDS = {header: field for field, headers in HEADERS.items() for header in headers}
_QUOTES = str.maketrans("_", " ", "\"'״׳.")
_HEBREW = re.compile("[א-ת]")
_DAMAGED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_FORMULA = re.compile(r'="(.*)"')
_CLOCK = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_TIME = re.compile(_CLOCK)
_ISO = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})(?:[T ]({_CLOCK}))?")
_DAY_FIRST = re.compile(rf"([0-9]{{1,2}})[/.-]([0-9]{{1,2}})[/.-]([0-9]{{4}})(?: ({_CLOCK}))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class CountRow:
    """One row that says how much of one thing was counted, where and when if it says so.

    `by_barcode` means that `sku` is a barcode, because the row has nothing better.
    """

    line: int
    sku: str
    units: int
    location: str | None = None
    at: datetime | None = None
    by_barcode: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """One row that is refused, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountFile:
    """Everything a count file says. A row without a quantity was not counted."""

    digest: str
    rows: tuple[CountRow, ...]
    bad: tuple[BadRow, ...]
    uncounted: int
    totals: int


def read(
    raw: bytes, *, decimals: int, zone: ZoneInfo, now: datetime, at: datetime | None = None
) -> CountFile:
    """Return what a count file says, or raise `SheetRefused` if it is none as a whole.

    Local times are those of `zone`. A date without a time is placed by `at`, if that is
    on the same day.
    """
    told = sheet.read(raw, lambda header: _is_count(_columns(header)))
    columns = _checked(told.header.cells)
    reader = _Reader(
        columns=columns,
        width=len(told.header.cells),
        day_first="date" in columns and bool(_HEBREW.search(told.header.cells[columns["date"][0]])),
        decimals=decimals,
        zone=zone,
        now=now,
        at=at,
    )
    rows: list[CountRow] = []
    bad: list[BadRow] = []
    uncounted = totals = 0
    for row in told.rows:
        if reader.is_total(row):
            totals += 1
        elif not reader.cell(row, "quantity"):
            uncounted += 1
        else:
            try:
                rows.append(reader.row(row))
            except _Bad as e:
                bad.append(BadRow(line=row.line, reason=str(e)))
    return CountFile(
        digest=told.digest,
        rows=tuple(rows),
        bad=tuple(bad),
        uncounted=uncounted,
        totals=totals,
    )


def plain(header: str) -> str:
    """Return a header as `HEADERS` writes it: `מק"ט`, `מק״ט` and `מקט` are one."""
    return " ".join(clean(header).lower().translate(_QUOTES).split())


class _Bad(Exception):
    """This row is refused."""


def _columns(header: Sequence[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for place, cell in enumerate(header):
        field = _FIELDS.get(plain(cell))
        if field is not None:
            found.setdefault(field, []).append(place)
    return found


def _is_count(columns: Mapping[str, list[int]]) -> bool:
    return "quantity" in columns and ("sku" in columns or "barcode" in columns)


def _checked(header: Sequence[str]) -> dict[str, list[int]]:
    """Return the column of each field, or raise what is wrong with the header."""
    columns = _columns(header)
    if not columns and any(plain(cell)[::-1] in _FIELDS for cell in header if plain(cell)):
        raise SheetRefused(
            "is in visual Hebrew order: its headers run backwards; "
            "export it in logical order, or as `CSV UTF-8`"
        )
    for field, places in columns.items():
        if len(places) > 1:
            names = " and ".join(f"`{header[place]}`" for place in places)
            raise SheetRefused(f"has more than one column of {field}: {names}; delete all but one")
    if not _is_count(columns):
        missing = "quantity" if "quantity" not in columns else "sku"
        known = ", ".join(HEADERS[missing])
        shown = ", ".join(f"`{cell[:40]}`" for cell in header[:12])
        raise SheetRefused(
            f"has no column of {missing} in its first row ({shown}); name one of them: {known}"
        )
    return columns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Reads the rows below one header."""

    columns: Mapping[str, list[int]]
    width: int
    day_first: bool
    decimals: int
    zone: ZoneInfo
    now: datetime
    at: datetime | None

    def cell(self, row: Row, field: str) -> str:
        """Return a cell's text; what a short row lacks is empty."""
        place = self.columns.get(field, [self.width])[0]
        return row.cells[place] if place < len(row.cells) else ""

    def is_total(self, row: Row) -> bool:
        """Return whether the row sums others up, or names nothing."""
        sku = self.cell(row, "sku")
        return plain(sku) in _TOTALS or not (sku or self.cell(row, "barcode"))

    def row(self, row: Row) -> CountRow:
        """Return what a row says."""
        if not row.whole:
            raise _Bad("a quotation mark is opened here and not closed")
        if any(row.cells[self.width :]):
            raise _Bad("has more columns than the header; put text with a separator into quotes")
        sku = self._sku(row)
        return CountRow(
            line=row.line,
            sku=sku or self.cell(row, "barcode"),
            units=self._units(row),
            location=self.cell(row, "location") or None,
            at=self._moment(row),
            by_barcode=not sku,
        )

    def _sku(self, row: Row) -> str:
        text = self.cell(row, "sku")
        formula = _FORMULA.fullmatch(text)
        if formula is not None:
            text = clean(formula[1])
        elif text[:1] == "'" and text[1:2] in ("=", "+", "-", "@"):
            text = text[1:]  # our own exports keep spreadsheets from running a cell
        named = text or self.cell(row, "barcode")
        if _DAMAGED.fullmatch(named):
            raise _Bad(f"SKU {named} was damaged by a spreadsheet; write all its digits")
        if len(named) > SKU_MAX or not named.isprintable():
            raise _Bad(f"SKU {named[:40]!a} is no name: up to {SKU_MAX} characters, all visible")
        return text

    def _units(self, row: Row) -> int:
        text = self.cell(row, "quantity")
        try:
            counted = units.read(text, self.decimals)
        except units.NotAQuantity as e:
            raise _Bad(f"quantity {text[:40]} {e}") from None
        if counted < 0:
            raise _Bad(f"quantity {text[:40]} is below 0; nobody counts that")
        return counted

    def _moment(self, row: Row) -> datetime | None:
        date, time = self.cell(row, "date"), self.cell(row, "time")
        if not date and not time:
            return None
        if not date:
            raise _Bad(f"has a time, {time[:40]}, and no date")
        day, beside = self._day(row.line, date)
        clock = beside or time
        if not clock and self.at and self.at.astimezone(self.zone).date().isoformat() == day:
            return None
        if not clock:
            raise _Bad(f"date {date} has no time; add a column `time`, or say it with --at")
        if not _TIME.fullmatch(clock):
            raise _Bad(f"time {clock[:40]} is no time; write it as 20:15")
        try:
            told = datetime.fromisoformat(f"{day}T{clock if clock[1] != ':' else f'0{clock}'}")
            moment = (told if told.tzinfo else told.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise _Bad(f"{day} {clock} is no moment of the calendar") from None
        if moment > self.now:
            raise _Bad(f"{day} {clock} lies in the future")
        return moment

    def _day(self, line: int, text: str) -> tuple[str, str | None]:
        """Return a date as ISO writes it, and the time beside it if the cell holds one."""
        iso = _ISO.fullmatch(text)
        if iso is not None:
            return iso[1], iso[2]
        found = _DAY_FIRST.fullmatch(text)
        if found is None:
            raise _Bad(f"date {text[:40]} is no date; write it as 2026-11-22")
        if not self.day_first:
            raise SheetRefused(
                f"line {line}: date {text} may be read in two ways; write it as 2026-11-22"
            )
        day, month, year, clock = found.groups()
        return f"{year}-{month:0>2}-{day:0>2}", clock
