"""What a till tells of: receipts, voids, counts and transfers, in any order and any shape."""

from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
import time_machine

from stocksync.store import inbox, views
from tests.channels.till.cast import event
from tests.channels.woocommerce.shop import NOON
from tests.story import effect
from tests.story.house import MERCHANT, House, config, opened
from tests.story.street import count, sale, transfer
from tests.story.web import free


def play_every_order(
    house: House, names: str, told: Callable[[str, str], tuple[Any, str]], *, together: bool
) -> list[str]:
    """Send these calls in every order, each order about a thing of its own; return the things.

    `told` gives the body and event id of one call about one thing. The calls of an order
    are applied one by one, or all in one transaction.
    """
    orders = {"".join(one): one for one in permutations(names)}
    for place in range(len(names)):
        for thing, one in orders.items():
            body, event_id = told(one[place], thing)
            assert house.till(body, event_id).status_code in (200, 202)
        if not together:
            house.work()
    house.work()
    return list(orders)


@pytest.mark.parametrize("together", [False, True])
def test_row_3_sale_void_and_replays_net_to_nothing_in_all_orders(
    house: House, together: bool
) -> None:
    house.count({"MUG-RED": 100})

    def told(name: str, receipt: str) -> tuple[Any, str]:
        if name == "v":
            when = {"occurred_at": "2026-11-27T10:05:00Z", "location": "main"}
            void = event("sale.voided", receipt_id=receipt, lines=None, **when)
            return void, f"void-{receipt}"
        # "s" and "d" have one event id; "r" is the same receipt under a new one.
        return sale(receipt, ("MUG-RED", 2)), f"{'sale' if name in 'sd' else 'again'}-{receipt}"

    receipts = play_every_order(house, "svrd", told, together=together)

    assert free(house) == {"MUG-RED": 100}
    now = effect.standing(house)
    assert now["changed"] == {"MUG-RED": 100}
    assert now["papers"] == {f"sale main//{receipt}": {"1": {}} for receipt in receipts}
    assert now["parked"] == []


@pytest.mark.parametrize("together", [False, True])
def test_row_4_counts_and_late_sales_end_alike_in_all_orders(house: House, together: bool) -> None:
    orders = ["".join(one) for one in permutations("beca")]
    house.count(dict.fromkeys(orders, 20))

    def told(name: str, sku: str) -> tuple[Any, str]:
        match name:
            case "e":
                body = count(f"E-{sku}", sku, 9, at="2026-11-27T09:00:00Z")
            case "c":
                body = count(f"C-{sku}", sku, 6, at="2026-11-27T10:00:00Z")
            case "b":
                body = sale(f"B-{sku}", (sku, 2), at="2026-11-27T09:30:00Z")
            case _:
                body = sale(f"A-{sku}", (sku, 1), at="2026-11-27T10:30:00Z")
        return body, f"{name}-{sku}"

    assert play_every_order(house, "beca", told, together=together) == orders

    # 6 were counted at ten, and 1 was sold after it.
    assert free(house) == dict.fromkeys(orders, 5)


def test_row_4_of_two_counts_of_one_moment_the_later_revision_stands(house: House) -> None:
    house.count({"MUG-RED": 20})

    house.till(count("C-1", "MUG-RED", 8, revision=2), "second")
    assert free(house) == {"MUG-RED": 8}
    house.till(count("C-1", "MUG-RED", 6), "first")

    assert free(house) == {"MUG-RED": 8}


def test_row_12_receipt_numbers_that_restart_daily_count_on_both_days_with_the_setting(
    database_url: str, tmp_path: Path
) -> None:
    with (
        time_machine.travel(NOON, tick=True),
        opened(database_url, tmp_path / "c", config(till={"receipt_reset": "daily"})) as house,
    ):
        house.count({"MUG-RED": 10})
        house.till(sale("1", at="2026-11-26T10:00:00Z"), "thursday")
        house.till(sale("1", at="2026-11-27T10:00:00Z"), "friday")

        assert free(house) == {"MUG-RED": 8}
        assert effect.standing(house)["parked"] == []


