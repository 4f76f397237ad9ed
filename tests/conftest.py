"""What every test may ask for: `db` runs it once on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stocksync.store.session import Database
from tests import databases

BOTH = [
    pytest.param("sqlite"),
    pytest.param("postgres", marks=pytest.mark.postgres),
]


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Yield the address of an empty, migrated database; once for each kind."""
    if request.param == "sqlite":
        with databases.fresh_sqlite(tmp_path) as url:
            yield url
    else:
        with databases.fresh_postgres() as url:
            yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Yield an empty, migrated database; once for each kind."""
    database = Database(database_url)
    yield database
    database.close()
