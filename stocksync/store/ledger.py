"""The ledger: all movements, append-only; and the counts that shelves rest on."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from stocksync.core.counting import CountsByShelf
from stocksync.core.facts import PaperKind
from stocksync.core.ledger import CountLine
from stocksync.core.names import ChannelName, LineId, LocationName, MerchantName, PaperKey, Sku
from stocksync.core.stock import Cause, Movement
from stocksync.store import sql
from stocksync.store.ids import new_ids
from stocksync.store.tables import counts, movements

_COUNTS = select(counts).where(counts.c.merchant == sql.MERCHANT, sql.among(counts.c.sku))


def append(tx: Connection, merchant: MerchantName, made: Sequence[Movement], now: datetime) -> None:
    """Write movements down, in the order they were made."""
    if not made:
        return
    rows = [
        {
            "merchant": merchant,
            "id": row,
            "sku": movement.sku,
            "units": movement.units,
            "source": movement.source.account,
            "source_at": movement.source.location,
            "target": movement.target.account,
            "target_at": movement.target.location,
            "reason": movement.reason,
            "channel": movement.cause.channel,
            "kind": movement.cause.kind,
            "key": movement.cause.key,
            "line": movement.cause.line,
            "occurred_at": movement.occurred_at,
            "booked_at": now,
        }
        for movement, row in zip(made, new_ids(len(made)), strict=True)
    ]
    tx.execute(insert(movements), rows)


def counts_of(tx: Connection, merchant: MerchantName, skus: Iterable[Sku]) -> CountsByShelf:
    """Return every count of these SKUs, by shelf and by the line that told it."""
    found: CountsByShelf = {}
    for row in sql.each(tx, _COUNTS, skus, of_merchant=merchant):
        cause = Cause(
            ChannelName(row.channel), PaperKind.COUNT, PaperKey(row.key), LineId(row.line)
        )
        found.setdefault((Sku(row.sku), LocationName(row.location)), {})[cause] = CountLine(
            cause=cause,
            counted_at=row.counted_at,
            units=row.units,
            revision=row.revision,
            received_at=row.received_at,
        )
    return found


def save_counts(
    tx: Connection, merchant: MerchantName, before: CountsByShelf, after: CountsByShelf
) -> None:
    """Write the counts that changed, and drop those that were withdrawn."""
    for (sku, location), told in sorted(after.items()):
        was = before.get((sku, location), {})
        for cause in was.keys() - told.keys():
            tx.execute(
                delete(counts).where(
                    counts.c.merchant == merchant,
                    counts.c.sku == sku,
                    counts.c.location == location,
                    counts.c.channel == cause.channel,
                    counts.c.key == cause.key,
                    counts.c.line == cause.line,
                )
            )
    sql.upsert(
        tx,
        counts,
        [
            {
                "merchant": merchant,
                "sku": sku,
                "location": location,
                "channel": cause.channel,
                "key": cause.key,
                "line": cause.line,
                "counted_at": line.counted_at,
                "units": line.units,
                "revision": line.revision,
                "received_at": line.received_at,
            }
            for (sku, location), told in sorted(after.items())
            for cause, line in sorted(told.items())
            if before.get((sku, location), {}).get(cause) != line
        ],
    )
