"""Whatever people and clients do, no unit comes from nowhere or goes nowhere."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.sandbox.server import serve
from stocksync.sandbox.woocommerce import OutOfStock, Shop
from stocksync.sandbox.woocommerce.errors import RestError
from tests.sandbox.street import SIGNING, Client, Door, Street, street

SKUS = ("MUG", "JUG", "SHIRT-S", "CAP-R", "CAP-B", "GIFT-CARD")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed")
units = st.integers(min_value=1, max_value=5)
skus = st.sampled_from(SKUS)
orders = st.integers(min_value=0, max_value=30)
carts = st.dictionaries(skus, units, min_size=1, max_size=3)
acts = st.one_of(
    st.tuples(st.just("buy"), carts, st.sampled_from(("store-api", "checkout", "rest-api"))),
    st.tuples(st.just("open"), carts, st.sampled_from(("store-api", "checkout"))),
    st.tuples(st.just("pay"), orders),
    st.tuples(st.just("status"), orders, st.sampled_from(STATUSES)),
    st.tuples(st.just("refund"), orders, units, st.booleans()),
    st.tuples(st.just("line"), orders, st.integers(min_value=0, max_value=6)),
    st.tuples(st.just("add"), orders, skus, units),
    st.tuples(st.sampled_from(("trash", "restore", "force")), orders),
    st.tuples(st.just("edit"), st.sampled_from(("MUG", "SHIRT-S", "CAP")), st.integers(-3, 30)),
    st.tuples(st.just("time"), st.sampled_from((1, 60, 4000))),
)


def fill(web: Street) -> None:
    web.shop.add_product("MUG", 10)
    web.shop.add_product("JUG", 3, backorders="notify")
    web.shop.add_product("GIFT-CARD", None, managed=False)
    web.shop.add_variable("SHIRT", variations={"SHIRT-S": 8})
    web.shop.add_variable("CAP", 20, variations={"CAP-R": "parent", "CAP-B": "parent"})


def play(web: Street, act: tuple[object, ...]) -> None:
    shop, known = web.shop, list(web.shop.orders)
    match act:
        case ("buy", dict(cart), str(via)):
            shop.buy(cart, via=via)
        case ("open", dict(cart), str(via)):
            shop.open_checkout(cart, via=via)
        case ("edit", str(sku), int(stock)):
            shop.edit_stock(sku, stock)
        case ("time", int(seconds)):
            web.run(seconds)
        case (str(verb), int(which), *rest) if known:
            order = known[which % len(known)]
            lines = shop.orders[order].lines
            match verb, rest:
                case "pay", _:
                    shop.pay(order)
                case "status", [str(status)]:
                    shop.set_status(order, status)
                case "refund", [int(back), bool(restock)] if lines:
                    shop.refund(order, {lines[0].id: back}, restock=restock)
                case "line", [int(quantity)] if lines:
                    shop.edit_line(order, lines[-1].id, quantity)
                case "add", [str(sku), int(quantity)]:
                    shop.add_line(order, sku, quantity)
                case "trash", _:
                    shop.trash(order)
                case "restore", _:
                    shop.restore(order)
                case "force", _:
                    shop.force_delete(order)
                case _:  # an order without lines
                    pass


@settings(max_examples=150, deadline=None)
@given(st.lists(acts, max_size=40))
def test_the_books_balance_after_any_acts(day: list[tuple[object, ...]]) -> None:
    web = street()
    fill(web)

    for act in day:
        with suppress(OutOfStock, RestError):
            play(web, act)
        wrong = {sku: one for sku, one in web.shop.truth().items() if not one.balances}
        assert wrong == {}


def test_the_books_balance_when_a_variation_leaves_its_pool(web: Street, call: Client) -> None:
    fill(web)
    order = web.shop.create_order({"CAP-R": 3})
    cap, red = web.shop.id_of("CAP"), web.shop.id_of("CAP-R")

    told = {"manage_stock": True, "stock_quantity": 5}
    call("PUT", f"products/{cap}/variations/{red}", told)
    web.shop.set_status(order, "cancelled")

    assert (web.shop.stock("CAP"), web.shop.stock("CAP-R")) == (17, 8)
    assert all(one.balances for one in web.shop.truth().values())


def test_twenty_four_shoppers_at_once_end_exact() -> None:
    web = street()
    web.shop.add_product("MUG", 20)
    start = threading.Barrier(24, timeout=5)

    def shopper(_: int) -> bool:
        start.wait()
        try:
            web.shop.buy({"MUG": 1})
        except OutOfStock:
            return False
        return True

    with ThreadPoolExecutor(24) as people:
        bought = list(people.map(shopper, range(24)))

    assert (bought.count(True), web.shop.stock("MUG")) == (20, 0)
    assert web.shop.truth()["MUG"].balances


def test_a_running_shop_delivers_over_http_while_people_shop() -> None:
    door = Door()
    shop = Shop("web", key="k", secret="s")
    shop.add_product("MUG", 50)

    with serve([shop, door]) as served, shop.running():
        shop.add_webhook("order.created", f"{served.url('door')}/web", SIGNING)
        bought = {shop.buy({"MUG": 1}) for _ in range(10)}
        for _ in range(250):
            if len(door.heard) >= 11:
                break
            threading.Event().wait(0.02)

    named = [headers["X-Wc-Webhook-Topic"] for headers, _ in door.heard[1:]]
    assert named == ["order.created"] * 10
    assert {one.key for one in shop.log.attempts if one.ending == "sent"} == bought
