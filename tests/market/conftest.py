"""The market of a test, opened as it asks for and closed behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from stocksync.store.session import Database
from tests.market.cast import MUG, Street
from tests.market.opening import street

Opens = Callable[..., Street]


@pytest.fixture
def opens(db: Database, tmp_path: Path) -> Iterator[Opens]:
    """Yield how to open a market; without words it sells ten mugs."""
    with ExitStack() as stack:

        def open_(stock: Any = None, **told: Any) -> Street:
            return stack.enter_context(street(db, tmp_path, stock or {MUG: 10}, **told))

        yield open_


@pytest.fixture
def market(opens: Opens) -> Street:
    """Return a market that sells ten mugs in two shops and at a till."""
    return opens()
