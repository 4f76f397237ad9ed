"""Leases by the database's own clock: one holder at a time, whatever the hosts' clocks say."""

from sqlalchemy import Connection, literal_column, select

from stocksync.store import sql
from stocksync.store.session import Database
from stocksync.store.tables import leases

_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_POSTGRES_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


def take(database: Database, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; return False while somebody else's still runs."""
    with database.begin() as tx:
        sql.make_room(tx, leases, [{"name": name, "holder": "", "until": 0}])
        row = tx.execute(sql.locking(tx, select(leases).where(leases.c.name == name))).one()
        now = _now(tx)
        if row.holder != holder and row.until > now:
            return False
        tx.execute(
            leases.update()
            .where(leases.c.name == name)
            .values(holder=holder, until=now + int(seconds * 1000))
        )
        return True


def give_back(database: Database, name: str, holder: str) -> None:
    """End a lease early, if it is still ours."""
    with database.begin() as tx:
        # The row stays: somebody who waits for its lock must find it.
        tx.execute(
            leases.update()
            .where(leases.c.name == name, leases.c.holder == holder)
            .values(holder="", until=0)
        )


def _now(tx: Connection) -> int:
    """Return the database's milliseconds since 1970."""
    moment = _SQLITE_NOW if sql.is_sqlite(tx) else _POSTGRES_NOW
    return int(tx.execute(select(literal_column(moment))).scalar_one())
