"""What offers rest on: stock as committed by now, and what shops keep for unpaid checkouts."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import orjson
from sqlalchemy import Connection, select

from stocksync.core.decide import Supply
from stocksync.core.names import ChannelName, LocationName, MerchantName, Sku
from stocksync.store import sql
from stocksync.store.tables import lines, stock

SoftKey = tuple[ChannelName, Sku, LocationName]

_STOCK = select(stock.c.sku, stock.c.location, stock.c.free, stock.c.counted_at).where(
    stock.c.merchant == sql.MERCHANT, sql.among(stock.c.sku)
)
_SOFT = select(lines.c.channel, lines.c.booked).where(
    lines.c.merchant == sql.MERCHANT, sql.among(lines.c.sku), lines.c.soft > 0
)


def of(
    tx: Connection, merchant: MerchantName, skus: Iterable[Sku]
) -> dict[tuple[Sku, LocationName], Supply]:
    """Return what every location has of these SKUs, read by a statement of its own.

    It is asked after all locks are taken: on PostgreSQL a new statement sees what others have
    committed meanwhile, so the last to commit has seen all.
    """
    found: dict[tuple[Sku, LocationName], Supply] = {}
    for sku, location, free, counted_at in sql.each(tx, _STOCK, skus, of_merchant=merchant):
        found[Sku(sku), LocationName(location)] = Supply(free=free, as_of=counted_at)
    return found


def everywhere(
    tx: Connection, merchant: MerchantName
) -> list[tuple[Sku, LocationName, int, datetime | None]]:
    """Return what every shelf has free, and when it was counted: all of them in one statement."""
    statement = select(stock.c.sku, stock.c.location, stock.c.free, stock.c.counted_at).where(
        stock.c.merchant == merchant, stock.c.free != 0
    )
    return [(Sku(row[0]), LocationName(row[1]), row[2], row[3]) for row in tx.execute(statement)]


def held(tx: Connection, merchant: MerchantName) -> set[Sku]:
    """Return the SKUs of which units are set aside anywhere."""
    statement = select(stock.c.sku).where(stock.c.merchant == merchant, stock.c.held > 0).distinct()
    return {Sku(row[0]) for row in tx.execute(statement)}


def soft_of(tx: Connection, merchant: MerchantName, skus: Iterable[Sku]) -> Counter[SoftKey]:
    """Return the units of each component that channels keep for lines of these SKUs."""
    kept: Counter[SoftKey] = Counter()
    for channel, booked in sql.each(tx, _SOFT, skus, of_merchant=merchant):
        for part in orjson.loads(booked).get("parts", ()):
            kept[ChannelName(channel), Sku(part[0]), LocationName(part[1])] += part[5]
    return kept
