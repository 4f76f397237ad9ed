"""The few words in which the two databases differ."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Select, Table, case, func
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

T = TypeVar("T")

PIECE = 400
"""How many values one IN list or one INSERT carries at most."""


def is_sqlite(tx: Connection) -> bool:
    """Return whether this connection speaks to SQLite."""
    return tx.dialect.name == "sqlite"


def inserting(tx: Connection, table: Table) -> Any:
    """Return an INSERT that knows ON CONFLICT."""
    return _inserting(table, is_sqlite(tx))


def upsert(
    tx: Connection, table: Table, rows: Sequence[dict[str, Any]], *, first: str | None = None
) -> None:
    """Insert rows, or replace what is not their key.

    The column `first` keeps its first value for as long as there is one.
    """
    if rows:
        tx.execute(_upserting(table, is_sqlite(tx), tuple(rows[0]), first), rows)


def make_room(tx: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert the rows whose key is not there yet, in the order given."""
    if rows:
        tx.execute(_making_room(table, is_sqlite(tx)), rows)


# To build a statement costs more than to run it; there are a few for each table.
@cache
def _inserting(table: Table, sqlite: bool) -> Any:
    return sqlite_insert(table) if sqlite else postgres_insert(table)


@cache
def _upserting(table: Table, sqlite: bool, columns: Sequence[str], first: str | None) -> Any:
    statement = _inserting(table, sqlite)
    keys = [column.name for column in table.primary_key.columns]
    rest = {name: statement.excluded[name] for name in columns if name not in keys}
    if first is not None:
        new = statement.excluded[first]
        rest[first] = case((new.is_not(None), func.coalesce(table.c[first], new)))
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


@cache
def _making_room(table: Table, sqlite: bool) -> Any:
    return _inserting(table, sqlite).on_conflict_do_nothing()


def locking(tx: Connection, statement: Select[Any], *, skip: bool = False) -> Select[Any]:
    """Lock what a SELECT returns; on SQLite the transaction itself is the lock."""
    return statement if is_sqlite(tx) else statement.with_for_update(skip_locked=skip)


def pieces(rows: Iterable[T], size: int = PIECE) -> Iterator[list[T]]:
    """Cut rows into lists of a size that one statement can carry."""
    left = iter(rows)
    while piece := list(islice(left, size)):
        yield piece
