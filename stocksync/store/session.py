"""The database: one engine that writes, one that reads, and what its errors mean.

SQLite: WAL, synchronous=FULL, every writing transaction begins immediate. PostgreSQL:
time-outs on every statement, lock and idle transaction (ENGINEERING, SQL).
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    DBAPIError,
    DisconnectionError,
    IntegrityError,
    InterfaceError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

AWAY = (OperationalError, InterfaceError, PoolTimeout)
"""What a database that is missing, locked, full or gone raises."""

_TRANSIENT_STATES = {"40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "25P03"}
_TRANSIENT_CODES = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
}
_POSTGRES_OPTIONS = (
    "-c statement_timeout=30000 -c lock_timeout=10000"
    " -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"
)


class Unfit(Exception):
    """The database cannot be used as it is. The message names the thing and the way out."""


class Database:
    """One database, by URL. `busy_s` is how long a writer waits for SQLite's one lock."""

    def __init__(self, url: str, *, busy_s: float = 3.0, pool: int = 5) -> None:
        self.url = url
        parsed = make_url(_with_driver(url))
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if self.is_sqlite:
            if parsed.database:
                _make_folder(Path(parsed.database).parent)
            self._writer = _sqlite(parsed, busy_s, writes=True)
            self._reader = _sqlite(parsed, busy_s, writes=False)
        else:
            self._writer = create_engine(
                parsed,
                pool_pre_ping=True,
                hide_parameters=True,
                pool_size=pool,
                max_overflow=pool,
                pool_timeout=5,
                connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
            )
            self._reader = self._writer

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction; commit at the end, roll back on any error."""
        with self._writer.begin() as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads, on one consistent state."""
        with self._reader.connect() as tx:
            if not self.is_sqlite:
                tx = tx.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with tx.begin():
                yield tx

    def analyze(self) -> None:
        """Have PostgreSQL learn at once how many rows there are, after very many are new.

        Until it does so by itself, a minute later or more, it finds few rows by the wrong index.
        """
        if not self.is_sqlite:
            with self.begin() as tx:
                tx.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        """Give all connections back."""
        self._writer.dispose()
        self._reader.dispose()


def is_transient(error: BaseException) -> bool:
    """Return whether the same transaction may simply be tried again later."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _TRANSIENT_STATES or state[:2] in {"08", "53"}
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        # By its code: a missing table or a number too large is no passing trouble.
        return code & 0xFF in _TRANSIENT_CODES
    return isinstance(error, AWAY)


def has_clashed(error: BaseException) -> bool:
    """Return whether a key was there already: two processes drew the same id (`store.ids`)."""
    return isinstance(error, IntegrityError)


def attempts(most: int) -> Retrying:
    """Return the attempts at a transaction that may clash with others, or find nobody there.

    `for attempt in attempts(4): with attempt, database.begin() as tx: ...`; the last one's error
    is raised.
    """
    return Retrying(
        retry=retry_if_exception(lambda e: is_transient(e) or has_clashed(e)),
        stop=stop_after_attempt(most),
        wait=wait_random_exponential(multiplier=0.05, max=1),
        reraise=True,
    )


def explain(error: BaseException) -> str:
    """Return one clear sentence on what is wrong with the database, and the way out."""
    if isinstance(error, Unfit):
        return str(error)
    text = str(getattr(error, "orig", error)).strip().splitlines()
    first = text[0] if text else type(error).__name__
    lowered = " ".join(text).lower()
    for words, sentence in _SENTENCES:
        if any(word in lowered for word in words):
            return sentence.format(first)
    return f"the database cannot be reached: {first}"


_SENTENCES = (
    (
        ("locked", "busy", "lock timeout", "deadlock"),
        "the database is locked by another process; it is tried again",
    ),
    (
        ("is full", "no space"),
        "the disk of the database is full; free some space, nothing was half written",
    ),
    (
        ("no such table", "no such column", 'relation "', 'column "'),
        "the database lacks tables of this stocksync; bring it up to date once with: stocksync up",
    ),
    (
        ('database "', 'role "', "password"),
        "the database server refuses DATABASE_URL; mend its name, user or password: {}",
    ),
    (
        ("not a database", "malformed"),
        "the file is no sound SQLite database; put a backup in its place, or name another: {}",
    ),
    (
        ("unable to open", "readonly", "read-only"),
        "the database file cannot be opened or written; mend its folder's permissions: {}",
    ),
)
"""What a driver's message holds, and what it means. The first that fits tells."""


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as e:
        raise Unfit(
            f"the folder {folder} of the database cannot be made: {e.strerror}; "
            "mend its permissions, or name another"
        ) from e


def _with_driver(url: str) -> str:
    for plain in ("postgres://", "postgresql://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url


def _sqlite(url: Any, busy_s: float, *, writes: bool) -> Engine:
    engine = create_engine(
        url,
        poolclass=NullPool if url.database in (None, "", ":memory:") else None,
        connect_args={"timeout": busy_s, "check_same_thread": False},
        hide_parameters=True,  # an error that is logged must not carry what a delivery said
    )

    @event.listens_for(engine, "connect")
    def _connected(raw: Any, record: Any) -> None:
        # The driver must not begin transactions on its own: see `_began`.
        raw.isolation_level = None
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(busy_s * 1000)}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")
        if not writes:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()
        record.info["file"] = _identity(url.database)

    @event.listens_for(engine, "checkout")
    def _taken(raw: Any, record: Any, proxy: Any) -> None:
        # A file that was deleted or replaced goes on taking commits that nobody finds again.
        if record.info["file"] != _identity(url.database):
            raise DisconnectionError("the database file was replaced")

    @event.listens_for(engine, "begin")
    def _began(connection: Connection) -> None:
        # Plain BEGIN lets two readers in, and the one that writes second fails.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _identity(file: str | None) -> tuple[int, int] | None:
    """Return which file stands at a path; None if none does."""
    try:
        there = os.stat(file or "")
    except OSError:
        return None
    return there.st_dev, there.st_ino
