"""The few words in which the two databases differ, and those of statements built only once.

To build a statement costs more than to run it: those of every turn and of every batch are
values of their modules, asked with the parameters that stand here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    Executable,
    Integer,
    Select,
    String,
    Table,
    bindparam,
    case,
    func,
)
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from stocksync.store.tables import Utc

T = TypeVar("T")

MERCHANT: Any = bindparam("of_merchant", type_=String())
CHANNEL: Any = bindparam("of_channel", type_=String())
KIND: Any = bindparam("of_kind", type_=String())
NOW: Any = bindparam("now", type_=Utc())
MOST: Any = bindparam("most", type_=Integer())
SOME: Any = bindparam("some", expanding=True)

PIECE = 400
"""How many values one IN list or one INSERT carries at most."""


def is_sqlite(tx: Connection) -> bool:
    """Return whether this connection speaks to SQLite."""
    return tx.dialect.name == "sqlite"


@cache
def inserting(table: Table, *, sqlite: bool) -> Any:
    """Return an INSERT that knows ON CONFLICT."""
    return sqlite_insert(table) if sqlite else postgres_insert(table)


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


@cache
def _upserting(table: Table, sqlite: bool, columns: Sequence[str], first: str | None) -> Any:
    statement = inserting(table, sqlite=sqlite)
    keys = [column.name for column in table.primary_key.columns]
    rest = {name: statement.excluded[name] for name in columns if name not in keys}
    if first is not None:
        new = statement.excluded[first]
        rest[first] = case((new.is_not(None), func.coalesce(table.c[first], new)))
    return statement.on_conflict_do_update(index_elements=keys, set_=rest)


@cache
def _making_room(table: Table, sqlite: bool) -> Any:
    return inserting(table, sqlite=sqlite).on_conflict_do_nothing()


def locking(tx: Connection, statement: Select[Any]) -> Select[Any]:
    """Lock what a SELECT returns; on SQLite the transaction itself is the lock."""
    return lockable(statement)[is_sqlite(tx)]


def lockable(statement: Select[Any], *, skip: bool = False) -> Mapping[bool, Select[Any]]:
    """Return a SELECT that locks what it returns, to be picked by `is_sqlite`.

    With `skip` it leaves out what others have locked.
    """
    return {True: statement, False: statement.with_for_update(skip_locked=skip)}


def each(tx: Connection, statement: Executable, some: Iterable[Any], **asked: Any) -> Iterator[Any]:
    """Yield the rows of a statement for `SOME` values, in as many pieces as it takes."""
    for piece in pieces(sorted(set(some))):
        yield from tx.execute(statement, {**asked, "some": piece}).all()


def pieces(rows: Iterable[T], size: int = PIECE) -> Iterator[list[T]]:
    """Cut rows into lists of a size that one statement can carry."""
    left = iter(rows)
    while piece := list(islice(left, size)):
        yield piece
