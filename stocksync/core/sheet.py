"""Sheet: a CSV file as other programs make them, read without guessing (till contract, 4.2).

Hebrew systems write Windows-1255 or UTF-8, commas or semicolons, and marks that the eye
does not see. What is safe is understood without a setting; the rest is refused.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

from stocksync.core.texts import clean

SIZE_MAX = 8 * 1024 * 1024
ROWS_MAX = 100_000
SEPARATORS = (",", ";", "\t", "|")

_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_NAMED_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
_SAMPLE = 20
_LINES_A_ROW = 10


class SheetRefused(Exception):
    """The file cannot be read as a whole. The message says why, and what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the line of the file on which it begins, and its cells, cleaned."""

    line: int
    cells: tuple[str, ...]
    whole: bool = True
    """Whether its quotation marks close where a person would close them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A file's header and rows. `digest` is the SHA-256 of its bytes."""

    header: Row
    rows: tuple[Row, ...]
    digest: str


def read(raw: bytes, fits: Callable[[Sequence[str]], bool]) -> Sheet:
    """Return the sheet in these bytes; `fits` knows the right header when it sees it."""
    if len(raw) > SIZE_MAX:
        raise SheetRefused(f"is larger than {SIZE_MAX // 1024**2} MiB; split it")
    text = decoded(raw)
    named = _NAMED_SEPARATOR.match(text)
    if named is not None:
        text, candidates = text[named.end() :], [named[1]]
    else:
        candidates = _likely_first(text)
    first_line = 2 if named else 1
    for separator in candidates:
        top = next(_rows(text, separator, first_line), None)
        if top is not None and fits(top.cells):
            break
    else:
        separator = candidates[0]
    rows = _all_rows(text, separator, first_line)
    if not rows:
        raise SheetRefused("is empty")
    return Sheet(header=rows[0], rows=tuple(rows[1:]), digest=sha256(raw).hexdigest())


def decoded(raw: bytes) -> str:
    """Return the text of a file: by its mark, as strict UTF-8, or as Hebrew Windows-1255.

    No run of Windows-1255 Hebrew letters is valid UTF-8, so the order is safe.
    """
    if raw.startswith(_WORKBOOKS):
        raise SheetRefused("is a workbook, not CSV; save it as `CSV UTF-8` and try again")
    for mark, codec in _MARKS:
        if raw.startswith(mark):
            return _strictly(raw[len(mark) :], codec)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        if not any(0xE0 <= byte <= 0xFA for byte in raw):
            raise SheetRefused("is in an unknown encoding; save it as `CSV UTF-8`") from None
        text = _strictly(raw, "cp1255")
    if "\0" in text:
        raise SheetRefused("holds zero bytes; save it as `CSV UTF-8`")
    return text


def _strictly(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError as e:
        line = raw[: e.start].decode(codec, "replace").count("\n") + 1
        name = "Windows-1255" if codec == "cp1255" else codec.upper()
        raise SheetRefused(
            f"is not {name} throughout: line {line} holds something else; save it as `CSV UTF-8`"
        ) from None


def _likely_first(text: str) -> list[str]:
    """Return the separators, first those that give every row of a sample as many columns."""

    def likelihood(separator: str) -> tuple[bool, int]:
        rows = _rows(text, separator, 1)
        widths = {len(row.cells) for _, row in zip(range(_SAMPLE), rows, strict=False)}
        return len(widths) == 1, max(widths, default=0)

    return sorted(SEPARATORS, key=likelihood, reverse=True)


def _all_rows(text: str, separator: str, first_line: int) -> list[Row]:
    rows: list[Row] = []
    for row in _rows(text, separator, first_line):
        if len(rows) > ROWS_MAX:
            raise SheetRefused(f"has more than {ROWS_MAX} rows; split it")
        rows.append(row)
    return rows


def _rows(text: str, separator: str, first_line: int) -> Iterator[Row]:
    """Yield the rows that hold anything."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begun = 0
    try:
        for cells in reader:
            line, lines = first_line + begun, reader.line_num - begun
            begun = reader.line_num
            cleaned = tuple(clean(cell) for cell in cells)
            if any(cleaned):
                yield Row(line=line, cells=cleaned, whole=lines <= _LINES_A_ROW)
    except csv.Error:
        raise SheetRefused(
            f"cannot be read after line {first_line + begun - 1}: "
            "is a quotation mark opened there and not closed?"
        ) from None
