from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stocksync.store.tables import channels
from stocksync.web.strangers import Strangers
from tests.web.cast import PATH, House, event_body, problem
from tests.workers.waiting import until


def test_the_twenty_first_unproven_call_of_a_minute_is_429(shop: House) -> None:
    statuses = [shop.post(event_body(), x_proof="wrong").status_code for _ in range(20)]

    refused = shop.post(event_body(), x_proof="wrong")

    assert statuses == [401] * 20
    assert refused.status_code == 429
    assert problem(refused)["code"] == "rate-limited"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_who_proves_itself_is_never_limited_even_at_the_same_address(shop: House) -> None:
    for _ in range(30):
        shop.post(event_body(), x_proof="wrong")

    taken = [shop.post(event_body(f"e-{n}")).status_code for n in range(30)]

    assert taken == [202] * 30


def test_another_address_is_not_punished(shop: House) -> None:
    for _ in range(21):
        shop.post(event_body(), x_proof="wrong")

    answer = shop.client.post(
        PATH, json={}, headers={"x-proof": "wrong"}, environ_overrides={"REMOTE_ADDR": "10.0.0.7"}
    )

    assert answer.status_code == 401


def test_all_refusals_are_counted_the_limited_ones_too(shop: House) -> None:
    for _ in range(25):
        shop.post(event_body(), x_proof="wrong")

    def counted() -> int:
        with shop.database.reading() as tx:
            return sum(tx.execute(select(channels.c.refused)).scalars())

    until(lambda: counted() >= 25)
    assert counted() == 25


@pytest.mark.parametrize(
    ("first", "second", "same_home"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:10.0.0.7", "10.0.0.7", True),
        ("10.0.0.7", "10.0.0.8", False),
        ("", "no address", True),
    ],
)
def test_addresses_of_one_home_count_together(first: str, second: str, same_home: bool) -> None:
    strangers = Strangers()
    for _ in range(20):
        strangers.wait_s(first)

    assert (strangers.wait_s(second) is not None) is same_home


def test_after_a_minute_a_stranger_may_try_again() -> None:
    with time_machine.travel("2026-11-27T12:00:00Z", tick=False) as clock:
        strangers = Strangers()
        told = [strangers.wait_s("10.0.0.7") for _ in range(21)]
        clock.shift(timedelta(seconds=61))
        later = strangers.wait_s("10.0.0.7")

    assert told == [None] * 20 + [60]
    assert later is None
