"""The few words in which the two databases differ, and those of statements built only once.

To build a statement costs more than to run it: those of every turn and of every batch are
values of their modules, asked with the parameters that stand here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Connection,
    Dialect,
    Executable,
    Integer,
    Select,
    String,
    Table,
    Text,
    TypeDecorator,
    bindparam,
    case,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from stocksync.store.tables import Utc

T = TypeVar("T")


class Many(TypeDecorator[Sequence[Any]]):
    """Any number of values in one parameter: an array, on SQLite its JSON.

    With one parameter for each value every number of them is another statement, which costs
    more to spell and to read than to run.
    """

    impl = Text
    cache_ok = True

    def __init__(self, one: type[TypeEngine[Any]] = Text) -> None:
        super().__init__()
        self.one = one

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database knows."""
        sqlite = dialect.name == "sqlite"
        return dialect.type_descriptor(Text() if sqlite else ARRAY(self.one))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """Return the values as the database takes them."""
        if value is None or dialect.name != "sqlite":
            return value
        return orjson.dumps(value).decode()


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: Any = None) -> "_Among":
        """Return it as it is: SQLAlchemy would write `= 1` behind it, and no index would serve."""
        return self


@compiles(_Among, "postgresql")
def _any(element: _Among, compiler: Any, **told: Any) -> str:
    column, values = (compiler.process(one, **told) for one in element.clauses)
    return f"{column} = ANY ({values})"


@compiles(_Among, "sqlite")
def _in_json(element: _Among, compiler: Any, **told: Any) -> str:
    column, values = (compiler.process(one, **told) for one in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 compiled parts


MERCHANT: Any = bindparam("of_merchant", type_=String())
CHANNEL: Any = bindparam("of_channel", type_=String())
KIND: Any = bindparam("of_kind", type_=String())
NOW: Any = bindparam("now", type_=Utc())
MOST: Any = bindparam("most", type_=Integer())
SOME: Any = bindparam("some", type_=Many())
SOME_IDS: Any = bindparam("some", type_=Many(BigInteger))

PIECE = 400
"""How many values one IN list or one INSERT carries at most."""


def among(column: ColumnElement[Any], values: Any = SOME) -> ColumnElement[bool]:
    """Return the condition that a column is one of `Many` values."""
    return _Among(column, values)


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
