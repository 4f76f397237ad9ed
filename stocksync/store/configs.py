"""Which config is active. Every deciding transaction reads it; a changed one rises a version."""

from datetime import datetime

from sqlalchemy import Connection, select

from stocksync.core.names import MerchantName
from stocksync.store import sql
from stocksync.store.tables import configs


def activate(tx: Connection, merchant: MerchantName, digest: str, now: datetime) -> bool:
    """Make a config the active one; return whether it differs from the one before."""
    row = {"merchant": merchant, "version": 0, "digest": "", "active_at": now}
    sql.make_room(tx, configs, [row])
    statement = select(configs).where(configs.c.merchant == merchant)
    known = tx.execute(sql.locking(tx, statement)).one()
    if known.digest == digest:
        return False
    tx.execute(
        configs.update()
        .where(configs.c.merchant == merchant)
        .values(version=known.version + 1, digest=digest, active_at=now)
    )
    return True
