"""The two databases that are measured: a SQLite file, and PostgreSQL as the tests start it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from tests import databases


class Kind(StrEnum):
    """Which database."""

    SQLITE = "SQLite"
    POSTGRES = "PostgreSQL"


@contextmanager
def fresh(kind: Kind) -> Iterator[str]:
    """Yield the URL of an empty, migrated database."""
    match kind:
        case Kind.SQLITE:
            with (
                tempfile.TemporaryDirectory(prefix="stocksync-bench-") as folder,
                databases.fresh_sqlite(Path(folder)) as url,
            ):
                yield url
        case Kind.POSTGRES:
            with databases.fresh_postgres() as url:
                yield url


@contextmanager
def named(url: str | None) -> Iterator[None]:
    """Let DATABASE_URL name a database, or none, until the end of the block."""
    before = os.environ.pop("DATABASE_URL", None)
    if url is not None:
        os.environ["DATABASE_URL"] = url
    try:
        yield
    finally:
        os.environ.pop("DATABASE_URL", None)
        if before is not None:
            os.environ["DATABASE_URL"] = before
