"""A channel that was taken out of the config is told to stop; one that never was, is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event

from stocksync.core.names import ChannelName, MerchantName
from stocksync.doorbell import InlineDoorbell
from stocksync.store import inbox
from stocksync.store.door import was_heard
from stocksync.store.inbox import Arrival
from stocksync.store.session import Database
from stocksync.web import create
from tests.web.cast import SHOP, House, event_body, locked, problem, system

OLD = ChannelName("old-till")
REMOVED = f"/hooks/{SHOP}/{OLD}"
NEVER = f"/hooks/{SHOP}/nobody"
NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def heard_once(database: Database, merchant: MerchantName = SHOP) -> None:
    arrival = Arrival(
        merchant=merchant,
        channel=OLD,
        event="e-0",
        content="e-0",
        received_at=NOON,
        body=b"{}",
        headers={},
    )
    with database.begin() as tx:
        inbox.put(tx, [arrival])


@contextmanager
def questions() -> Iterator[list[str]]:
    """Note every SELECT that any database is asked meanwhile."""
    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.lstrip().startswith("SELECT"):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", [REMOVED, f"{REMOVED}/{'a' * 64}"])
def test_a_channel_that_was_removed_is_told_to_stop(shop: House, path: str) -> None:
    heard_once(shop.database)

    answer = shop.post(event_body(), path)

    assert answer.status_code == 410
    assert problem(answer) == {
        "type": "urn:stocksync:problem:channel-removed",
        "title": "Channel is not connected any more",
        "status": 410,
        "code": "channel-removed",
        "detail": "this channel is not in the config any more; stop sending, or put it back there",
        "instance": REMOVED,
    }
    assert shop.events() == ["e-0"]
    assert shop.bells.rung == []


def test_a_removed_merchant_is_told_to_stop_too(shop: House) -> None:
    heard_once(shop.database, MerchantName("old-shop"))

    assert shop.post(event_body(), f"/hooks/old-shop/{OLD}").status_code == 410


def test_a_channel_of_another_merchant_was_never_ours(shop: House) -> None:
    heard_once(shop.database, MerchantName("old-shop"))

    assert shop.post(event_body(), REMOVED).status_code == 404


def test_while_the_database_is_away_nobody_is_told_to_stop() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    client = create(system(database, InlineDoorbell())).test_client()

    answer = client.post(REMOVED, data=event_body())

    assert answer.status_code == 404
    assert problem(answer)["code"] == "unknown-channel"
    database.close()


def test_a_locked_database_can_still_tell_who_was_removed(shop: House) -> None:
    heard_once(shop.database)

    with locked(shop.file):
        answer = shop.post(event_body(), REMOVED)

    assert answer.status_code == 410


@pytest.mark.parametrize(("path", "status"), [(REMOVED, 410), (NEVER, 404)])
def test_the_twenty_first_call_of_a_minute_is_429_and_asks_nothing(
    shop: House, path: str, status: int
) -> None:
    heard_once(shop.database)
    statuses = [shop.post(event_body(), path).status_code for _ in range(20)]

    with questions() as asked:
        limited = shop.post(event_body(), path)

    assert statuses == [status] * 20
    assert limited.status_code == 429
    assert problem(limited)["code"] == "rate-limited"
    assert 1 <= int(limited.headers["Retry-After"]) <= 60
    assert asked == []


def test_calls_to_no_channel_and_calls_without_proof_are_counted_together(shop: House) -> None:
    for _ in range(10):
        shop.post(event_body(), NEVER)
        shop.post(event_body(), x_proof="wrong")

    assert shop.post(event_body(), NEVER).status_code == 429
    assert shop.post(event_body("e-1")).status_code == 202


def test_one_question_is_asked_by_the_index(shop: House) -> None:
    with questions() as asked:
        shop.post(event_body(), NEVER)

    (statement,) = asked
    with shop.database.reading() as tx:
        plan = tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", (SHOP, OLD, 1, 0)).all()
    assert [row[3] for row in plan] == [
        "SEARCH inbox USING COVERING INDEX inbox_event (merchant=? AND channel=?)"
    ]


def test_both_databases_know_who_was_heard_and_survive_any_name(db: Database) -> None:
    heard_once(db)

    with db.reading() as tx:
        told = {name: was_heard(tx, SHOP, ChannelName(name)) for name in (OLD, "x", "\0", "�")}

    assert told == {"old-till": True, "x": False, "\0": False, "�": False}
