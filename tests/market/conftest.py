"""The market of a test, opened as it asks for and closed behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from stocksync.store.session import Database
from tests.market.cast import MUG, Street
from tests.market.opening import street
from tests.market.shopify_town import Town, town

Opens = Callable[..., Street]
Towns = Callable[..., Town]


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


@pytest.fixture
def towns(db: Database, tmp_path: Path) -> Iterator[Towns]:
    """Yield how to open a Shopify shop; without words it holds ten mugs."""
    with ExitStack() as stack:

        def open_(stock: dict[str, int] | None = None, **told: Any) -> Town:
            return stack.enter_context(town(db, tmp_path, stock or {"Main": 10}, **told))

        yield open_
