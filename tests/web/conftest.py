"""One door a test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.cast import House, house


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path / "stocksync.db") as one:
        yield one
