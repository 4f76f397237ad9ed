"""The one lock on stock: all shelves at once, sorted, once per transaction, late."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select, union_all

from stocksync.core.names import LocationName, MerchantName, Sku
from stocksync.core.stock import BY_COUNT, ON_HAND, Shelf
from stocksync.store import sql
from stocksync.store.tables import movements, stock

ShelfKey = tuple[Sku, LocationName]

_MINE = stock.c.merchant == sql.MERCHANT, sql.among(stock.c.sku)
_SHELVES = sql.lockable(select(stock).where(*_MINE).order_by(stock.c.sku, stock.c.location))
_THERE = select(stock.c.sku, stock.c.location).where(*_MINE)


def shelves(
    tx: Connection, merchant: MerchantName, keys: Iterable[ShelfKey]
) -> dict[ShelfKey, Shelf]:
    """Lock these shelves, made where they are missing, and return them as they are now."""
    wanted = sorted(set(keys))
    found: dict[ShelfKey, Shelf] = {}
    skus = sorted({sku for sku, _ in wanted})
    asked = frozenset(wanted)
    _make(tx, merchant, wanted, skus)
    for row in sql.each(tx, _SHELVES[sql.is_sqlite(tx)], skus, of_merchant=merchant):
        key = (Sku(row.sku), LocationName(row.location))
        if key in asked:
            found[key] = Shelf(
                free=row.free,
                committed=row.committed,
                held=row.held,
                incoming=row.incoming,
                counted_at=row.counted_at,
                counted=row.counted,
                count_adjust=row.count_adjust,
            )
    assert found.keys() == asked, "every shelf was made before it was locked"
    return found


def save(tx: Connection, merchant: MerchantName, changed: dict[ShelfKey, Shelf]) -> None:
    """Write back shelves that this transaction has locked."""
    rows = [
        {
            "merchant": merchant,
            "sku": sku,
            "location": location,
            "free": shelf.free,
            "committed": shelf.committed,
            "held": shelf.held,
            "incoming": shelf.incoming,
            "counted_at": shelf.counted_at,
            "counted": shelf.counted,
            "count_adjust": shelf.count_adjust,
        }
        for (sku, location), shelf in sorted(changed.items())
    ]
    sql.upsert(tx, stock, rows)


def changes_after(
    tx: Connection, merchant: MerchantName, skus: Iterable[Sku], moment: datetime
) -> dict[ShelfKey, int]:
    """Return by how much on_hand of each shelf changed later than a moment, counts left out."""
    accounts = [account.value for account in ON_HAND]
    by_count = [reason.value for reason in BY_COUNT]
    changes: dict[ShelfKey, int] = {}
    for piece in sql.pieces(sorted(set(skus))):
        later = (
            movements.c.merchant == merchant,
            movements.c.sku.in_(piece),
            movements.c.occurred_at > moment,
            movements.c.reason.not_in(by_count),
        )
        came = select(movements.c.sku, movements.c.target_at.label("place"), movements.c.units)
        left = select(movements.c.sku, movements.c.source_at, -movements.c.units)
        both = union_all(
            came.where(*later, movements.c.target.in_(accounts)),
            left.where(*later, movements.c.source.in_(accounts)),
        ).subquery()
        statement = select(both.c.sku, both.c.place, func.sum(both.c.units)).group_by(
            both.c.sku, both.c.place
        )
        for sku, place, units in tx.execute(statement):
            changes[Sku(sku), LocationName(place)] = int(units)
    return changes


def _make(tx: Connection, merchant: MerchantName, wanted: list[ShelfKey], skus: list[Sku]) -> None:
    found = sql.each(tx, _THERE, skus, of_merchant=merchant)
    there = {(Sku(sku), LocationName(place)) for sku, place in found}
    empty = dict.fromkeys(("free", "committed", "held", "incoming", "counted", "count_adjust"), 0)
    missing = [
        {"merchant": merchant, "sku": sku, "location": location, "counted_at": None, **empty}
        for sku, location in wanted
        if (sku, location) not in there
    ]
    sql.make_room(tx, stock, missing)
