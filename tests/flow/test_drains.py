"""A drain empties the inbox; a delivery that fails is parked alone, and takes nothing with it."""

import logging
import threading
from collections.abc import Sequence

import pytest

from stocksync.channels.base import Delivery
from stocksync.core.facts import Fact
from stocksync.flow.apply import BATCH_MOST
from tests.flow.stall import CHANNELS, MUG, ODD, WEB, House, Stall, arrival, order, sale


def test_what_waits_is_applied_in_batches(house: House) -> None:
    house.stand({MUG: 1000})
    house.put(*(arrival(order(f"{n:03}", 1, {MUG: 1})) for n in range(250)))

    drained = house.drain()

    assert (drained.applied, drained.more) == (250, False)
    assert house.shelf() == (750, 250, 0, 0)
    assert house.notes() == 0


def test_a_full_batch_rings_once_more_before_it_is_worked_on(house: House) -> None:
    house.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(BATCH_MOST)))

    house.drain()

    assert house.rings == 1


def test_a_batch_that_is_not_full_rings_nobody(house: House) -> None:
    house.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(BATCH_MOST - 1)))

    house.drain()

    assert house.rings == 0


@pytest.mark.parametrize("place", [0, 17, 39])
def test_one_delivery_that_fails_is_parked_and_all_others_are_applied(
    house: House, place: int
) -> None:
    house.stand({MUG: 100})
    well = [arrival(order(str(n), 1, {MUG: 1})) for n in range(39)]

    house.put(*well[:place], arrival(ODD), *well[place:])
    house.drain()

    assert house.states() == {"done": 39, "parked": 1}
    assert house.parked() == [
        ("failed", "applying it failed: ZeroDivisionError: the scales said nothing")
    ]
    assert house.shelf() == (61, 39, 0, 0)
    assert house.notes() == 0


def test_the_stock_is_what_it_is_without_the_delivery_that_fails(house: House) -> None:
    house.stand({MUG: 100})
    house.put(*(arrival(order(str(n), 1, {MUG: n % 3})) for n in range(30)))
    house.drain()
    before = house.hash()

    house.put(arrival(ODD), *(arrival(order(str(n), 1, {MUG: n % 3})) for n in range(30)))
    house.put(arrival(ODD + b" again", event="e"), arrival(order("1", 1, {MUG: 1}), event="f"))
    house.drain()

    assert house.hash() == before
    assert house.states() == {"done": 31, "parked": 2}


def test_facts_that_break_the_booking_are_parked_too(house: House) -> None:
    house.stand({MUG: 10})
    too_many = 2**62
    house.put(*(arrival(sale(f"R-{n}", {MUG: too_many})) for n in range(4)))
    house.put(arrival(sale("R-9", {MUG: 1})))

    house.drain()

    parked = [row for row in house.rows() if row.state == "parked"]
    assert parked
    assert all("applying it failed" in row.reason for row in parked)
    assert house.states()["done"] + len(parked) == 5
    assert house.notes() == 0


def test_a_message_that_no_database_can_keep_does_not_stop_the_parking(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.put(arrival(ODD), arrival(order("1", 1, {MUG: 0})))

    with caplog.at_level(logging.CRITICAL):  # the test's own report could not keep it either
        drained = house.drain({**CHANNELS, WEB: Garbled(WEB)})

    assert drained.applied == 2
    assert house.states() == {"done": 1, "parked": 1}
    assert house.parked() == [("failed", "applying it failed: ValueError: half   a letter: ?")]


class Garbled(Stall):
    """A channel whose error holds what no database can keep."""

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        if delivery.body == ODD:
            raise ValueError("half \0 a letter: \ud800")
        return super().translate(delivery)


def test_a_delivery_that_nobody_understands_is_parked_with_the_channels_words(house: House) -> None:
    house.put(arrival(b"unreadable"))

    house.drain()

    assert house.parked() == [("unreadable", "nobody can read this")]


def test_a_delivery_of_a_channel_that_is_gone_waits_for_a_person(house: House) -> None:
    house.put(arrival(order("1", 1, {MUG: 1})))

    house.drain(channels={})

    [(code, reason)] = house.parked()
    assert code == "no-channel"
    assert (
        reason
        == "channel web is not in the config any more; put it back, or: stocksync parked --drop ID"
    )


def test_drains_at_the_same_time_do_every_row_once(house: House) -> None:
    house.stand({MUG: 1000})
    house.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(600)))
    done: list[int] = []

    def drain() -> None:
        done.append(House(house.database).drain().applied)

    threads = [threading.Thread(target=drain) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sum(done) == 600
    assert house.states() == {"done": 600}
    assert house.shelf() == (400, 600, 0, 0)


def test_applying_everything_again_changes_nothing(house: House) -> None:
    house.stand({MUG: 100})
    facts = [order(str(n), n % 3, {MUG: 2}) for n in range(20)]
    house.put(*(arrival(fact) for fact in facts))
    house.drain()
    before = house.all_rows()

    house.put(*(arrival(fact, event=f"again {n}") for n, fact in enumerate(facts)))
    house.drain()

    assert house.all_rows() == before
