"""A shop on each of the two databases."""

from pathlib import Path

import pytest

from tests.cli.cast import Desk, desk


@pytest.fixture
def shop(database_url: str, tmp_path: Path) -> Desk:
    return desk(tmp_path, DATABASE_URL=database_url)
