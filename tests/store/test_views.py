"""What people read of stock, of what waits, and of the past."""

from sqlalchemy import text

from stocksync.store import door, ids, leases, merchants, views
from stocksync.store.ids import new_ids
from stocksync.store.session import Database
from stocksync.store.tables import metadata
from stocksync.store.views import StockLine
from tests.flow.stall import (
    BACK,
    LAMP,
    MUG,
    MUGS,
    SHELF,
    TILL,
    WEB,
    House,
    arrival,
    counted,
    minutes,
    order,
    sale,
)
from tests.store.together import at_once


def test_stock_is_told_by_sku_and_place(db: Database) -> None:
    house = House(db)
    house.stand({MUG: 10, LAMP: 1})
    house.stand({MUG: 2}, BACK)
    house.hear(order("1", 1, {MUG: 3}), order("2", 1, {MUG: 1}, soft_until=minutes(99)))

    with db.reading() as tx:
        [back, shelf] = views.stock_lines(tx, MUGS, MUG)
        all_of_it = views.stock_lines(tx, MUGS, None)

    assert shelf == StockLine(
        sku=MUG, location=SHELF, on_hand=10, committed=3, held=1, incoming=0, available=6
    )
    assert (back.location, back.on_hand) == (BACK, 2)
    assert [(line.sku, line.location, line.on_hand) for line in all_of_it] == [
        (LAMP, SHELF, 1),
        (MUG, BACK, 2),
        (MUG, SHELF, 10),
    ]


def test_what_waits_is_counted_and_the_oldest_is_dated(db: Database) -> None:
    house = House(db)
    house.hear(order("1", 1, {"NEW-CUP": 1}))
    house.put(arrival(b"unreadable", at=minutes(1)))
    house.drain()
    house.put(*(arrival(order(f"w{n}", 1, {MUG: 1}), at=minutes(10 + n)) for n in range(3)))

    with db.reading() as tx:
        waiting = views.waiting(tx, MUGS)
        counted_for_the_door = door.waiting(tx, [MUGS])

    assert (waiting.pending, waiting.parked, waiting.oldest_at) == (3, 2, minutes(10))
    assert counted_for_the_door[MUGS].pending == 3


def test_all_that_is_parked_is_told_oldest_first(db: Database) -> None:
    house = House(db)
    house.hear(order("1", 1, {"NEW-CUP": 1}))
    house.now = minutes(70)
    house.put(arrival(b"unreadable"))
    house.drain()

    with db.reading() as tx:
        [line, delivery] = views.parked(tx, MUGS)

    assert (line.what, line.code, line.id) == (
        "order 1, line line of NEW-CUP", "unknown-sku", None,
    )  # fmt: skip
    assert (line.since, delivery.since) == (minutes(60), minutes(70))
    assert delivery.id == house.rows()[-1].id


def test_how_a_channel_is_heard_tells_its_delays(db: Database) -> None:
    house = House(db)
    house.put(*(arrival(sale(f"R-{n}", {MUG: 1}), TILL, at=minutes(59 - n)) for n in range(3)))
    house.put(arrival(sale("old", {MUG: 1}), TILL, at=minutes(-10)))
    house.drain()
    with db.begin() as tx:
        door.add_refused(tx, {(MUGS, TILL): 2}, house.now)
        door.add_refused(tx, {(MUGS, TILL): 1}, house.now)

    with db.reading() as tx:
        till, web = (views.heard(tx, MUGS, name, house.now) for name in (TILL, WEB))

    assert sorted(till.delays_s) == [60.0, 120.0, 180.0]
    assert till.refused == 3
    assert (web.heard_at, web.refused, web.delays_s) == (None, 0, [])


def test_the_past_of_a_sku_is_told_as_it_happened(db: Database) -> None:
    house = House(db)
    house.stand({MUG: 10})
    house.hear(counted("C", {MUG: 8}, minutes(10)), channel=TILL)
    house.hear(sale("R", {MUG: 1}, minutes(5)), channel=TILL)

    with db.reading() as tx:
        whole = views.history(tx, MUGS, MUG, None)
        until = views.history(tx, MUGS, MUG, minutes(7))

    assert [row.reason for row in whole] == [
        "counted", "sold at the till", "counted", "inside the count",
    ]  # fmt: skip
    assert [row.occurred_at for row in until] == [minutes(-600), minutes(5)]


def test_what_a_channel_was_told_ends_in_numbers(db: Database) -> None:
    house = House(db)
    house.put(arrival(b"unreadable"), arrival(order("1", 1, {MUG: 0})))
    house.drain()

    with db.reading() as tx:
        assert views.endings(tx, MUGS, WEB) == {"done": 1, "parked": 1}


def test_ids_rise_and_are_unique_across_threads() -> None:
    drawn: list[list[int]] = []

    at_once([lambda barrier: drawn.extend(new_ids(7) for _ in range(500))] * 4)

    every = [one for some in drawn for one in some]
    assert len(set(every)) == 4 * 500 * 7
    assert all(some == list(range(some[0], some[0] + 7)) for some in drawn)
    assert max(every) < 2**63


def test_ids_rise_even_if_the_clock_is_set_back() -> None:
    before = new_ids(1)[0]

    ids._last = before + 10**12  # as if the clock had been a second ahead
    after = new_ids(2)

    assert after == [before + 10**12 + 1, before + 10**12 + 2]
    ids._last = before


def test_a_merchant_is_forgotten_whole_and_alone(db: Database) -> None:
    house = House(db)
    house.stand({MUG: 1})
    house.hear(order("1", 1, {MUG: 3, "NEW-CUP": 1}))

    with db.begin() as tx:
        merchants.forget(tx, MUGS)

    with db.reading() as tx:
        for table in metadata.sorted_tables:
            assert tx.execute(text(f"SELECT count(*) FROM {table.name}")).scalar_one() == 0


def test_a_lease_has_one_holder_until_it_ends_or_is_given_back(db: Database) -> None:
    first = leases.take(db, "clock", "a", 60)
    second = leases.take(db, "clock", "b", 60)
    renewed = leases.take(db, "clock", "a", 60)
    leases.give_back(db, "clock", "b")
    still = leases.take(db, "clock", "b", 60)
    leases.give_back(db, "clock", "a")
    free = leases.take(db, "clock", "b", 0.001)

    assert (first, second, renewed, still, free) == (True, False, True, False, True)
