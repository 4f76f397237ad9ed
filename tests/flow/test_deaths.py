"""A drain that dies loses nothing; what killed it is found and parked; nothing else marks a row."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from stocksync.channels.base import Delivery
from stocksync.core.facts import Fact
from stocksync.flow import apply
from stocksync.flow.apply import BATCH_MOST
from stocksync.store import inbox
from stocksync.store.session import Database
from stocksync.store.tables import drains
from tests.flow.stall import CHANNELS, DEADLY, MUG, NOON, WEB, House, Stall, arrival, order


def child(role: str, url: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.flow.child", role, url], stdout=subprocess.PIPE
    )


def dies(role: str, url: str) -> int:
    """Let a drain run in a process of its own, and return how that ended."""
    with child(role, url) as process:
        return process.wait(30)


def later(house: House) -> None:
    """Let notes be so old that one without a drain is a dead one's."""
    with house.database.begin() as tx:
        tx.execute(update(drains).values(started_at=NOON))


def fill(house: House, count: int = BATCH_MOST) -> None:
    house.stand({MUG: 1000})
    house.put(*(arrival(order(f"{n:03}", 1, {MUG: 1})) for n in range(count)))


def marked(house: House) -> int:
    """Return how many rows wait to be applied alone."""
    return sum(row.alone for row in house.rows())


def test_a_drain_killed_between_note_and_work_loses_nothing(
    house: House, database_url: str
) -> None:
    fill(house)

    end = dies("killed", database_url)
    at_first = house.drain().applied
    later(house)
    house.drain_all()

    assert end == -signal.SIGKILL
    assert at_first == 0  # the note is still young, its drain may be about to begin
    assert house.states() == {"done": 200}
    assert house.shelf() == (800, 200, 0, 0)
    assert house.notes() == 0


def test_the_rows_of_a_dead_drain_are_applied_one_at_a_time(
    house: House, database_url: str
) -> None:
    fill(house)

    dies("killed", database_url)
    later(house)
    house.drain_all()

    assert {row.tries for row in house.rows()} == {1}
    assert marked(house) == 0


def test_a_delivery_that_kills_its_worker_is_parked_after_three_deaths_alone(
    house: House, database_url: str
) -> None:
    house.stand({MUG: 100})
    house.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(5)))
    house.put(arrival(DEADLY))
    house.put(*(arrival(order(str(n), 1, {MUG: 1})) for n in range(5, 9)))

    deaths = 0
    while dies("drain", database_url) == -signal.SIGKILL:
        deaths += 1
        later(house)

    assert deaths == 4  # once among the others, three times alone
    assert house.states() == {"done": 9, "parked": 1}
    assert house.parked() == [("deadly", "its worker died 3 times while it was applied alone")]
    assert house.shelf() == (91, 9, 0, 0)


def test_a_try_is_counted_before_the_work(house: House, database_url: str) -> None:
    house.put(arrival(DEADLY))

    dies("drain", database_url)
    later(house)
    dies("drain", database_url)

    [row] = house.rows()
    assert (row.state, row.alone, row.tries) == ("pending", True, 1)


def test_what_killed_three_workers_is_tried_again_when_a_person_says_so(
    house: House, database_url: str
) -> None:
    house.put(arrival(DEADLY))
    while dies("drain", database_url) == -signal.SIGKILL:
        later(house)
    [row] = house.rows()

    with house.database.begin() as tx:
        inbox.reopen(tx, house.trade.name, row.id, approved=False)
    end = dies("drain", database_url)

    [row] = house.rows()
    assert end == -signal.SIGKILL
    assert (row.state, row.tries) == ("pending", 0)


def test_a_frozen_drain_that_was_taken_for_dead_does_nothing_when_it_wakes(
    house: House, database_url: str
) -> None:
    fill(house)

    with child("frozen", database_url) as frozen:
        os.waitid(os.P_PID, frozen.pid, os.WSTOPPED | os.WNOWAIT)
        later(house)
        house.drain_all()
        done = house.all_rows()
        os.kill(frozen.pid, signal.SIGCONT)
        said, _ = frozen.communicate(timeout=30)

    assert said.strip() == b"0"
    assert house.states() == {"done": 200}
    assert house.all_rows() == done


class Slow(Stall):
    """A channel that takes its time."""

    def __init__(self) -> None:
        super().__init__(WEB)
        self.began, self.may_end = threading.Event(), threading.Event()

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        self.began.set()
        assert self.may_end.wait(30)
        return super().translate(delivery)


def test_a_slow_drain_keeps_its_rows_however_old_its_note_is(
    house: House, database_url: str
) -> None:
    fill(house, 3)
    slow = Slow()
    worker = threading.Thread(target=house.drain, args=({**CHANNELS, WEB: slow},))
    worker.start()
    assert slow.began.wait(10)

    impatient = Database(database_url, busy_s=0.1)
    an_hour_later = house.now + timedelta(hours=1)
    with suppress(OperationalError):  # SQLite has one writer: the other one waits in vain
        apply.drain(impatient, house.trade, CHANNELS, lambda: an_hour_later)
    while_at_work = marked(house)
    slow.may_end.set()
    worker.join(30)
    impatient.close()

    assert while_at_work == 0
    assert house.states() == {"done": 3}
    assert {row.tries for row in house.rows()} == {0}


class Ticking(House):
    """A house whose clock goes on."""

    def clock(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def test_rows_of_the_dead_get_their_turn_in_a_rush(db: Database, database_url: str) -> None:
    house = Ticking(db)
    fill(house)
    dies("killed", database_url)
    later(house)
    house.put(*(arrival(order(f"rush {n}", 1, {MUG: 0})) for n in range(2 * BATCH_MOST)))

    house.drain_all()

    rows = house.rows()
    assert rows[0].tries == 1
    assert rows[0].ended_at < max(row.ended_at for row in rows if row.tries == 0)
    assert house.states() == {"done": 600}
