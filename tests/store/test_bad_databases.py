"""A database that cannot be used says so in one clear sentence, and is not half written."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from stocksync.store import inbox, migrations
from stocksync.store.session import Database, Unfit, explain, has_clashed, is_transient
from stocksync.store.tables import inbox as table
from tests import databases
from tests.flow.stall import arrival

LOCKED = "the database is locked by another process; it is tried again"
FULL = "the disk of the database is full; free some space, nothing was half written"
NOT_READY = "the database is not ready for this stocksync; start it once with: stocksync up"


def put(database: Database, *bodies: bytes) -> None:
    with database.begin() as tx:
        inbox.put(tx, [arrival(body) for body in bodies])


def rows(database: Database) -> int:
    with database.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url, busy_s=0.05)
    yield database
    database.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("a file where a folder should be")

    with pytest.raises(Unfit) as raised:
        Database(f"sqlite:///{tmp_path}/var/here/stocksync.db")

    assert str(raised.value) == (
        f"the folder {tmp_path}/var/here of the database cannot be made: Not a directory; "
        "mend its permissions, or name another"
    )


def test_a_file_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    (tmp_path / "stocksync.db").mkdir()

    with (
        opened(f"sqlite:///{tmp_path}/stocksync.db") as database,
        pytest.raises(DBAPIError) as raised,
    ):
        migrations.upgrade(database)

    assert explain(raised.value) == (
        "the database file cannot be opened or written; mend its folder's permissions: "
        "unable to open database file"
    )


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "stocksync.db"
    file.write_bytes(b"a letter to my aunt " * 100)

    with opened(f"sqlite:///{file}") as database, pytest.raises(DBAPIError) as raised:
        migrations.upgrade(database)

    assert explain(raised.value) == (
        "the file is no sound SQLite database; put a backup in its place, or name another: "
        "file is not a database"
    )
    assert not is_transient(raised.value)
    assert file.read_bytes() == b"a letter to my aunt " * 100


def test_a_locked_database_is_told_and_tried_again(tmp_path: Path) -> None:
    with databases.fresh_sqlite(tmp_path) as url, opened(url) as database:
        with closing(sqlite3.connect(tmp_path / "stocksync.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DBAPIError) as raised:
                put(database, b"one")
        put(database, b"two")

        assert explain(raised.value) == LOCKED
        assert is_transient(raised.value)
        assert rows(database) == 1


def test_a_full_disk_is_told_and_nothing_is_half_written(tmp_path: Path) -> None:
    with databases.fresh_sqlite(tmp_path) as url, opened(url) as database:
        pages: list[int] = []

        @event.listens_for(database._writer, "begin")
        def _fill(connection: object) -> None:
            raw = connection.connection.driver_connection  # type: ignore[attr-defined]
            [held] = raw.execute("PRAGMA page_count").fetchone()
            raw.execute(f"PRAGMA max_page_count = {pages[0] if pages else held + 20}")
            pages.append(held + 20)

        put(database, b"small")
        with pytest.raises(DBAPIError) as raised:
            put(database, *(bytes([n]) * 9000 for n in range(50)))

        assert explain(raised.value) == FULL
        assert is_transient(raised.value)
        assert rows(database) == 1


def test_a_locked_row_is_told_like_a_locked_file(many_writers: Database) -> None:
    put(many_writers, b"one")

    with many_writers.begin() as holder, many_writers.begin() as tx:
        holder.execute(select(table).with_for_update())
        tx.execute(text("SET LOCAL lock_timeout = '20ms'"))
        with pytest.raises(DBAPIError) as raised:
            tx.execute(select(table).with_for_update())
        tx.rollback()

    assert explain(raised.value) == LOCKED
    assert is_transient(raised.value)


def test_a_database_that_the_server_lacks_is_told() -> None:
    with databases.fresh_postgres() as url:
        gone = url.replace("/stocksync_", "/nowhere_")

        with opened(gone) as database, pytest.raises(DBAPIError) as raised:
            migrations.check(database)

    told = explain(raised.value)
    assert told.startswith("the database server refuses DATABASE_URL; mend its name")
    assert "does not exist" in told


def test_a_server_that_nobody_runs_is_told() -> None:
    with (
        opened("postgresql://nobody@127.0.0.1:1/nothing") as database,
        pytest.raises(DBAPIError) as raised,
    ):
        migrations.check(database)

    assert explain(raised.value).startswith("the database cannot be reached: ")
    assert is_transient(raised.value)


def test_an_empty_database_is_not_ready(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path}/stocksync.db") as database:
        with pytest.raises(Unfit) as raised:
            migrations.check(database)
        with pytest.raises(DBAPIError) as unready:
            put(database, b"one")

    assert explain(raised.value) == NOT_READY
    assert explain(unready.value) == (
        "the database lacks tables of this stocksync; bring it up to date once with: stocksync up"
    )
    assert not is_transient(unready.value)


def test_a_database_from_a_newer_version_is_refused_and_left_alone(db: Database) -> None:
    put(db, b"one")
    with db.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    for look in (migrations.check, migrations.upgrade):
        with pytest.raises(Unfit) as raised:
            look(db)

        assert str(raised.value) == (
            "the database is from a newer stocksync (revision 9999); "
            "install that version or a newer one, or restore an older backup"
        )
    assert rows(db) == 1


def test_a_database_of_an_older_version_is_not_ready(db: Database) -> None:
    with db.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    with pytest.raises(Unfit, match="not ready for this stocksync"):
        migrations.check(db)


def test_a_key_that_is_there_already_is_a_clash_and_no_bad_moment(db: Database) -> None:
    put(db, b"one")

    with db.reading() as tx:
        [row] = tx.execute(select(table)).mappings()

    with pytest.raises(IntegrityError) as raised, db.begin() as tx:
        tx.execute(table.insert().values(**{**row, "event": "other"}))

    assert has_clashed(raised.value)
    assert not is_transient(raised.value)


def test_a_reader_cannot_write(db: Database) -> None:
    with pytest.raises(DBAPIError), db.reading() as tx:
        inbox.put(tx, [arrival(b"one")])

    assert rows(db) == 0


def test_a_reader_sees_one_state_from_its_first_look_on(db: Database) -> None:
    with db.reading() as tx:
        before = tx.execute(select(func.count()).select_from(table)).scalar_one()
        put(db, b"one")
        after = tx.execute(select(func.count()).select_from(table)).scalar_one()

    assert (before, after) == (0, 0)
    assert rows(db) == 1
