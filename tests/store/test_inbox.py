"""What the inbox keeps, once, and what it says of the rest."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, select

from stocksync.core.names import ChannelName, InboxId, MerchantName
from stocksync.store import inbox
from stocksync.store.inbox import Arrival, Ending, Kept, State
from stocksync.store.session import Database, is_transient
from stocksync.store.tables import inbox as table
from tests.flow.stall import MUGS, NOON, WEB, arrival, minutes
from tests.store.together import at_once

NEW, DUPLICATE, REUSED = Kept.NEW, Kept.DUPLICATE, Kept.REUSED


def put(db: Database, *arrivals: Arrival) -> list[Kept]:
    with db.begin() as tx:
        return inbox.put(tx, arrivals)


def one(event_id: str, body: bytes = b"hello") -> Arrival:
    return arrival(body, event=event_id)


def kept(db: Database) -> list[tuple[str, str, str | None]]:
    with db.reading() as tx:
        statement = select(table.c.event, table.c.state, table.c.code).order_by(table.c.id)
        return [(row[0], row[1], row[2]) for row in tx.execute(statement)]


def test_an_event_is_new_once(db: Database) -> None:
    first = put(db, one("a"), one("b"))
    second = put(db, one("b"), one("c"))

    assert first == [NEW, NEW]
    assert second == [DUPLICATE, NEW]
    assert [row[0] for row in kept(db)] == ["a", "b", "c"]


def test_an_event_twice_in_one_call_is_kept_once(db: Database) -> None:
    told = put(db, one("a"), one("b"), one("a"))

    assert told == [NEW, NEW, DUPLICATE]
    assert [row[0] for row in kept(db)] == ["a", "b"]


def test_an_id_with_other_content_is_kept_beside_it_and_parked(db: Database) -> None:
    put(db, one("a"))

    told = put(db, one("a", b"goodbye"), one("a", b"goodbye"), one("a"))

    assert told == [REUSED, REUSED, DUPLICATE]
    [(_, state, _), (event_id, other_state, code)] = kept(db)
    assert (state, other_state, code) == ("pending", "parked", "id-reused")
    assert event_id.startswith("a#")


def test_other_content_within_one_call_is_seen_too(db: Database) -> None:
    told = put(db, one("a"), one("a", b"goodbye"), one("a", b"farewell"))

    assert told == [NEW, REUSED, REUSED]
    assert [state for _, state, _ in kept(db)] == ["pending", "parked", "parked"]


def test_the_same_id_of_another_channel_or_merchant_is_new(db: Database) -> None:
    told = put(
        db,
        one("a"),
        replace(one("a"), channel=ChannelName("market")),
        replace(one("a"), merchant=MerchantName("cups")),
    )

    assert told == [NEW, NEW, NEW]


def test_an_arrival_with_a_reason_is_parked_at_once(db: Database) -> None:
    put(db, replace(one("a"), code="odd", reason="the quantity is no number"))

    assert kept(db) == [("a", "parked", "odd")]


def test_a_thousand_duplicates_cost_a_handful_of_statements(db: Database) -> None:
    events = [one(str(n)) for n in range(1000)]
    put(db, *events)
    statements: list[str] = []
    event.listen(db._writer, "before_cursor_execute", lambda *a: statements.append(a[2]))

    told = put(db, *events)

    assert told == [DUPLICATE] * 1000
    assert len(statements) < 30


def test_a_put_that_fails_keeps_nothing(db: Database) -> None:
    wrong = replace(one("b"), received_at=NOON.replace(tzinfo=None))

    with pytest.raises(Exception, match="has no time zone"):
        put(db, one("a"), wrong)

    assert kept(db) == []


def test_rows_inserted_as_they_came_deadlock(many_writers: Database) -> None:
    """The race that sorting is for: two doors, the same two ids, in opposite order."""

    def door(order: list[str], barrier: threading.Barrier) -> None:
        with many_writers.begin() as tx:
            for place, name in enumerate(order):
                tx.execute(insert(table).values(inbox._row(one(name), place + hash(name) % 1000)))
                if place == 0:
                    barrier.wait(10)

    raised = at_once([lambda b: door(["a", "b"], b), lambda b: door(["b", "a"], b)])

    assert any(is_transient(error) for error in raised)
    assert any("deadlock" in str(error) for error in raised)


def test_two_doors_that_store_the_same_ids_in_opposite_order_do_not_deadlock(db: Database) -> None:
    for turn in range(15):
        events = [one(f"{turn}-{n}") for n in range(120)]
        told: list[Kept] = []

        def door(arrivals: list[Arrival], barrier: threading.Barrier) -> None:
            barrier.wait(10)
            told.extend(put(db, *arrivals))  # noqa: B023 joined before the next turn

        raised = at_once([lambda b: door(events, b), lambda b: door(events[::-1], b)])  # noqa: B023

        assert raised == []
        assert told.count(NEW) == told.count(DUPLICATE) == 120


def test_two_doors_that_meet_the_same_reused_ids_do_not_deadlock(db: Database) -> None:
    for turn in range(10):
        put(db, *(one(f"{turn}-{n}") for n in range(60)))
        others = [one(f"{turn}-{n}", b"other") for n in range(60)]

        def door(arrivals: list[Arrival], barrier: threading.Barrier) -> None:
            barrier.wait(10)
            put(db, *arrivals)

        raised = at_once([lambda b: door(others, b), lambda b: door(others[::-1], b)])  # noqa: B023

        assert raised == []
    assert [state for _, state, _ in kept(db)].count("parked") == 600


def test_only_pending_rows_are_loaded_oldest_first(db: Database) -> None:
    put(db, one("a"), one("b"), one("c"))
    with db.begin() as tx:
        ids = [
            InboxId(row) for row in tx.execute(select(table.c.id).order_by(table.c.id)).scalars()
        ]
        inbox.end(tx, MUGS, [Ending(id=ids[1], state=State.DONE)], NOON)

        loaded = inbox.load(tx, MUGS, ids[::-1])

    assert [row.event for row in loaded] == ["a", "c"]
    assert loaded[0].body == b"hello"
    assert loaded[0].channel == WEB


def test_the_oldest_row_that_waits_is_named(db: Database) -> None:
    with db.reading() as tx:
        assert inbox.oldest_pending(tx, MUGS) is None
    put(db, replace(one("a"), received_at=minutes(1)), replace(one("b"), received_at=minutes(2)))

    with db.reading() as tx:
        assert inbox.oldest_pending(tx, MUGS) == minutes(1)


def test_only_a_parked_row_can_be_opened_again(db: Database) -> None:
    put(db, replace(one("a"), reason="look", code="odd"), one("b"))
    with db.begin() as tx:
        parked, waiting = tx.execute(select(table.c.id).order_by(table.c.event)).scalars()

        opened = inbox.reopen(tx, MUGS, InboxId(parked), approved=True)
        refused = inbox.reopen(tx, MUGS, InboxId(waiting), approved=True)
        [first, _] = inbox.load(tx, MUGS, [InboxId(parked), InboxId(waiting)])

    assert (opened, refused) == (True, False)
    assert first.headers == {"x-approved": "yes"}