def test_row_12_without_the_setting_the_second_day_is_parked_for_a_person(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.till(sale("1", ("MUG-RED", 1), at="2026-11-26T10:00:00Z"), "thursday")
    house.till(sale("1", ("MUG-RED", 3), at="2026-11-27T10:00:00Z"), "friday")

    assert free(house) == {"MUG-RED": 9}
    assert effect.standing(house)["parked"] == ["delivery: receipt-changed"]


def test_row_12_without_the_setting_an_equal_receipt_of_the_next_day_is_not_lost(
    house: House,
) -> None:
    house.count({"MUG-RED": 10})

    house.till(sale("1", at="2026-11-26T10:00:00Z"), "thursday")
    house.till(sale("1", at="2026-11-27T10:00:00Z"), "friday")
    house.work()

    assert effect.standing(house)["parked"] == ["delivery: receipt-changed"]


@pytest.mark.parametrize(
    ("decimals", "left"),
    [pytest.param(1, 9_000 - 1_023, id="tenths"), pytest.param(0, 798, id="whole")],
)
def test_row_13_quantities_are_exact_decimals(
    decimals: int, left: int, database_url: str, tmp_path: Path
) -> None:
    written = '{"sku":"CLAY","quantity":%s}'
    quantities = ("0.1", "0.2", '"2.0"', "1e2")
    body = (
        '{"type":"sale.completed","timestamp":"2026-11-27T10:00:00Z","data":{"receipt_id":"R-1",'
        '"occurred_at":"2026-11-27T10:00:00Z","lines":['
        + ",".join(written % one for one in quantities)
        + "]}}"
    )

    with (
        time_machine.travel(NOON, tick=True),
        opened(database_url, tmp_path / "c", config(decimals=decimals)) as house,
    ):
        house.count({"CLAY": 900 * 10**decimals})
        house.till(body, "msg_1")

        assert free(house) == {"CLAY": left}
        finer = ["sale //R-1, line 1: unreadable-line", "sale //R-1, line 2: unreadable-line"]
        assert sorted(effect.standing(house)["parked"]) == ([] if decimals else finer)


def test_row_14_a_sku_that_lost_its_zeros_is_parked_and_not_guessed(house: House) -> None:
    house.count({"00123": 10})

    house.till(sale("R-1", (123, 1), ("00123", 2)), "msg_1")

    assert free(house) == {"00123": 8}
    assert effect.standing(house)["parked"] == ["sale main//R-1, line 1: unknown-sku"]


def test_row_15_a_whole_count_that_lists_one_of_forty_waits_for_a_person(house: House) -> None:
    skus = [f"SKU-{n:02}" for n in range(40)]
    house.count(dict.fromkeys(skus, 5))

    assert house.till(count("C-1", "SKU-00", 3, scope="location"), "msg_1").status_code == 202
    assert free(house) == dict.fromkeys(skus, 5)
    assert effect.standing(house)["parked"] == ["delivery: quarantined"]

    with house.system.database.begin() as tx:
        (waiting,) = views.parked(tx, MERCHANT)
        assert waiting.id is not None
        assert inbox.reopen(tx, MERCHANT, waiting.id, approved=True)
    assert free(house) == {**dict.fromkeys(skus, 0), "SKU-00": 3}
    assert effect.standing(house)["parked"] == []


@pytest.mark.parametrize("calls", sorted(set(permutations("drr"))))
def test_row_16_a_short_receipt_stays_on_its_way_however_it_is_heard(
    house: House, calls: tuple[str, ...]
) -> None:
    house.count({"MUG-RED": 10})
    told = {"d": transfer("dispatched", 4), "r": transfer("received", 3)}

    for place, name in enumerate(calls):
        assert house.till(told[name], f"msg_{place}").status_code == 202
        house.work()
        on_the_way = effect.standing(house)["incoming"]
        assert all(units >= 0 for units in on_the_way.values())

    now = effect.standing(house)
    assert now["incoming"] == {"MUG-RED@north": 1}
    assert now["changed"] == {"MUG-RED": 6, "MUG-RED@north": 3}


def test_row_16_a_short_receipt_is_told(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.till(transfer("dispatched", 4), "msg_1")
    house.till(transfer("received", 3), "msg_2")
    house.work()

    assert len(effect.standing(house)["findings"]) == 1


def test_row_16_more_arrived_than_left_is_told(house: House) -> None:
    house.count({"MUG-RED": 10})

    house.till(transfer("received", 5), "msg_1")
    house.till(transfer("dispatched", 4), "msg_2")
    house.work()

    now = effect.standing(house)
    assert now["incoming"] == {}
    assert now["changed"] == {"MUG-RED": 5, "MUG-RED@north": 5}
    assert now["findings"] == ["transfer main/TR-5, line MUG-RED: 1 more-arrived"]
