"""The database's bad moments park nothing and count as nobody's fault."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, event, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError

from stocksync.store import notes, sql
from stocksync.store.session import Database, is_transient
from stocksync.store.tables import inbox, stock
from tests.flow.stall import MUG, MUGS, House, arrival, order


@contextmanager
def locked_shelves(database: Database) -> Iterator[None]:
    """Be the other program that keeps the shelves, or all of SQLite, to itself."""
    with database.begin() as tx:
        tx.execute(sql.locking(tx, select(stock)))
        yield


@pytest.fixture
def hasty(database_url: str) -> Iterator[House]:
    """A merchant whose workers do not wait long for a lock."""
    database = Database(database_url, busy_s=0.05)
    if not database.is_sqlite:

        @event.listens_for(database._writer, "begin")
        def _hurry(connection: Connection) -> None:
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    yield House(database)
    database.close()


def test_rows_that_met_a_lock_stay_as_they_are_and_are_applied_later(
    hasty: House, db: Database
) -> None:
    hasty.stand({MUG: 10})
    hasty.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(3)))

    with locked_shelves(db), pytest.raises(OperationalError) as raised:
        hasty.drain()
    waiting = [(row.state, row.alone, row.tries) for row in hasty.rows()]
    hasty.drain()

    assert is_transient(raised.value)
    assert waiting == [("pending", False, 0)] * 3
    assert hasty.states() == {"done": 3}
    assert hasty.shelf() == (7, 3, 0, 0)


def test_a_row_that_is_applied_alone_loses_no_try_to_a_lock(hasty: House, db: Database) -> None:
    hasty.stand({MUG: 10})
    hasty.put(arrival(order("1", 1, {MUG: 1})))
    with db.begin() as tx:
        tx.execute(update(inbox).values(alone=True))

    for _ in range(4):
        with locked_shelves(db), pytest.raises(OperationalError):
            hasty.drain()
    [row] = hasty.rows()
    hasty.drain()

    assert (row.state, row.alone, row.tries) == ("pending", True, 0)
    assert hasty.states() == {"done": 1}


def test_a_note_given_back_takes_its_try_along(house: House) -> None:
    house.put(arrival(order("1", 1, {MUG: 1})))
    with house.database.begin() as tx:
        tx.execute(update(inbox).values(alone=True))
        note = notes.write(tx, MUGS, 10, house.now)
    [tried] = house.rows()

    assert note is not None
    with house.database.begin() as tx:
        notes.give_back(tx, MUGS, note)
    [row] = house.rows()

    assert (tried.tries, row.tries) == (1, 0)
    assert house.notes() == 0


def test_a_wrong_statement_is_no_bad_moment(db: Database) -> None:
    with pytest.raises(DBAPIError) as raised, db.reading() as tx:
        tx.execute(text("SELECT * FROM nowhere"))

    assert not is_transient(raised.value)
