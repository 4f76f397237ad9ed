"""A shop on each of the two databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.cast import Desk, desk
from tests.cli.street import Street, street


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Desk:
    return desk(tmp_path, DATABASE_URL=database_url)


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Street]:
    with street(tmp_path, database_url) as built:
        yield built
