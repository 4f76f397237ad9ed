"""Bring a database to the tables that this stocksync needs, from the first table on."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from stocksync.store import sql
from stocksync.store.session import Database, Unfit

_LOCK = 5_127_001
"""The advisory lock under which one process at a time migrates a PostgreSQL database."""


def upgrade(database: Database) -> None:
    """Migrate to the newest revision; `Unfit` if the database is newer than this program."""
    with database.begin() as tx:
        if not sql.is_sqlite(tx):
            tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        config = _config(tx)
        _refuse_newer(tx, config)
        command.upgrade(config, "head")


def check(database: Database) -> None:
    """Return if the database has the tables of this program, or raise `Unfit`."""
    with database.reading() as tx:
        config = _config(tx)
        _refuse_newer(tx, config)
        current = MigrationContext.configure(tx).get_current_revision()
        if current != ScriptDirectory.from_config(config).get_current_head():
            raise Unfit(
                "the database is not ready for this stocksync; start it once with: stocksync up"
            )


def _config(tx: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = tx
    return config


def _refuse_newer(tx: Connection, config: Config) -> None:
    current = MigrationContext.configure(tx).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise Unfit(
            f"the database is from a newer stocksync (revision {current}); "
            "install that version or a newer one, or restore an older backup"
        )
