"""The clock, on a lease in memory."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from stocksync.core.names import ChannelName, MerchantName
from workers.clock import TURNS_MAX, Clock, Lease

SNEAKERS = MerchantName("sneakers-tlv")
MUGS = MerchantName("mugs")


class Table:
    """What the database says of one lease, by its own time."""

    def __init__(self) -> None:
        self.holder = ""
        self.until = 0.0
        self.now = 100.0
        self.away = False

    def take(self, holder: str, seconds: float) -> bool:
        if self.away:
            raise ConnectionError("the database is away")
        if self.holder not in ("", holder) and self.until > self.now:
            return False
        self.holder, self.until = holder, self.now + seconds
        return True

    def give_back(self, holder: str) -> None:
        if self.holder == holder:
            self.holder = ""


def lease(table: Table, holder: str) -> Lease:
    return Lease(
        lambda seconds: table.take(holder, seconds),
        lambda: table.give_back(holder),
        now=lambda: table.now,
    )


def noted(seen: list[MerchantName], merchant: MerchantName) -> bool:
    """Note a call; answer that there is nothing more."""
    seen.append(merchant)
    return False


def beats(count: int) -> Callable[[float], bool]:
    """Return a wait that lets the clock beat so often."""
    left = iter([False] * (count - 1) + [True])
    return lambda seconds: next(left)


NO_CALLS: dict[str, Any] = {
    "calling": lambda merchant: (),
    "ring_for": lambda merchant, channel: True,
    "call": lambda merchant, channel: None,
}
"""A clock of merchants whose channels want nothing."""


def test_only_one_clock_holds_the_lease() -> None:
    table = Table()
    first, second = lease(table, "one"), lease(table, "two")

    assert first.held()
    assert not second.held()
    table.now += 9  # beyond the second's next question, within the first's lease
    assert not second.held()


def test_a_clock_that_vanished_is_followed_when_its_lease_ends() -> None:
    table = Table()
    first, second = lease(table, "one"), lease(table, "two")
    assert first.held()

    table.now += 11

    assert second.held()
    assert not first.held()


def test_a_lease_given_back_is_free_at_once() -> None:
    table = Table()
    first, second = lease(table, "one"), lease(table, "two")
    assert first.held()

    first.give_back()

    assert second.held()


def test_a_lease_that_came_late_is_not_acted_on() -> None:
    table = Table()

    def slowly(seconds: float) -> bool:
        taken = table.take("one", seconds)
        table.now += 7
        return taken

    assert not Lease(slowly, lambda: None, now=lambda: table.now).held()


def test_two_clocks_are_never_active_at_once() -> None:
    table, active = Table(), threading.Lock()
    collisions: list[MerchantName] = []
    swept = Counter[str]()
    stop = threading.Event()

    def clock(holder: str) -> Clock:
        def overdue(merchant: MerchantName) -> bool:
            if not active.acquire(blocking=False):
                collisions.append(merchant)
                return False
            time.sleep(0.001)
            swept[holder] += 1
            active.release()
            return False

        return Clock(
            lease(table, holder),
            merchants=lambda: [MUGS],
            overdue=overdue,
            drain=lambda _: False,
            **NO_CALLS,
        )

    threads = [
        threading.Thread(target=clock(holder).run, args=(lambda _: stop.wait(0.001),))
        for holder in ("one", "two")
    ]
    for thread in threads:
        thread.start()
    for _ in range(100):
        time.sleep(0.002)
        table.now += 0.5
    stop.set()
    for thread in threads:
        thread.join(5)

    assert collisions == []
    assert len(swept) == 1


def test_rows_nobody_rang_for_are_drained_at_once() -> None:
    drained: list[MerchantName] = []
    clock = Clock(
        lease(Table(), "one"),
        merchants=lambda: [SNEAKERS, MUGS],
        overdue=lambda merchant: merchant == MUGS,
        drain=lambda merchant: noted(drained, merchant),
        **NO_CALLS,
    )

    clock.run(beats(1))

    assert drained == ["mugs"]


def test_a_long_backlog_leaves_the_others_their_turn() -> None:
    drained = Counter[str]()

    def drain(merchant: MerchantName) -> bool:
        drained[merchant] += 1
        return True

    clock = Clock(
        lease(Table(), "one"),
        merchants=lambda: [SNEAKERS, MUGS],
        overdue=lambda _: True,
        drain=drain,
        **NO_CALLS,
    )

    clock.run(beats(1))

    assert drained == {"sneakers-tlv": TURNS_MAX, "mugs": TURNS_MAX}


def test_one_merchants_trouble_is_not_the_others(caplog: pytest.LogCaptureFixture) -> None:
    swept: list[MerchantName] = []

    def overdue(merchant: MerchantName) -> bool:
        swept.append(merchant)
        if merchant == SNEAKERS:
            raise ValueError("broken row")
        return False

    clock = Clock(
        lease(Table(), "one"),
        merchants=lambda: [SNEAKERS, MUGS],
        overdue=overdue,
        drain=lambda _: False,
        **NO_CALLS,
    )

    clock.run(beats(3))

    assert swept == ["sneakers-tlv", "mugs", "mugs", "mugs"]
    assert [r.message for r in caplog.records if r.levelno >= logging.ERROR] == ["clock failed"]


def test_a_database_that_is_away_is_told_once_and_outlived(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    table = Table()
    table.away = True
    swept: list[MerchantName] = []
    clock = Clock(
        lease(table, "one"),
        merchants=lambda: [MUGS],
        overdue=lambda merchant: noted(swept, merchant),
        drain=lambda _: False,
        **NO_CALLS,
    )
    beats_done = 0

    def wait(seconds: float) -> bool:
        nonlocal beats_done
        beats_done += 1
        time.sleep(0.02)
        with suppress(IndexError):
            table.away = beats_done < 60
        return bool(swept) or beats_done > 500

    clock.run(wait)

    assert swept == ["mugs"]
    told = [record.message for record in caplog.records]
    assert told == ["clock failed", "clock lease taken", "clock worked again"]


def test_a_channel_with_something_to_do_is_rung_for() -> None:
    rung: list[tuple[MerchantName, ChannelName]] = []

    def ring_for(merchant: MerchantName, channel: ChannelName) -> bool:
        rung.append((merchant, channel))
        return True

    clock = Clock(
        lease(Table(), "one"),
        merchants=lambda: [MUGS],
        overdue=lambda _: False,
        drain=lambda _: False,
        calling=lambda _: [ChannelName("web")],
        ring_for=ring_for,
        call=lambda merchant, channel: pytest.fail("somebody heard the bell"),
    )

    clock.run(beats(1))

    assert rung == [("mugs", "web")]


def test_a_channel_is_called_without_a_bell_if_nobody_hears_it_and_never_twice_at_once() -> None:
    called = threading.Semaphore(0)
    slow = threading.Event()
    calls: list[str] = []

    def call(merchant: MerchantName, channel: ChannelName) -> None:
        calls.append(channel)
        called.release()
        slow.wait(5)

    clock = Clock(
        lease(Table(), "one"),
        merchants=lambda: [MUGS],
        overdue=lambda _: False,
        drain=lambda _: False,
        calling=lambda _: [ChannelName("web")],
        ring_for=lambda merchant, channel: False,
        call=call,
    )

    clock.run(beats(3))
    heard = called.acquire(timeout=5)
    slow.set()

    assert heard
    assert calls == ["web"]
