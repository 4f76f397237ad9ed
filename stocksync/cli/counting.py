"""What was counted, as it was written on the command line or in a file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stocksync.cli.opening import Shop
from stocksync.cli.saying import FoundWrong, Refused, visible
from stocksync.config.mistakes import did_you_mean
from stocksync.core import count_file, sheet, units
from stocksync.core.count_file import BadRow, CountRow
from stocksync.core.names import LocationName
from stocksync.core.places import LocationKind
from stocksync.core.texts import clean

_FILE = re.compile(r".*\.(csv|txt|tsv)", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Rows to book. `digest` is that of the file they came from, if they came from one."""

    rows: Sequence[CountRow]
    bad: Sequence[BadRow] = ()
    uncounted: int = 0
    totals: int = 0
    digest: str | None = None


def read(here: Shop, words: Sequence[str], at: datetime | None, now: datetime) -> Counted:
    """Return what the words of the command line say: SKU=QTY pairs, or the name of one file."""
    files = [word for word in words if _is_file(word)]
    if not files:
        return Counted(rows=_pairs(here, words))
    if len(words) > 1:
        raise Refused("write SKU=QTY pairs, or one file, not several and not both")
    return _file(here, Path(files[0]), at, now)


def own_places(here: Shop) -> dict[str, LocationName]:
    """Return every word for an own location: its name, its title, and what channels call it.

    A word with two meanings is left out.
    """
    own = {n: p for n, p in here.merchant.locations.items() if p.kind is LocationKind.OWN}
    meant: dict[str, set[LocationName]] = {}
    for name, place in own.items():
        meant.setdefault(clean(place.title), set()).add(name)
    for channel in here.merchant.channels.values():
        for word, name in channel.settings.locations.items():
            meant.setdefault(clean(word), set()).add(name)
    clear = {word: next(iter(names)) for word, names in meant.items() if len(names) == 1}
    mine = {word: name for word, name in clear.items() if name in own}
    return {**{str(name): name for name in own}, **mine, **{str(name): name for name in own}}


def location(here: Shop, asked: str | None) -> LocationName:
    """Return the own location that was asked for; without a word, the first."""
    places = own_places(here)
    if asked is None:
        return next(iter(places.values()))
    word = clean(asked)
    if word in places:
        return places[word]
    names = ", ".join(dict.fromkeys(places.values()))
    if word in here.merchant.locations:
        raise Refused(f"{word} is a supplier's, and only own shelves are counted: {names}")
    near = did_you_mean(word, places) or f"; there is {names}"
    raise Refused(f"location {visible(word)} is unknown{near}")


def _is_file(word: str) -> bool:
    return "=" not in word or bool(_FILE.fullmatch(word)) or Path(word).is_file()


def _pairs(here: Shop, words: Sequence[str]) -> list[CountRow]:
    rows = []
    for number, word in enumerate(words, 1):
        sku, _, quantity = word.rpartition("=")
        sku = clean(sku)
        try:
            counted = units.read(clean(quantity), here.merchant.decimals)
        except units.NotAQuantity as e:
            raise Refused(f"{visible(word)}: quantity {visible(quantity)!r} {e}") from None
        if counted < 0:
            raise Refused(f"{visible(word)}: nobody counts less than 0")
        if not sku or len(sku) > count_file.SKU_MAX or not sku.isprintable():
            raise Refused(f"{visible(word)}: write the SKU before the equals sign: MUG-RED=5")
        rows.append(CountRow(line=number, sku=sku, units=counted))
    return rows


def _file(here: Shop, path: Path, at: datetime | None, now: datetime) -> Counted:
    try:
        if not path.is_file():
            raise Refused(f"{path} is no file; write SKU=QTY pairs, or the name of a CSV file")
        with path.open("rb") as opened:
            raw = opened.read(sheet.SIZE_MAX + 1)
    except OSError as e:
        raise Refused(f"{path} cannot be read ({e.strerror})") from None
    try:
        told = count_file.read(raw, decimals=here.merchant.decimals, zone=here.zone, now=now, at=at)
    except sheet.SheetRefused as e:
        raise FoundWrong(f"{path} {e}") from None
    if at is None and told.rows and all(row.at is None for row in told.rows):
        raise Refused(
            f"{path} says not when it was counted; add --at TIME, such as --at 20:15 for today"
        )
    return Counted(
        rows=told.rows,
        bad=told.bad,
        uncounted=told.uncounted,
        totals=told.totals,
        digest=told.digest,
    )
