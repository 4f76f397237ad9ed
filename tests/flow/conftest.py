"""The small merchant, ready on both databases."""

import pytest

from stocksync.store.session import Database
from tests.flow.stall import House


@pytest.fixture
def house(db: Database) -> House:
    """Return a merchant with an active config and empty books."""
    return House(db)
