"""The one lock on stock: no update is lost, and nobody waits in a circle."""

import random
import threading
from collections.abc import Iterable, Iterator

import pytest
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import OperationalError

from stocksync.core.account import PaperId
from stocksync.core.facts import PaperKind
from stocksync.core.names import LocationName, PaperKey, Sku
from stocksync.core.stock import Shelf
from stocksync.store import lock, papers, sql
from stocksync.store.session import Database
from stocksync.store.tables import stock
from tests.flow.stall import MUG, MUGS, NOON, SHELF, WEB
from tests.store.together import at_once

SKUS = [Sku(f"SKU-{n}") for n in range(6)]


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Yield a database whose writers wait long: many are at it at once."""
    database = Database(database_url, busy_s=60)
    yield database
    database.close()


def lay_out(db: Database, skus: Iterable[Sku] = (MUG,), free: int = 0) -> None:
    with db.begin() as tx:
        for sku in skus:
            shelves = lock.shelves(tx, MUGS, [(sku, SHELF)])
            shelves[sku, SHELF].free = free
            lock.save(tx, MUGS, shelves)


def free_of(db: Database, sku: Sku = MUG) -> int:
    with db.reading() as tx:
        return int(tx.execute(select(stock.c.free).where(stock.c.sku == sku)).scalar_one())


def free_now(tx: Connection) -> int:
    return int(tx.execute(select(stock.c.free).where(stock.c.sku == MUG)).scalar_one())


def test_without_the_lock_one_of_two_updates_is_lost(db: Database) -> None:
    """The race that the lock is for: both look, then both write."""
    lay_out(db, free=10)

    def sell(barrier: threading.Barrier) -> None:
        with db.reading() as tx:
            seen = free_now(tx)
        barrier.wait(10)
        with db.begin() as tx:
            tx.execute(update(stock).where(stock.c.sku == MUG).values(free=seen - 1))

    raised = at_once([sell, sell])

    assert raised == []
    assert free_of(db) == 9


def test_with_the_lock_no_update_is_lost(db: Database) -> None:
    lay_out(db, free=1000)

    def sell(barrier: threading.Barrier) -> None:
        barrier.wait(10)
        for _ in range(50):
            with db.begin() as tx:
                shelves = lock.shelves(tx, MUGS, [(MUG, SHELF)])
                shelves[MUG, SHELF].free -= 1
                lock.save(tx, MUGS, shelves)

    raised = at_once([sell, sell, sell])

    assert raised == []
    assert free_of(db) == 850


def test_locks_taken_as_they_come_deadlock(many_writers: Database) -> None:
    """The race that sorting is for."""
    lay_out(many_writers, SKUS)

    def book(skus: list[Sku], barrier: threading.Barrier) -> None:
        with many_writers.begin() as tx:
            for place, sku in enumerate(skus):
                tx.execute(select(stock).where(stock.c.sku == sku).with_for_update())
                if place == 0:
                    barrier.wait(10)

    raised = at_once([lambda b: book(SKUS, b), lambda b: book(SKUS[::-1], b)])

    assert len(raised) == 1
    assert isinstance(raised[0], OperationalError)
    assert "deadlock detected" in str(raised[0])


def test_bookings_of_the_same_goods_and_orders_in_any_order_never_deadlock(db: Database) -> None:
    lay_out(db, SKUS[:3], free=0)
    rounds = 150

    def book(seed: int, barrier: threading.Barrier) -> None:
        rnd = random.Random(seed)
        barrier.wait(10)
        for turn in range(rounds):
            orders = [PaperId(WEB, PaperKind.ORDER, PaperKey(f"{turn // 3}-{n}")) for n in range(4)]
            skus = rnd.sample(SKUS, 3)
            rnd.shuffle(orders)
            with db.begin() as tx:
                papers.lock(tx, MUGS, orders[:3], NOON)
                shelves = lock.shelves(tx, MUGS, [(sku, SHELF) for sku in skus])
                for shelf in shelves.values():
                    shelf.free += 1
                lock.save(tx, MUGS, shelves)

    raised = at_once([lambda b: book(1, b), lambda b: book(2, b), lambda b: book(3, b)])

    assert raised == []
    assert sum(free_of(db, sku) for sku in SKUS) == 3 * rounds * 3


def test_shelves_that_two_make_at_the_same_time_are_made_once(db: Database) -> None:
    def book(skus: list[Sku], barrier: threading.Barrier) -> None:
        barrier.wait(10)
        with db.begin() as tx:
            shelves = lock.shelves(tx, MUGS, [(sku, SHELF) for sku in skus])
            for shelf in shelves.values():
                shelf.free += 1
            lock.save(tx, MUGS, shelves)

    raised = at_once([lambda b: book(SKUS, b), lambda b: book(SKUS[::-1], b)])

    assert raised == []
    assert {free_of(db, sku) for sku in SKUS} == {2}


def test_shelves_come_back_as_they_were_saved(db: Database) -> None:
    told = Shelf(
        free=-3, committed=4, held=1, incoming=7, counted_at=NOON, counted=5, count_adjust=-2
    )
    here, there = (MUG, SHELF), (MUG, LocationName("back"))

    with db.begin() as tx:
        lock.shelves(tx, MUGS, [here])
        lock.save(tx, MUGS, {here: told})
    with db.begin() as tx:
        shelves = lock.shelves(tx, MUGS, [there, here])

    assert shelves == {here: told, there: Shelf()}


def test_texts_sort_alike_in_python_and_in_both_databases(db: Database) -> None:
    names = ["a", "B", "é", "_", "ש", "10", "9", " ", "\U0001f600", "\uffee"]
    with db.begin() as tx:
        sql.make_room(
            tx,
            stock,
            [
                {
                    "merchant": MUGS, "sku": name, "location": SHELF, "free": 0, "committed": 0,
                    "held": 0, "incoming": 0, "counted": 0, "count_adjust": 0,
                }
                for name in names
            ],
        )  # fmt: skip
        found = list(tx.execute(select(stock.c.sku).order_by(stock.c.sku)).scalars())

    assert found == sorted(names)


def test_a_row_that_is_there_is_left_as_it_is(db: Database) -> None:
    lay_out(db, free=5)
    empty = dict.fromkeys(("free", "committed", "held", "incoming", "counted", "count_adjust"), 0)

    with db.begin() as tx:
        sql.make_room(tx, stock, [{"merchant": MUGS, "sku": MUG, "location": SHELF, **empty}])

    assert free_of(db) == 5
