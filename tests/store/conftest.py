"""What the tests of the store share."""

from collections.abc import Iterator

import pytest

from stocksync.store.session import Database
from tests import databases


@pytest.fixture
def many_writers() -> Iterator[Database]:
    """Yield a database on which writers meet: PostgreSQL, for SQLite lets in one at a time."""
    with databases.fresh_postgres() as url:
        database = Database(url)
        yield database
        database.close()
