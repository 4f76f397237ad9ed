"""A count fixes on_hand, in whatever transaction the rest is heard; a whole count says zero too."""

from datetime import datetime

import pytest
from sqlalchemy import event

from stocksync.core.facts import OrderSnapshot, Paper
from stocksync.core.names import Sku
from stocksync.store import inbox
from tests.flow.stall import (
    BACK,
    LAMP,
    MARKET,
    MUG,
    MUGS,
    SOFA,
    TILL,
    House,
    arrival,
    counted,
    minutes,
    order,
    received,
    sale,
)

MANY = {Sku(f"SKU-{n:02}"): 1 for n in range(8)}


def hear_apart(house: House, *facts: OrderSnapshot | Paper) -> None:
    """Hear each fact in a transaction of its own."""
    for fact in facts:
        house.hear(fact, channel=TILL)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
@pytest.mark.parametrize("count_last", [True, False])
def test_a_sale_before_the_count_is_in_it_and_one_after_is_not(
    house: House, together: bool, count_last: bool
) -> None:
    house.stand({MUG: 10})
    count = counted("C", {MUG: 7}, minutes(10))
    sales = [sale("early", {MUG: 2}, minutes(5)), sale("late", {MUG: 1}, minutes(15))]
    facts = [*sales, count] if count_last else [count, *sales]

    if together:
        house.hear(*facts, channel=TILL)
    else:
        hear_apart(house, *facts)

    assert house.shelf() == (6, 0, 0, 0)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_the_latest_count_wins_whichever_is_heard_last(house: House, together: bool) -> None:
    house.stand({MUG: 10})
    facts = [
        counted("second", {MUG: 4}, minutes(20)),
        sale("between", {MUG: 1}, minutes(15)),
        counted("first", {MUG: 9}, minutes(10)),
        sale("after", {MUG: 1}, minutes(25)),
    ]

    if together:
        house.hear(*facts, channel=TILL)
    else:
        hear_apart(house, *facts)

    assert house.shelf() == (3, 0, 0, 0)


def test_a_count_touches_no_promise(house: House) -> None:
    house.stand({MUG: 10})
    house.hear(order("1", 1, {MUG: 4}, placed_at=minutes(30)))

    house.hear(counted("C", {MUG: 8}, minutes(10)), channel=TILL)

    assert house.shelf() == (4, 4, 0, 0)


def test_a_large_count_asks_for_later_changes_once(house: House) -> None:
    goods = {Sku(f"SKU-{n:03}"): 1 for n in range(300)}
    house.stand(goods)
    asked: list[str] = []
    event.listen(house.database._writer, "before_cursor_execute", lambda *a: asked.append(a[2]))

    house.hear(counted("C", goods, minutes(10)), channel=TILL)

    assert sum("FROM movements" in statement for statement in asked) == 1


def whole(key: str, goods: dict[Sku, int], at: datetime, location: str = "shelf") -> Paper:
    return counted(key, goods, at, location, whole=True)


def test_what_a_whole_count_does_not_list_is_zero(house: House) -> None:
    house.stand({**MANY, MUG: 3})
    house.stand({MUG: 5}, BACK)

    house.hear(whole("W", MANY, minutes(10)), channel=TILL)

    assert house.shelf(MUG) == (0, 0, 0, 0)
    assert house.shelf(MUG, BACK) == (5, 0, 0, 0)
    assert house.shelf(Sku("SKU-01")) == (1, 0, 0, 0)


def test_a_whole_count_that_would_empty_the_shop_waits_for_a_person(house: House) -> None:
    house.stand({**MANY, MUG: 3, LAMP: 1})

    house.hear(whole("W", {MUG: 2, LAMP: 2}, minutes(10)), channel=TILL)

    assert house.parked() == [
        (
            "quarantined",
            "count W of the whole location would zero 8 of 10 SKUs (SKU-00, SKU-01, SKU-02...); "
            "if it is right: stocksync parked --approve ID",
        )
    ]
    assert house.shelf(MUG) == (3, 0, 0, 0)


def test_an_approved_whole_count_is_booked_as_it_is(house: House) -> None:
    house.stand({**MANY, MUG: 3})
    house.hear(whole("W", {MUG: 2}, minutes(10)), channel=TILL)
    [row] = house.rows()

    with house.database.begin() as tx:
        inbox.reopen(tx, MUGS, row.id, approved=True)
    house.drain()

    assert house.parked() == []
    assert house.shelf(MUG) == (2, 0, 0, 0)
    assert house.shelf(Sku("SKU-01")) == (0, 0, 0, 0)


def test_a_whole_count_heard_again_is_the_same_count(house: House) -> None:
    house.stand({**MANY, MUG: 3})
    count = whole("W", MANY, minutes(10))
    house.hear(count, channel=TILL)
    before = house.all_rows()["movements"]

    house.put(arrival(count, TILL, event="again", at=house.now))
    house.drain()

    assert house.parked() == []
    assert house.all_rows()["movements"] == before


def test_a_whole_count_of_a_channel_that_folds_knows_its_goods_by_any_case(house: House) -> None:
    house.stand({MUG: 3, LAMP: 2})

    house.hear(
        counted("W", {"mug-red": 4, "last-LAMP": 1}, minutes(10), whole=True), channel=MARKET
    )

    assert house.parked() == []
    assert house.shelf(MUG) == (4, 0, 0, 0)
    assert house.shelf(LAMP) == (1, 0, 0, 0)


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "many"])
def test_a_whole_count_sees_what_came_before_it_in_its_batch(house: House, together: bool) -> None:
    house.stand({**MANY, SOFA: 1}, BACK)
    house.stand(MANY)
    facts = [
        received("G", {SOFA: 2}, minutes(5), "shelf"),
        whole("W", MANY, minutes(10)),
        sale("late", {SOFA: 1}, minutes(15)),
        whole("W2", {**MANY, SOFA: 1}, minutes(20)),
        received("G2", {SOFA: 1}, minutes(25), "shelf"),
    ]

    if together:
        house.hear(*facts, channel=TILL)
    else:
        hear_apart(house, *facts)

    assert house.states() == {"done": 5}
    assert house.shelf(SOFA) == (2, 0, 0, 0)


@pytest.mark.parametrize("late", [True, False])
def test_what_was_sold_out_since_a_whole_count_is_counted_as_zero_too(
    house: House, late: bool
) -> None:
    house.stand({**MANY, MUG: 2})
    sold, count = sale("S", {MUG: 2}, minutes(15)), whole("W", MANY, minutes(10))

    hear_apart(house, *((sold, count) if late else (count, sold)))

    assert house.parked() == []
    assert house.shelf() == (-2, 0, 0, 0)
