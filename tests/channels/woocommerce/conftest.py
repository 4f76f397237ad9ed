"""What the tests of the outgoing half may ask for."""

from collections.abc import Iterator

import pytest

from tests.channels.woocommerce.stand import Stand, open_shop


@pytest.fixture
def stand() -> Iterator[Stand]:
    """Yield an empty shop that answers over HTTP."""
    with open_shop(Stand()) as shop:
        yield shop
