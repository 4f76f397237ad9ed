"""One house a test, open at noon of Black Friday."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from tests.channels.woocommerce.shop import NOON
from tests.story.house import House, config, opened


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    with time_machine.travel(NOON, tick=True), opened(database_url, tmp_path / "c", config()) as it:
        yield it
