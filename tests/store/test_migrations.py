"""Migrations end in the tables of `store.tables`, from wherever they start."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, select, text

from stocksync.store import migrations
from stocksync.store.session import Database
from stocksync.store.tables import lines, metadata
from tests import databases

UPGRADE = (
    "import sys; from stocksync.store import migrations; "
    "from stocksync.store.session import Database; migrations.upgrade(Database(sys.argv[1]))"
)


@contextmanager
def empty(kind: str, folder: Path) -> Iterator[str]:
    """Yield the address of a database without a table."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'empty.db'}"
        return
    name = f"stocksync_{uuid4().hex[:12]}"
    databases._administer(f"CREATE DATABASE {name}")
    try:
        yield databases._url(name)
    finally:
        databases._administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


both = pytest.mark.parametrize("kind", ["sqlite", "postgres"])


def test_an_upgrade_from_nothing_makes_the_tables_of_the_program(db: Database) -> None:
    with db.begin() as tx:
        differences = compare_metadata(MigrationContext.configure(tx), metadata)

    assert differences == []
    migrations.check(db)


@both
def test_two_processes_may_upgrade_at_once(kind: str, tmp_path: Path) -> None:
    with empty(kind, tmp_path) as url:
        both_of_them = [subprocess.Popen([sys.executable, "-c", UPGRADE, url]) for _ in range(2)]
        ends = [one.wait(60) for one in both_of_them]
        database = Database(url)
        migrations.check(database)
        database.close()

    assert ends == [0, 0]


@both
def test_a_database_of_the_first_version_keeps_its_rows(kind: str, tmp_path: Path) -> None:
    with empty(kind, tmp_path) as url:
        database = Database(url)
        with database.begin() as tx:
            command.upgrade(migrations._config(tx), "0001")
            tx.execute(
                text(
                    "INSERT INTO lines (merchant, channel, kind, key, line, sku_text, named_by, "
                    "committed, gone, beyond, soft, booked, parked_code, parked) VALUES "
                    "('mugs', 'web', 'order', '1', '1', 'New-Cup', '1', 0, 0, 0, 0, '{}', "
                    "'unknown-sku', 'SKU New-Cup is unknown')"
                )
            )

        migrations.upgrade(database)

        with database.reading() as tx:
            [line] = tx.execute(select(lines))
        assert (line.sku_text, line.folded) == ("New-Cup", "new-cup")
        migrations.check(database)
        database.close()


@both
def test_a_migration_that_fails_leaves_the_database_as_it_was(kind: str, tmp_path: Path) -> None:
    with empty(kind, tmp_path) as url:
        database = Database(url)
        with database.begin() as tx:
            tx.execute(text("CREATE TABLE stock (something_else INTEGER)"))

        with pytest.raises(Exception, match="stock"):
            migrations.upgrade(database)

        with database.reading() as tx:
            assert inspect(tx).get_table_names() == ["stock"]
        database.close()
