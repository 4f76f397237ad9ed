"""Shops served over real HTTP, whose clock a test moves by hand."""

from collections.abc import Iterator

import pytest

from stocksync.sandbox.server import serve
from tests.sandbox.shopify_receiver import PostOffice, post_office
from tests.sandbox.street import Client, Street, street


@pytest.fixture
def web() -> Street:
    return street()


@pytest.fixture
def call(web: Street) -> Iterator[Client]:
    with serve([web.shop]) as served:
        client = Client(served.url("web"))
        yield client
        client.session.close()


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with post_office() as office:
        yield office
