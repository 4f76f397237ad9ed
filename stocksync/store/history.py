"""The movements of one SKU as the ledger keeps them, told as movements again."""

from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.facts import PaperKind
from stocksync.core.names import ChannelName, LineId, LocationName, MerchantName, PaperKey, Sku
from stocksync.core.stock import Account, Cause, Movement, Place, Reason
from stocksync.store import views


def movements_of(
    tx: Connection, merchant: MerchantName, sku: Sku, until: datetime | None = None
) -> list[Movement]:
    """Return the movements of one SKU up to a moment, in the order they happened."""
    return [
        Movement(
            sku=sku,
            units=row.units,
            source=Place(Account(row.source), LocationName(row.source_at)),
            target=Place(Account(row.target), LocationName(row.target_at)),
            reason=Reason(row.reason),
            cause=Cause(
                ChannelName(row.channel),
                PaperKind(row.kind),
                PaperKey(row.key),
                LineId(row.line),
            ),
            occurred_at=row.occurred_at,
        )
        for row in views.history(tx, merchant, sku, until)
    ]
