import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import Connection, select
from sqlalchemy.exc import IntegrityError

from stocksync.core.names import MerchantName
from stocksync.flow.group import GroupCommit, NotStored
from stocksync.store.inbox import Arrival, Kept
from stocksync.store.session import Database
from stocksync.store.tables import channels, inbox, metadata
from tests.web.cast import SHOP, STALL, House, event_body, locked, proof
from tests.workers.waiting import until

Result = TypeVar("Result")
NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    one = Database(f"sqlite:///{tmp_path / 'group.db'}", busy_s=2)
    with one.begin() as tx:
        metadata.create_all(tx)
    yield one
    one.close()


class CountingDatabase(Database):
    """A database that counts its writing transactions."""

    commits = 0

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as tx:
            yield tx
        self.commits += 1


def arrival(event: str, *, content: str = "c", reason: str | None = None) -> Arrival:
    return Arrival(
        merchant=SHOP,
        channel=STALL,
        event=event,
        content=content,
        received_at=NOON,
        body=b"{}",
        headers={},
        reason=reason,
    )


def unfit(event: str) -> Arrival:
    """Return one that no database takes: its content is nothing."""
    return arrival(event, content=None)  # type: ignore[arg-type]


def silent(bell: str, merchant: MerchantName) -> None:
    """Ring nobody."""


def all_at_once(count: int, do: Callable[[int], Result]) -> list[Result]:
    together = threading.Barrier(count, timeout=10)

    def one(place: int) -> Result:
        together.wait()
        return do(place)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def events(database: Database) -> list[str]:
    with database.reading() as tx:
        return sorted(tx.execute(select(inbox.c.event)).scalars())


def test_twenty_threads_with_one_id_make_one_row_and_one_accepted(shop: House) -> None:
    body = event_body("e-1")

    def post(place: int) -> int:
        client = shop.client.application.test_client()
        headers = {"content-type": "application/json", "x-proof": proof(body)}
        return client.post("/hooks/corner-shop/stall", data=body, headers=headers).status_code

    statuses = Counter(all_at_once(20, post))

    assert statuses == {202: 1, 200: 19}
    assert shop.events() == ["e-1"]


def test_who_waits_together_is_committed_together(tmp_path: Path) -> None:
    database = CountingDatabase(f"sqlite:///{tmp_path / 'group.db'}", busy_s=3)
    with database.begin() as tx:
        metadata.create_all(tx)
    group = GroupCommit(database, silent)

    with ThreadPoolExecutor(16) as pool:
        with locked(tmp_path / "group.db"):
            answers = [pool.submit(group.put, [arrival(f"e-{n}")]) for n in range(16)]
            time.sleep(0.3)
        kept = [answer.result() for answer in answers]

    assert kept == [[Kept.NEW]] * 16
    assert len(events(database)) == 16
    assert database.commits <= 3  # the tables, whoever came first, and all who came meanwhile
    database.close()


def test_one_unfit_row_fails_alone(database: Database) -> None:
    group = GroupCommit(database, silent)

    def put(place: int) -> object:
        one = unfit("bad") if place == 3 else arrival(f"e-{place}")
        try:
            return group.put([one])
        except IntegrityError as e:
            return type(e)

    told = all_at_once(8, put)

    assert told[3] is IntegrityError
    assert told[:3] + told[4:] == [[Kept.NEW]] * 7
    assert "bad" not in events(database)


def test_all_rows_of_one_call_are_stored_or_none(database: Database) -> None:
    group = GroupCommit(database, silent)

    with pytest.raises(IntegrityError):
        group.put([arrival("e-1"), unfit("bad"), arrival("e-2")])

    assert events(database) == []


def test_the_committer_outlives_a_failure(database: Database) -> None:
    group = GroupCommit(database, silent)
    with pytest.raises(IntegrityError):
        group.put([unfit("bad")])

    kept = group.put([arrival("e-1")])

    assert kept == [Kept.NEW]


def test_a_lock_that_stays_costs_all_of_a_group_their_patience_once(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'group.db'}", busy_s=0.3)
    with database.begin() as tx:
        metadata.create_all(tx)
    group = GroupCommit(database, silent)

    def put(place: int) -> bool:
        try:
            group.put([arrival(f"e-{place}")])
        except NotStored:
            return False
        return True

    with locked(tmp_path / "group.db"):
        began = time.monotonic()
        stored = all_at_once(12, put)
        took_s = time.monotonic() - began

    assert stored == [False] * 12
    assert took_s < 2.5  # twelve waits in a row would be 3.6 s
    assert events(database) == []
    database.close()


def test_who_gave_up_waiting_is_not_stored_behind_its_back(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'group.db'}", busy_s=2)
    with database.begin() as tx:
        metadata.create_all(tx)
    group = GroupCommit(database, silent, patience_s=0.2)

    with locked(tmp_path / "group.db"):
        with pytest.raises(NotStored):
            group.put([arrival("under way")])
        with pytest.raises(NotStored):
            group.put([arrival("not begun")])
    with suppress(NotStored):
        group.put([arrival("came last")])
    until(lambda: "came last" in events(database))

    # What was under way is a duplicate when it comes again, and so does no harm.
    assert set(events(database)) <= {"came last", "under way"}
    database.close()


def test_the_bell_rings_once_a_group_and_outside_of_the_transaction(database: Database) -> None:
    rung: list[tuple[str, str, list[str]]] = []

    def ring(bell: str, merchant: MerchantName) -> None:
        rung.append((bell, merchant, events(database)))

    group = GroupCommit(database, ring)
    group.put([arrival("e-1"), arrival("e-2")])

    assert rung == [("apply", SHOP, ["e-1", "e-2"])]


def test_nobody_is_rung_for_what_is_known_or_parked(database: Database) -> None:
    rung: list[str] = []
    group = GroupCommit(database, lambda bell, merchant: rung.append(bell))
    group.put([arrival("e-1")])
    rung.clear()

    group.put([arrival("e-1"), arrival("e-2", reason="is odd")])

    assert rung == []


def test_a_flood_of_refusals_is_counted_in_few_writes(tmp_path: Path) -> None:
    database = CountingDatabase(f"sqlite:///{tmp_path / 'group.db'}")
    with database.begin() as tx:
        metadata.create_all(tx)
    group = GroupCommit(database, silent)

    for _ in range(2000):
        group.refused(SHOP, STALL, NOON)

    told = _refused_in_the_end(database, 2000)
    assert told == (2000, NOON)
    assert database.commits <= 4
    database.close()


def test_refusals_are_not_forgotten_while_the_database_is_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'group.db'}", busy_s=0.1)
    with database.begin() as tx:
        metadata.create_all(tx)
    group = GroupCommit(database, silent)

    with locked(tmp_path / "group.db"):
        group.refused(SHOP, STALL, NOON)
        until(lambda: "refusals not stored" in caplog.messages)
    group.refused(SHOP, STALL, NOON)

    assert _refused_in_the_end(database, 2) == (2, NOON)
    database.close()


def _refused_in_the_end(database: Database, count: int) -> tuple[int, datetime]:
    """Return the count and its moment, once it is reached."""

    def look() -> tuple[int, datetime] | None:
        with database.reading() as tx:
            statement = select(channels.c.refused, channels.c.refused_at)
            row = tx.execute(statement.where(channels.c.refused >= count)).one_or_none()
        return None if row is None else (row.refused, row.refused_at)

    return until(look)
