"""One recorded shop day: what its bodies tell, against what was true in the shop."""

from collections import Counter
from functools import cache
from typing import Any

from stocksync.core.facts import AskAgain, Flag, OrderSnapshot, Shows, SomethingMissed
from tests.channels.woocommerce.shop import channel, tape, tape_secret


@cache
def the_day() -> tuple[list[Any], dict[str, Any]]:
    """Return all facts in the order in which they were heard, and what was true at the end."""
    web = channel(tape_secret())
    deliveries, truth = tape()
    kept = [one for came in deliveries for one in web.minimise(came)]
    return [fact for one in kept for fact in web.translate(one)], truth


def newest_orders() -> dict[str, OrderSnapshot]:
    newest: dict[str, OrderSnapshot] = {}
    for fact in the_day()[0]:
        if isinstance(fact, OrderSnapshot):
            known = newest.get(fact.order)
            if known is None or fact.version >= known.version:
                newest[fact.order] = fact
    return newest


def taken(shown: OrderSnapshot) -> dict[str, int]:
    return {one.line: one.committed + one.gone - one.beyond for one in shown.lines}


def test_the_newest_body_of_each_order_takes_what_the_shop_had_taken() -> None:
    newest, truth = newest_orders(), the_day()[1]["final_orders"]
    there = {number: last for number, last in truth.items() if last["status"] != "GONE"}

    told = {number: taken(newest[number]) for number in there}

    assert len(there) == 151 - 4
    assert told == {
        number: {str(one["line_id"]): one["reduced_stock"] for one in last["lines"]}
        for number, last in there.items()
    }


def test_an_order_that_vanished_after_its_body_took_what_it_held_then() -> None:
    newest, (_, truth) = newest_orders(), the_day()
    vanished = {
        number: dict(last["held_when_deleted"])
        for number, last in truth["final_orders"].items()
        if last["status"] == "GONE"
    }

    never_shown = sorted(int(number) for number in vanished if number not in newest)
    told = {
        number: {one.sku: one.committed for one in newest[number].lines}
        for number in vanished
        if number in newest
    }

    assert never_shown == truth["orders_never_shown"] == [65, 108, 111]
    assert told == {"218": {"HOME-STYLE5-S": 2}}


def test_the_orders_and_the_edits_of_the_day_end_at_the_shops_own_numbers() -> None:
    truth = the_day()[1]
    stock = Counter({sku: one["initial"] for sku, one in truth["balance"].items()})
    for edit in truth["manual_edits"]:
        stock[edit["sku"]] += edit["delta"]
    owners = {
        f"HOME-STYLE5-{size}": "HOME-STYLE5" for size in ("S", "M", "L", "XL")
    }  # four variations that sell from their parent

    for shown in newest_orders().values():
        for one in shown.lines:
            assert one.sku is not None
            owner = one.sku if one.sku in truth["balance"] else owners[one.sku]
            stock[owner] -= one.committed + one.gone - one.beyond

    assert dict(stock) == truth["expected_from_order_bodies"]


def test_no_line_of_the_day_is_in_trouble_and_no_order_had_to_be_computed() -> None:
    shown = [fact for fact in the_day()[0] if isinstance(fact, OrderSnapshot)]

    assert len(shown) == 368
    assert [one.trouble for order in shown for one in order.lines if one.trouble] == []
    assert [order.order for order in shown if Flag.UNTOLD in order.flags] == []


def test_every_error_and_every_trashing_of_the_day_is_heard() -> None:
    facts = the_day()[0]

    missed = [fact for fact in facts if isinstance(fact, SomethingMissed)]
    trashed = sorted(int(fact.order) for fact in facts if isinstance(fact, AskAgain))

    assert len(missed) == 6
    assert trashed == [56, 65, 78, 94, 138, 178, 224]


def test_the_last_number_shown_is_the_shops_number() -> None:
    facts, truth = the_day()
    shown = {fact.listing: fact.number for fact in facts if isinstance(fact, Shows)}

    assert sum(shown.values()) == truth["final_total"] == 465
