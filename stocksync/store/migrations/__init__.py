"""Bring a database to the tables that this stocksync needs, from the first table on.

Revisions are numbered, one file each. Alembic is loaded only when there is work for it:
it would cost every start a quarter of a second.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from stocksync.store import sql
from stocksync.store.session import Database, Unfit

if TYPE_CHECKING:
    from alembic.config import Config

HERE = Path(__file__).parent
REVISIONS = frozenset(path.name[:4] for path in (HERE / "versions").glob("[0-9]*.py"))
HEAD = max(REVISIONS)
_LOCK = 5_127_001
"""The advisory lock under which one process at a time migrates a PostgreSQL database."""


def upgrade(database: Database) -> None:
    """Migrate to the newest revision; `Unfit` if the database is newer than this program."""
    with database.begin() as tx:
        if not sql.is_sqlite(tx):
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _current(tx) != HEAD:
            from alembic import command

            command.upgrade(_config(tx), "head")


def check(database: Database) -> None:
    """Return if the database has the tables of this program, or raise `Unfit`."""
    with database.reading() as tx:
        if _current(tx) != HEAD:
            raise Unfit(
                "the database is not ready for this stocksync; start it once with: stocksync up"
            )


def _config(tx: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["connection"] = tx
    return config


def _current(tx: Connection) -> str | None:
    """Return the revision of a database, None for an empty one; one we do not know is refused."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    current: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if current is not None and current not in REVISIONS:
        raise Unfit(
            f"the database is from a newer stocksync (revision {current}); "
            "install that version or a newer one, or restore an older backup"
        )
    return current
