"""Leases by the database's own clock: one holder at a time, whatever the hosts' clocks say."""

from functools import cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, literal_column, or_
from sqlalchemy.sql.dml import Update

from stocksync.store import sql
from stocksync.store.session import Database
from stocksync.store.tables import leases

_SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
_POSTGRES_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


def take(database: Database, name: str, holder: str, seconds: float) -> bool:
    """Take or renew a lease; return False while somebody else's still runs."""
    asked = {"of_name": name, "by": holder, "ms": int(seconds * 1000)}
    with database.begin() as tx:
        taking = _taking(sql.is_sqlite(tx))
        if tx.execute(taking, asked).rowcount:
            return True
        # Somebody else's, or nobody ever held it.
        sql.make_room(tx, leases, [{"name": name, "holder": "", "until": 0}])
        return bool(tx.execute(taking, asked).rowcount)


def give_back(database: Database, name: str, holder: str) -> None:
    """End a lease early, if it is still ours."""
    with database.begin() as tx:
        # The row stays: somebody who waits for its lock must find it.
        tx.execute(_GIVING_BACK, {"of_name": name, "by": holder})


@cache
def _taking(sqlite: bool) -> Update:
    now: Any = literal_column(_SQLITE_NOW if sqlite else _POSTGRES_NOW, BigInteger())
    return (
        leases.update()
        .where(leases.c.name == bindparam("of_name"))
        .where(or_(leases.c.holder == bindparam("by"), leases.c.until <= now))
        .values(holder=bindparam("by"), until=now + bindparam("ms", type_=BigInteger()))
    )


_GIVING_BACK = (
    leases.update()
    .where(leases.c.name == bindparam("of_name"), leases.c.holder == bindparam("by"))
    .values(holder="", until=0)
)
