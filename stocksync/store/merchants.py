"""What concerns all rows of one merchant."""

from sqlalchemy import Connection, delete

from stocksync.core.names import MerchantName
from stocksync.store.tables import metadata


def forget(tx: Connection, merchant: MerchantName) -> None:
    """Delete every row of a merchant, for good."""
    for table in metadata.sorted_tables:
        if "merchant" in table.c:
            tx.execute(delete(table).where(table.c.merchant == merchant))
