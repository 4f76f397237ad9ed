"""Which config is active. Every deciding transaction reads it; a changed one rises a version.

What a change has to book again is remembered until it is done, whoever crashes meanwhile.
"""

from datetime import UTC, datetime

from sqlalchemy import Connection, select

from stocksync.core.names import MerchantName
from stocksync.store import sql
from stocksync.store.tables import configs

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION = sql.lockable(select(configs.c.version).where(configs.c.merchant == sql.MERCHANT))
_DIGEST = select(configs.c.digest).where(configs.c.merchant == sql.MERCHANT)


class Outdated(Exception):
    """Another config has become the active one: what this process read decides nothing more."""


def lock(tx: Connection, merchant: MerchantName) -> None:
    """Let one transaction at a time do what concerns all of a merchant; made where missing."""
    locking, mine = _VERSION[sql.is_sqlite(tx)], {"of_merchant": merchant}
    if tx.execute(locking, mine).first() is None:
        row = {"merchant": merchant, "version": 0, "digest": "", "active_at": _NEVER}
        sql.make_room(tx, configs, [row])
        tx.execute(locking, mine)


def activate(tx: Connection, merchant: MerchantName, digest: str, now: datetime) -> bool:
    """Make a config the active one; return whether it differs from the one before."""
    lock(tx, merchant)
    known = tx.execute(select(configs).where(configs.c.merchant == merchant)).one()
    if known.digest == digest:
        return False
    tx.execute(
        configs.update()
        .where(configs.c.merchant == merchant)
        .values(version=known.version + 1, digest=digest, active_at=now)
    )
    return True


def require(tx: Connection, merchant: MerchantName, digest: str) -> None:
    """Return if this is the active config, or none is yet; else raise `Outdated`."""
    known = active(tx, merchant)
    if known and known != digest:
        raise Outdated(
            f"another config of {merchant} is active; read the config again, and if this host's "
            "files are the right ones, make them the active ones: stocksync up"
        )


def active(tx: Connection, merchant: MerchantName) -> str | None:
    """Return which config is the active one; None before any was."""
    return tx.execute(_DIGEST, {"of_merchant": merchant}).scalar_one_or_none() or None


def unfinished(tx: Connection, merchant: MerchantName) -> int | None:
    """Return the active version if parked lines were not all booked again since it came."""
    statement = select(configs.c.version, configs.c.rebooked).where(configs.c.merchant == merchant)
    row = tx.execute(statement).one_or_none()
    return row.version if row is not None and row.rebooked < row.version else None


def finish(tx: Connection, merchant: MerchantName, version: int) -> None:
    """Remember that parked lines were booked again by this version, or a newer one."""
    tx.execute(
        configs.update()
        .where(configs.c.merchant == merchant, configs.c.rebooked < version)
        .values(rebooked=version)
    )
