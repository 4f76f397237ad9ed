"""`stocksync import` of a shop that takes its time to list its catalogue."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from stocksync.core.names import ChannelName
from stocksync.flow import link
from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Knobs, Shop
from stocksync.wiring import outgoing
from tests.cli.cast import SHOP, Desk, desk

MARKET = ChannelName("market")
GOODS = 40
"""Each with one level, so that the file holds twice as many objects."""
TAKES_S = 3.0

pytestmark = pytest.mark.long


@dataclass
class Place:
    """A desk, and the shop that it is configured for."""

    desk: Desk
    shop: Shop


@pytest.fixture
def slow(database_url: str, tmp_path: Path) -> Iterator[Place]:
    """Serve a shop that lists its catalogue for seconds."""
    shop = Shop(
        "market", client_id="app", secrets=("s1",), knobs=Knobs(bulk_takes_s=TAKES_S), seed=3
    )
    for number in range(GOODS):
        shop.add_product(f"MUG-{number}", 10)
    with serve([shop]) as served:
        text = f"""\
merchant: {SHOP}
locations: {{shelf: {{kind: own}}}}
channels:
  market:
    kind: shopify
    shop: {shop.domain}
    url: "{served.url("market")}"
    client_id: app
    client_secret: {{env: APP_SECRET}}
    locations: {{"gid://shopify/Location/{shop.location_id("Main")}": shelf}}
    location: shelf
    allow_private: true
    allow_insecure: true
    poll: {{index_lag: 0}}
"""
        mine = desk(tmp_path, text, DATABASE_URL=database_url, APP_SECRET="s1")
        yield Place(mine, shop)


def test_while_a_shop_lists_its_catalogue_linking_tells_how_far_it_is(slow: Place) -> None:
    system = slow.desk.system()
    one = outgoing(system, SHOP, MARKET)
    assert one is not None

    steps = list(link.Linking(one=one, learn=True).run())
    system.database.close()

    lists = [step.done for step in steps if step.doing == "market lists its catalogue"]
    rest = [step for step in steps[len(lists) :] if step.doing == "catalogue"]
    assert lists == [step.done for step in steps[: len(lists)]]  # before the first page
    assert len(set(lists)) >= 3
    assert lists == sorted(lists)
    assert lists[0] < lists[-1] < 2 * GOODS
    assert [step.done for step in rest] == [2 * GOODS]


def test_who_waits_for_a_shop_sees_how_many_objects_it_has_listed(
    slow: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm", "COLUMNS": "100"}.items():
        monkeypatch.setenv(name, value)  # as if standard error were a terminal

    result = slow.desk.run("import", "market")

    assert result.exit_code == 0, result.output
    seen = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", result.stderr)
    told = [int(n) for n in re.findall(r"market lists its catalogue\D+?(\d+)/\?", seen)]
    assert max(told) > min(told)
    assert told == sorted(told)
    assert f"counted {GOODS} SKUs at shelf" in result.stdout
