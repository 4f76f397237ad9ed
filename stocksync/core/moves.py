"""How a channel moved its own number, as its orders and papers tell it.

A shop cuts its own stock for its own orders: what is booked of them moves what we believe it
shows, and needs no push to that shop.
"""

from dataclasses import dataclass
from datetime import datetime

from stocksync.core.facts import OrderSnapshot
from stocksync.core.lines import BookedLine, Entry
from stocksync.core.names import ChannelName, ListingId, LocationName, PaperKey, Sku
from stocksync.core.plan import OFFICE
from stocksync.core.stock import ON_HAND, Place

EDIT = "edit:"
"""How the papers begin by which we book an adopted edit: the number had moved already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberMove:
    """One line that moved the number of one listing, in units of the listing.

    `listing` is None where the channel named only the SKU. `taken` went out (below 0: came
    back), `passed` may have gone out and come back before we first heard of it, `removed` may
    have come back, which nothing but its number will tell. `placed_at` is
    when the paper began, `changed_at` when the channel last changed it, as far as it says;
    `first` if we had not heard of it before. `unsure` if its number now is anybody's guess,
    `doubtful` if the units are only most likely these; one that `bypasses` may not have moved
    it at all.
    """

    channel: ChannelName
    listing: ListingId | None
    sku: Sku
    taken: int = 0
    passed: int = 0
    removed: int = 0
    placed_at: datetime
    changed_at: datetime | None = None
    first: bool = False
    unsure: bool = False
    doubtful: bool = False
    bypasses: bool = False


def of_order_line(
    channel: ChannelName,
    before: BookedLine,
    after: BookedLine,
    snapshot: OrderSnapshot,
    passed: int,
    *,
    first: bool,
) -> NumberMove | None:
    """Return how booking one line of an order tells that the shop moved its number."""
    taken = _taken(after) - _taken(before)
    removed = after.removed - before.removed
    if after.sku is None or not (taken or passed or removed):
        return None
    return NumberMove(
        channel=channel,
        listing=after.listing,
        sku=after.sku,
        taken=taken,
        passed=passed,
        removed=removed,
        placed_at=snapshot.placed_at,
        changed_at=snapshot.changed_at,
        first=first,
        bypasses=snapshot.bypasses,
    )


def moves_its_own_number(channel: ChannelName, key: PaperKey) -> bool:
    """Return whether a paper tells of the channel's own number: not our hand, not an edit."""
    return channel != OFFICE and not key.startswith(EDIT)


def of_paper_line(
    channel: ChannelName, before: BookedLine, after: BookedLine, home: LocationName, at: datetime
) -> NumberMove | None:
    """Return how booking one line of a till's paper tells that its number at `home` moved."""
    taken = _left(after.entries, home) - _left(before.entries, home)
    if after.sku is None or not taken:
        return None
    units = taken // after.goods[0][1]
    return NumberMove(
        channel=channel, listing=None, sku=after.sku, taken=units, placed_at=at, changed_at=at
    )


def of_count(channel: ChannelName, sku: Sku, at: datetime) -> NumberMove | None:
    """Return that a count at the till may have set its own number as well."""
    if channel == OFFICE:
        return None
    return NumberMove(channel=channel, listing=None, sku=sku, placed_at=at, unsure=True)


def _taken(line: BookedLine) -> int:
    """Return by how much a line has lowered the number of the shop that told it."""
    if line.sku is None:
        return 0
    return line.committed + line.gone - line.back - line.beyond + line.ignored


def _left(entries: tuple[Entry, ...], home: LocationName) -> int:
    """Return how many units of a line's first goods left what stands at one location."""
    return sum(
        entry.units * (_stands(entry.source, home) - _stands(entry.target, home))
        for entry in entries
        if entry.sku == entries[0].sku
    )


def _stands(place: Place, home: LocationName) -> bool:
    return place.location == home and place.account in ON_HAND
