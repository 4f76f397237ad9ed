from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels.settings import Secret
from stocksync.channels.shopify import Shopify
from stocksync.core.belief import Way
from tests.channels.shopify.samples import BACK, MAIN, SHOP, channel, secret, settings

EMPTY = Secret(value=" ", origin="env:SHOPIFY_SECRET")


def complaint(**written: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        settings(**written)
    (error,) = refused.value.errors()
    return error["msg"]


def test_an_app_of_the_dev_dashboard_is_all_it_takes() -> None:
    written = settings(client_secret=secret("s"))

    assert Shopify.Settings is type(written)
    assert written.base_url == f"https://{SHOP}"
    assert written.signing == (secret("s"),)
    assert written.mapped == {75596366001, 75596366002}
    assert written.batch_size == 250
    assert (written.edit_removal, written.cancel_without_restock) == ("restock", "gone")
    assert written.timeout == timedelta(seconds=30)
    assert written.poll.orders_every == timedelta(minutes=5)
    assert written.poll.levels_every == timedelta(hours=1)
    assert written.poll.webhooks_every == timedelta(minutes=15)
    assert written.poll.overlap == timedelta(minutes=10)


def test_an_old_app_has_a_token_and_its_secret_still_signs() -> None:
    written = settings(client_id=None, access_token=secret("shpat_1"), client_secret=secret("s"))

    assert written.access_token.value == "shpat_1"
    assert written.signing == (secret("s"),)


def test_the_store_signs_with_a_secret_of_its_own() -> None:
    written = settings(client_secret=secret("app"), webhook_secret=[secret("a"), secret("b")])

    assert [one.value for one in written.signing] == ["app", "a", "b"]


def test_a_location_may_be_written_as_its_number() -> None:
    written = settings(locations={"75596366001": "main", BACK: "back"})

    assert written.locations == {MAIN: "main", BACK: "back"}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"shop": "sneakers.example"}, "write the shop's myshopify.com address"),
        ({"shop": f"https://{SHOP}"}, "write the shop's myshopify.com address"),
        ({"client_id": "a b"}, "copy the app's client id whole"),
        ({"client_secret": EMPTY}, "env:SHOPIFY_SECRET is empty, so anybody could sign"),
        ({"client_secret": "plain"}, "a secret is written by reference"),
        ({"webhook_secret": EMPTY}, "env:SHOPIFY_SECRET is empty, so anybody could sign"),
        ({"client_id": None}, "needs client_id and client_secret"),
        ({"client_secret": None}, "needs client_id and client_secret"),
        ({"access_token": secret("shpat_1")}, "are two ways in"),
        ({"client_id": None, "access_token": EMPTY}, "copy the token whole"),
        ({"locations": {"shelf": "main"}}, "shelf is no location of Shopify"),
        ({"locations": {"gid://shopify/Order/1": "main"}}, "is no location of Shopify"),
        ({"locations": {"75596366001": "main", MAIN: "back"}}, "twice; keep one"),
        ({"locations": {"75596366001": "main", "75596366002": "main"}}, "each of them shows a"),
        ({"url": "http://shop.example"}, "https"),
        ({"edit_removal": "drop"}, "'restock', 'keep' or 'verify'"),
        ({"cancel_without_restock": "sell"}, "'gone' or 'restock'"),
        ({"ignore_sources": ["Ada's app"]}, "as in pos, Amazon DE or 1354745001"),
        ({"timeout": "4s"}, "must be 5s or more"),
        ({"batch_size": 251}, "less than or equal to 250"),
        ({"batch_size": 0}, "greater than or equal to 1"),
        ({"poll": {"orders_every": "1s"}}, "must be 5s or more"),
        ({"poll": {"levels_every": "1s"}}, "must be 5s or more"),
        ({"poll": {"webhooks_every": "10s"}}, "must be 30s or more"),
        ({"poll": {"overlap": "5m"}}, "must be 600s or more"),
        ({"poll": {"index_lag": "6m"}}, "must be 5m or less"),
        ({"buffr": 2}, "Extra inputs are not permitted"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.items()))[:60],
)
def test_a_mistake_is_told_with_its_way_out(written: dict[str, Any], words: str) -> None:
    assert words in complaint(**written)


def test_no_secret_shows_in_any_output() -> None:
    told = repr(settings(access_token=None)) + repr(channel()) + repr(vars(channel()))

    assert "stocksync-test-client-secret" not in told


def test_the_shop_compares_and_knows_a_batch_by_its_key() -> None:
    reach = channel(poll={"orders_every": "7m", "webhooks_every": "0"}, batch_size=50).reach

    assert (reach.way, reach.by_key, reach.batch, reach.reads) == (Way.COMPARED, True, 50, 250)
    assert reach.longest_life >= timedelta(seconds=120)
    assert reach.lag == timedelta(seconds=10)
    assert reach.poll_every == timedelta(minutes=7)
    assert (reach.watch_every, reach.poke_every) == (None, None)
    assert reach.pulls_orders
