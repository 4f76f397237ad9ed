"""Sales: what one channel sells, the others show, in few calls."""

from collections import Counter

from stocksync.core.names import ChannelName
from tests.market.cast import MUG, OUTLET, TILL, WEB, Street
from tests.market.conftest import Opens

BAR = ChannelName("bar")


def test_a_sale_in_one_shop_lowers_the_other_and_the_till_and_writes_nothing_to_its_own(
    market: Street,
) -> None:
    market.web.buy({"MUG-RED": 3})

    assert market.agreed() == {7}
    assert market.writes(OUTLET) == [7]
    assert market.writes(TILL) == [7]
    assert market.writes(WEB) == []


def test_a_sale_at_the_till_lowers_both_shops_and_writes_nothing_to_the_till(
    market: Street,
) -> None:
    market.till.sell({"MUG-RED": 4})

    assert market.agreed() == {6}
    assert market.writes(WEB) == market.writes(OUTLET) == [6]
    assert market.writes(TILL) == []


def test_a_thousand_sales_of_one_sku_at_four_channels_are_few_calls_and_none_in_vain(
    opens: Opens,
) -> None:
    market = opens({MUG: 5000}, tills=(TILL, BAR))
    for shop in market.shops.values():
        shop.knobs.latency_s = 0.4
    for number in range(1000):
        seller = (WEB, OUTLET, TILL, BAR)[number % 4]
        act = market.shops[seller].buy if seller in market.shops else market.tills[seller].sell
        market.later(number // 25 / 4, act, {"MUG-RED": 1})

    assert market.agreed() == {4000}
    told = Counter((name, call) for name in (WEB, OUTLET, TILL, BAR) for call in market.calls(name))
    assert told.total() < 60, told
    assert [
        one for shop in market.shops.values() for one in shop.log.writes if one.before == one.after
    ] == []
    assert [
        one
        for till in market.tills.values()
        for one in till.log.writes
        if one.result == "unchanged"
    ] == []
    market.forget()
    market.run(30)
    assert not any("products" in call for name in market.shops for call in market.calls(name))
    assert not any("levels" in call for name in market.tills for call in market.calls(name))
