"""One whole day of a real shop: the same people do the same acts in ours."""

import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stocksync.sandbox.woocommerce import OutOfStock, Shop
from stocksync.sandbox.woocommerce.errors import RestError
from stocksync.sandbox.woocommerce.orders import Order

HERE = Path(__file__).parent
TAPES = HERE.parents[1] / "stocksync" / "lab" / "recordings"
Json = dict[str, Any]


def lines(path: Path) -> list[Json]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


class Day:
    """The recorded day, done again."""

    def __init__(self) -> None:
        self.truth = lines(TAPES / "tape-day-1.jsonl.gz")[-1]
        self.start = json.loads((TAPES / "tape-day-1.start.json").read_text())
        self.acts = lines(HERE / "tape-day-1.actions.jsonl.gz")
        self.now = datetime.fromtimestamp(self.acts[0]["t"] - 5, UTC)
        self.shop = Shop("web", key="k", secret="s", clock=lambda: self.now, deliver=lambda _: 200)
        self.ours: dict[int, int] = {}
        self.surprises: list[str] = []
        self.fill()
        self.run()

    def fill(self) -> None:
        opening = self.start["initial_stock"]
        names = {product["id"]: sku for sku, product in self.start["products"].items()}
        families: dict[int, Json] = defaultdict(dict)
        for sku, product in self.start["products"].items():
            if product["type"] == "simple":
                backorders = product["backorders"]
                self.shop.add_product(sku, opening[sku], id=product["id"], backorders=backorders)
            elif product["type"] == "variation":
                families[product["parent_id"]][sku] = product
        for parent_id, children in families.items():
            parent = names.get(parent_id, f"parent-{parent_id}")
            self.shop.add_variable(
                parent,
                opening.get(parent),
                id=parent_id,
                variations={sku: opening.get(sku, "parent") for sku in children},
                ids={sku: child["id"] for sku, child in children.items()},
            )

    def run(self) -> None:
        moments = [(act["t"], 1, act) for act in self.acts if "manual" not in act["act"]]
        moments += [(edit["t"], 0, edit) for edit in self.truth["manual_edits"]]
        for at, by_people, told in sorted(moments, key=lambda one: one[:2]):
            self.now = datetime.fromtimestamp(at, UTC)
            if by_people:
                self.act(told)
            else:
                self.edit(told)

    def edit(self, told: Json) -> None:
        sku = told["sku"]
        if self.shop.stock(sku) != told["before"]:
            self.surprises.append(f"before an edit {sku} shows {self.shop.stock(sku)}: {told}")
        if told["kind"] == "name":
            self.shop.save_product(sku)
        else:
            self.shop.edit_stock(sku, told["after"])

    def act(self, told: Json) -> None:
        shop, act = self.shop, told["act"]
        verb, *rest = act.split(":")
        number = int(told["order"] or 0)
        order = self.ours.get(number, 0)
        if verb == "buy":
            status = {"store-cod": "processing", "store-bacs": "on-hold"}[told["kind"]]
            self.shops(told, number, lambda cart: shop.buy(cart, status=status))
        elif verb == "draft":
            self.shops(told, number, shop.open_checkout)
        elif verb == "checkout-unpaid":
            self.ours[number] = shop.open_checkout(dict(told["items"]), via="checkout")
        elif verb == "order":
            items = dict(told["items"])
            self.ours[number] = shop.create_order(items, status=told["status"])
        elif verb in ("to", "pay-draft"):
            shop.set_status(order, rest[0])
        elif verb == "paid":
            shop.set_status(order, "completed")
        elif verb == "refund-full":
            self.refund_all(told, order)
        elif verb in ("refund-restock", "refund-norestock"):
            shop.refund(order, {rest[0]: int(rest[1])}, restock=verb == "refund-restock")
        elif verb == "refund-amount":
            shop.refund(order, amount_cents=100)
        elif verb == "addline":
            shop.add_line(order, rest[0], int(rest[1]))
        elif verb == "qty":
            shop.edit_line(order, rest[0], int(rest[1].split("->")[1]))
        elif verb == "delline":
            shop.delete_line(order, rest[0])
        elif verb == "delrefund":
            shop.delete_refund(order, shop.orders[order].refunds[-1].id)
        elif verb == "note":
            shop.note(order, "a note")
        else:
            plain = {"trash": shop.trash, "untrash": shop.restore, "force": shop.force_delete}
            plain[verb](order)

    def shops(self, told: Json, number: int, buy: Callable[[Json], int]) -> None:
        cart, refused = dict(told["items"]), []
        while cart:
            try:
                self.ours[number] = buy(cart)
                break
            except OutOfStock as e:
                refused.append(e.code)
                del cart[e.sku]
        if sorted(refused) != sorted(told["refused"]):
            self.surprises.append(f"refused {refused}: {told}")

    def refund_all(self, told: Json, number: int) -> None:
        order = self.shop.orders[number]
        code = 201
        try:
            self.shop.refund(number, _left(order), restock="True" in told["act"])
        except RestError as e:
            code = e.status
        if code != told["code"]:
            self.surprises.append(f"answered {code}: {told}")


def _left(order: Order) -> dict[int | str, int]:
    back: Counter[int] = Counter()
    for refund in order.refunds:
        back.update(refund.units)
    left = {line.id: line.quantity - back[line.id] for line in order.lines}
    return {line: units for line, units in left.items() if units > 0}


@pytest.fixture(scope="module")
def day() -> Day:
    return Day()


def test_a_recorded_day_ends_with_the_stock_that_the_real_shop_had(day: Day) -> None:
    stock = {sku: day.shop.stock(sku) for sku in day.truth["final_stock"]}

    assert stock == day.truth["final_stock"]
    assert sum(one or 0 for one in stock.values()) == 465
    assert all(one.balances for one in day.shop.truth().values())


def test_on_the_way_every_refusal_edit_and_answer_was_that_of_the_real_shop(day: Day) -> None:
    assert day.surprises == []


def test_every_order_of_the_day_ends_as_it_did_in_the_real_shop(day: Day) -> None:
    ours, theirs = {}, {}
    for number, told in day.truth["final_orders"].items():
        order = day.shop.orders.get(day.ours[int(number)])
        if told["status"] == "GONE":
            assert order is None
            continue
        assert order is not None
        ours[number] = (
            order.status.value,
            [
                (line.name, line.quantity, line.reduced or 0, line.restocked or 0)
                for line in order.lines
            ],
            len(order.refunds),
        )
        theirs[number] = (
            told["status"],
            [
                (line["sku"], line["quantity"], line["reduced_stock"], line["restocked"])
                for line in told["lines"]
            ],
            len(told["refunds"]),
        )

    assert len(ours) == 147
    assert ours == theirs


def test_the_books_of_the_day_are_those_of_the_tape(day: Day) -> None:
    books = {
        sku: (one.opening, one.edits, one.held, one.gone) for sku, one in day.shop.truth().items()
    }

    assert books == {
        sku: (one["initial"], one["manual"], one["held"], one["gone"])
        for sku, one in day.truth["balance"].items()
    }
