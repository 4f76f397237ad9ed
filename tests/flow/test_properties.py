"""What must be true after any day: sums, parts, incidents, and one answer for every order."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from stocksync.core.facts import Counted, OrderSnapshot, Paper, Stage
from stocksync.core.names import ChannelName
from stocksync.core.plan import Trade
from stocksync.store import papers, views
from stocksync.store.session import Database
from stocksync.store.tables import incidents, movements, stock
from tests import databases
from tests.flow.stall import (
    BACK,
    LAMP,
    MUG,
    MUGS,
    SET,
    SHELF,
    SOFA,
    TILL,
    WEB,
    House,
    adjusted,
    arrival,
    counted,
    minutes,
    order,
    received,
    sale,
    trade,
    transferred,
)

SKUS = (MUG, LAMP, SOFA, SET)
BUNDLED = trade(bundles={SET: ((MUG, 2), (LAMP, 1))})
ONE_PLACE = trade(bundles=BUNDLED.bundles, sells_from=[SHELF])
SEEDS = range(3)

Day = list[tuple[OrderSnapshot | Paper, ChannelName]]


def a_day(seed: int) -> Day:
    """Return what one random day says, and which channel says it."""
    rnd = random.Random(seed)
    told: Day = []
    for key in range(18):
        placed_at = minutes(rnd.randrange(-50, 50))
        wanted = {sku: rnd.randrange(0, 5) for sku in rnd.sample(SKUS, rnd.randrange(1, 4))}
        for version in range(rnd.randrange(1, 4)):
            wanted = {sku: max(0, units + rnd.randrange(-2, 2)) for sku, units in wanted.items()}
            gone = version == 2 and rnd.random() < 0.5
            soft = minutes(120) if version == 0 and rnd.random() < 0.2 else None
            told.append(
                (
                    order(
                        str(key), version, wanted, gone=gone, soft_until=soft, placed_at=placed_at
                    ),
                    WEB,
                )
            )
    for key in range(18):
        at = minutes(rnd.randrange(-50, 50))
        goods = {sku: rnd.randrange(1, 4) for sku in rnd.sample(SKUS[:3], rnd.randrange(1, 3))}
        place = rnd.choice([SHELF, BACK])
        match rnd.randrange(6):
            case 0 | 1:
                told.append((sale(f"R-{key}", goods, at), TILL))
            case 2:
                told.append((received(f"G-{key}", goods, at, place), TILL))
            case 3:
                told.append((adjusted(f"A-{key}", {MUG: rnd.choice([-2, 3])}, at, place), TILL))
            case 4:
                told.append((counted(f"C-{key}", {MUG: rnd.randrange(9)}, at, place), TILL))
            case _:
                told.append((transferred(f"T-{key}", goods, Stage.DISPATCHED, at), TILL))
                if rnd.random() < 0.7:
                    told.append((transferred(f"T-{key}", goods, Stage.RECEIVED, at), TILL))
    return told


def play(house: House, day: Day, seed: int) -> None:
    """Let a house hear a day in an order of its own, some of it twice, in small batches."""
    rnd = random.Random(seed)
    heard = day + rnd.sample(day, len(day) // 3)
    rnd.shuffle(heard)
    for place, (fact, channel) in enumerate(heard):
        house.put(arrival(fact, channel, event=str(place), at=house.now))
        if rnd.random() < 0.1:
            house.drain()
    house.drain()


def opened(db: Database, merchant: Trade = BUNDLED) -> House:
    house = House(db, merchant)
    house.stand({MUG: 12, LAMP: 4, SOFA: 3})
    house.stand({MUG: 5, SOFA: 1}, BACK)
    return house


@pytest.mark.parametrize("seed", SEEDS)
def test_stock_is_the_sum_of_its_movements(db: Database, seed: int) -> None:
    house = opened(db)

    play(house, a_day(seed), seed)

    summed: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    with db.reading() as tx:
        for row in tx.execute(select(movements)):
            summed[row.sku, row.source_at][row.source] -= row.units
            summed[row.sku, row.target_at][row.target] += row.units
        shelves = tx.execute(select(stock)).all()
    assert house.states() == {"done": len(house.rows())}
    for shelf in shelves:
        told = summed.pop((shelf.sku, shelf.location), Counter())
        for account in ("free", "committed", "held", "incoming"):
            assert getattr(shelf, account) == told[account], (shelf.sku, shelf.location, account)
    assert summed == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_booked_of_orders_is_what_shelves_promise(db: Database, seed: int) -> None:
    house = opened(db)

    play(house, a_day(seed), seed)

    parts: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    with db.reading() as tx:
        for _, line in papers.read_lines(tx, MUGS):
            assert line.parked is None
            for part in line.parts:
                committed, held = parts[part.sku, part.location]
                parts[part.sku, part.location] = (committed + part.committed, held + part.soft)
        shelves = views.stock_lines(tx, MUGS, None)
    assert {key: units for key, units in parts.items() if any(units)} == {
        (shelf.sku, shelf.location): (shelf.committed, shelf.held)
        for shelf in shelves
        if shelf.committed or shelf.held
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_every_short_shelf_has_one_open_incident_of_its_size(db: Database, seed: int) -> None:
    house = opened(db)

    play(house, a_day(seed), seed)

    with db.reading() as tx:
        told = tx.execute(select(incidents).where(incidents.c.closed_at.is_(None))).all()
        shelves = views.stock_lines(tx, MUGS, None)
    assert sorted((one.sku, one.location, one.units) for one in told) == sorted(
        (shelf.sku, shelf.location, -shelf.available) for shelf in shelves if shelf.available < 0
    )


def test_a_shelf_that_is_no_longer_short_closes_its_incident(house: House) -> None:
    house.stand({MUG: 1})

    house.hear(order("1", 1, {MUG: 4}))
    house.hear(received("G-1", {MUG: 1}, minutes(1)), channel=TILL)
    with house.database.reading() as tx:
        [smaller] = views.open_incidents(tx, MUGS)
    house.hear(received("G-2", {MUG: 9}, minutes(2)), channel=TILL)

    with house.database.reading() as tx:
        assert views.open_incidents(tx, MUGS) == []
    assert smaller.units == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_heard_again_changes_nothing(db: Database, seed: int) -> None:
    house = opened(db)
    day = a_day(seed)
    play(house, day, seed)
    before = house.all_rows()

    for place, (fact, channel) in enumerate(day):
        house.put(arrival(fact, channel, event=f"again {place}", at=house.now))
    house.drain()

    assert house.all_rows()["movements"] == before["movements"]
    assert house.all_rows()["stock"] == before["stock"]


def uncounted(day: Day) -> Day:
    return [(fact, channel) for fact, channel in day if not isinstance(fact, Counted)]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("merchant", "part_of"), [(ONE_PLACE, list), (BUNDLED, uncounted)], ids=["one place", "a chain"]
)
def test_both_databases_end_alike_in_whatever_order_a_day_is_heard(
    tmp_path: Path, seed: int, merchant: Trade, part_of: Callable[[Day], Day]
) -> None:
    """A chain without counts: which shelf an order emptied decides what a count finds there."""
    day = part_of(a_day(seed))

    hashes = []
    with databases.fresh_postgres() as there, databases.fresh_sqlite(tmp_path) as here:
        for turn, url in enumerate([there, here]):
            database = Database(url)
            house = opened(database, merchant)
            play(house, day, 100 + turn)
            hashes.append(house.hash())
            database.close()

    assert hashes[0] == hashes[1]
