"""A storm over a street: a thousand sales in ten seconds, and everything that can go wrong."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from stocksync.core.belief import Way
from stocksync.core.names import ChannelName, Sku
from stocksync.lab.stores import ShopifyStore, WooStore
from stocksync.lab.street import TILL, Street, street
from stocksync.sandbox import shopify
from stocksync.sandbox import till as tills
from stocksync.sandbox import woocommerce as shops

pytestmark = pytest.mark.waits

SALES, SECONDS = 1000, 10
GOODS = {Sku(f"SKU-{number:03}"): 12 for number in range(100)}
MARKET = ChannelName("market")
PUSHES_MOST = {Way.COMPARED: 2, Way.ABSOLUTE: 3}
"""How many writes bring a listing to rest once nothing goes wrong any more."""
HEARD_IN_S = 120
SETTLED_IN_S = 300


def unkind_shop() -> shops.Knobs:
    return shops.Knobs(
        webhook_delay_s=0.3,
        webhook_spread=shops.Spread.EXPONENTIAL,
        webhook_loss=0.05,
        webhook_doubles=0.2,
        doubled_after_s=1,
        webhook_stale=0.05,
        stale_by_s=2,
        broken=0.05,
        timed_out=0.02,
        hangs_s=1,
        latency_s=0.15,
        latency_spread=shops.Spread.EXPONENTIAL,
    )


def unkind_market() -> shopify.Knobs:
    return shopify.Knobs(
        webhook_delay_s=0.3,
        webhook_spread_s=1,
        webhook_shuffle=True,
        webhook_loss=0.05,
        webhook_doubles=0.2,
        webhook_doubled_after_s=1,
        webhook_stale=0.05,
        webhook_stale_by_s=2,
        webhook_level_twice=0.2,
        broken=0.05,
        timed_out=0.02,
        hangs_s=1,
        latency_s=0.15,
        latency_spread=shopify.Spread.EXPONENTIAL,
    )


def unkind_till() -> tills.Knobs:
    return tills.Knobs(
        webhook_delay=(timedelta(0), timedelta(seconds=1)),
        webhook_loss=0.05,
        webhook_copies=0.2,
        webhook_shuffle=True,
        push_rates={tills.Mishap.BROKEN_BEFORE: 0.05, tills.Mishap.CUT_AFTER: 0.02},
        read_rates={tills.Mishap.BROKEN_BEFORE: 0.05},
    )


def storm(open_street: Street, seed: int) -> None:
    """Have shoppers buy at every channel at once, a few SKUs far more than the others."""
    dice = random.Random(seed)
    began = time.monotonic()

    def shopper(number: int) -> None:
        at = began + number * SECONDS / SALES
        time.sleep(max(0.0, at - time.monotonic()))
        sku = Sku(f"SKU-{min(99, int(dice.expovariate(1 / 20))):03}")
        open_street.buy(dice.choice(open_street.channels), sku)

    with ThreadPoolExecutor(8) as shoppers:
        list(shoppers.map(shopper, range(SALES)))


def calm(open_street: Street) -> None:
    """End all faults, so that what was left unanswered can come to rest."""
    quiet = dict.fromkeys(("webhook_loss", "webhook_doubles", "webhook_stale"), 0.0)
    for store in open_street.shops.values():
        store.shop.knobs.turn({**quiet, "broken": 0.0, "timed_out": 0.0})
    open_street.till.knobs.webhook_loss = 0.0
    open_street.till.knobs.push_rates.clear()
    open_street.till.knobs.read_rates.clear()


def heard_all(open_street: Street) -> None:
    """Wait until every sale is booked: from then on what is wanted does not change."""
    deadline = time.monotonic() + HEARD_IN_S
    while open_street.compare() and time.monotonic() < deadline:
        time.sleep(0.1)


def writes_so_far(open_street: Street) -> dict[ChannelName, Counter[str]]:
    """Return how often the number of each SKU was written, by channel."""
    written = {
        name: Counter(write.sku for write in store.shop.log.writes)
        for name, store in open_street.shops.items()
    }
    written[TILL] = Counter(write.sku for write in open_street.till.log.writes)
    return written


@pytest.mark.timeout(600)
def test_after_a_storm_all_channels_agree_and_nothing_was_sold_twice_by_us(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database_url.startswith("sqlite"):
        monkeypatch.delenv("DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("DATABASE_URL", database_url)
    with street(
        GOODS,
        markets=[MARKET],
        shop_knobs=unkind_shop,
        market_knobs=unkind_market,
        till_knobs=unkind_till,
        market_settings="    poll: {orders_every: 60s, index_lag: 1s}\n",
    ) as opened:
        for store in opened.shops.values():
            fates = shopify.Fate if isinstance(store, ShopifyStore) else shops.Fate
            for fate in (fates.BROKEN, fates.TIMED_OUT):
                store.shop.fate(fate)
        storm(opened, seed=20)
        calm(opened)
        heard_all(opened)
        in_the_storm = writes_so_far(opened)
        left = opened.settle(SETTLED_IN_S)
        after = writes_so_far(opened)
        differences = opened.compare()
        log = opened.private.log.read_text()

    assert left == []
    assert differences == []
    # Nothing was raised: no number written lies above the one that we had read just before.
    for store in opened.shops.values():
        if isinstance(store, WooStore):
            assert [write for write in store.shop.log.writes if above_what_was_read(write)] == []
    # Where the shop compares, each write landed on the number that we believed.
    blind = [x for x in opened.shops[MARKET].shop.log.writes if x.expected != x.before]
    assert blind == []
    for name, counts in after.items():
        most = PUSHES_MOST[Way.COMPARED if name in (TILL, MARKET) else Way.ABSOLUTE]
        pushed = counts - in_the_storm[name]
        assert max(pushed.values(), default=0) <= most, (name, pushed.most_common(3))
    # Each fault was there.
    for store in opened.shops.values():
        fates_met = {call.fate for call in store.shop.log.calls}
        assert {"broken", "timed-out"} <= {str(fate) for fate in fates_met}, fates_met
    assert "Traceback" not in log


def above_what_was_read(write: shops.Write) -> bool:
    return (write.after or 0) > (write.before or 0) + write.unread
