"""`stocksync status`, `parked` and `settle`: what waits, and for whom."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest
from sqlalchemy import select

from stocksync.flow.pace import percentile
from stocksync.store.tables import inbox
from tests.cli.cast import NOON, SHOP, TILL, Desk


def inbox_of(shop: Desk) -> list[tuple[str, str, str | None, str | None]]:
    system = shop.system()
    statement = select(inbox.c.event, inbox.c.state, inbox.c.code, inbox.c.reason)
    with system.database.reading() as tx:
        rows = [(row[0], row[1], row[2], row[3]) for row in tx.execute(statement.order_by("event"))]
    system.database.close()
    return rows


def ids_of(shop: Desk) -> list[int]:
    system = shop.system()
    with system.database.reading() as tx:
        ids = list(tx.execute(select(inbox.c.id)).scalars())
    system.database.close()
    return ids


def test_status_of_a_quiet_shop(shop: Desk) -> None:
    silent = {"state": "silent", "watermark": None, "delay_p50_s": None, "delay_p99_s": None}

    assert shop.told("status") == {
        "inbox_pending": 0,
        "inbox_parked": 0,
        "push_due": None,
        "push_parked": None,
        "oldest_pending_s": None,
        "channels": {"web": silent, "till": silent},
        "worst_case_oversell": None,
    }
    assert shop.run("status").stdout.startswith("Nothing waits: every delivery is booked.\n")


def test_the_headline_is_the_age_of_the_oldest_row(shop: Desk) -> None:
    now = datetime.now(UTC)
    shop.arrive("a", now - timedelta(minutes=5))
    shop.arrive("b", now)

    told = shop.told("status")
    said = shop.run("status").stdout

    assert told["inbox_pending"] == 2
    assert 300 <= told["oldest_pending_s"] < 360
    assert said.startswith("The oldest delivery has waited 5 min; 2 deliveries wait in all.\n")


def test_status_names_what_wants_a_person(shop: Desk) -> None:
    shop.counted("LAST-LAMP=1")
    shop.order("1042", NOON, [("LAST-LAMP", 3), ("UNKNOWN", 1)])

    said = shop.run("status").stdout

    assert "1 thing waits for you: stocksync parked\n" in said
    assert "oversell: 2 LAST-LAMP short at shelf since " in said


@pytest.mark.parametrize(
    ("values", "part", "found"),
    [([], 0.5, None), ([1.0], 0.99, 1.0), ([3.0, 1.0, 2.0], 0.5, 2.0)],
)
def test_percentiles_are_values_that_occurred(
    values: list[float], part: float, found: float | None
) -> None:
    assert percentile(values, part) == found


def test_what_is_parked_is_grouped_and_explained(shop: Desk) -> None:
    shop.arrive("a", NOON, reason="it is 40 days old; approve it, or leave it")
    shop.arrive("b", NOON, reason="it is 41 days old; approve it, or leave it")
    shop.order("1042", NOON, [("UNKNOWN", 1)])

    said = shop.run("parked").stdout
    told = shop.told("parked")

    assert "till: too-old, 2 times\n" in said
    assert "web: unknown-sku, 1 time\n" in said
    assert "it is 40 days old; approve it, or leave it" in said
    assert [one["what"] for one in told] == ["delivery a", "delivery b", "order 1042, line 1"]
    assert set(told[0]) == {"id", "channel", "what", "code", "reason", "since"}
    assert told[2]["id"] is None


@pytest.mark.parametrize(("option", "approved"), [("--retry", None), ("--approve", "yes")])
def test_a_parked_delivery_is_let_go_on(shop: Desk, option: str, approved: str | None) -> None:
    shop.arrive("a", NOON, reason="it is 40 days old")
    (one,) = shop.told("parked")

    result = shop.run("parked", option, one["id"])

    assert result.exit_code == 0
    assert result.stdout == f"delivery {one['id']} waits to be applied again\n"
    assert "no worker was woken" in result.stderr
    assert shop.told("parked") == []
    assert shop.told("status")["inbox_pending"] == 1


def test_a_parked_delivery_is_dropped_for_good_and_keeps_its_reason(shop: Desk) -> None:
    shop.arrive("a", NOON, reason="it is 40 days old")
    shop.arrive("b", NOON, reason="it is 41 days old")
    first, second = shop.told("parked")

    said = shop.run("parked", "--drop", first["id"])
    told = shop.told("parked", "--drop", second["id"])

    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout == (
        f"delivery {first['id']} is dropped: it stays in the inbox, and is never applied\n"
    )
    assert told == {"id": second["id"], "dropped": True}
    assert shop.told("parked") == []
    assert shop.told("status")["inbox_pending"] == 0
    assert inbox_of(shop) == [
        ("a", "ignored", "too-old", "dropped by hand: it is 40 days old"),
        ("b", "ignored", "too-old", "dropped by hand: it is 41 days old"),
    ]


def test_what_was_dropped_is_not_let_in_again(shop: Desk) -> None:
    shop.arrive("a", NOON, reason="it is 40 days old")
    (one,) = shop.told("parked")
    shop.run("parked", "--drop", one["id"])

    again = shop.run("parked", "--retry", one["id"])
    shop.arrive("a", NOON)

    assert again.exit_code == 1
    assert [row[:2] for row in inbox_of(shop)] == [("a", "ignored")]


def test_a_delivery_that_waits_is_not_dropped(shop: Desk) -> None:
    shop.arrive("a", NOON)
    (row,) = ids_of(shop)

    result = shop.run("parked", "--drop", str(row))

    assert result.exit_code == 1
    assert inbox_of(shop) == [("a", "pending", None, None)]


@pytest.mark.parametrize("option", ["--retry", "--approve", "--drop"])
@pytest.mark.parametrize("row", ["12", "-12", "9999999999999999999999"])
def test_an_id_that_is_not_parked_is_a_sentence(shop: Desk, option: str, row: str) -> None:
    result = shop.run("parked", option, row)

    assert result.exit_code == 1
    assert result.stderr == f"no parked delivery has the ID {row}; list them: stocksync parked\n"


@pytest.mark.parametrize("other", ["--retry", "--approve"])
def test_one_delivery_cannot_be_settled_in_two_ways(shop: Desk, other: str) -> None:
    shop.arrive("a", NOON, reason="it is 40 days old")
    (one,) = shop.told("parked")

    both = shop.run("parked", "--drop", one["id"], other, one["id"])

    assert both.exit_code == 2
    assert both.stderr == "write only one of --retry, --approve and --drop\n"
    assert shop.told("parked") == [one]


def test_nothing_to_settle(shop: Desk) -> None:
    told = shop.told("settle")

    assert told["settled"] is True
    assert told["waited_s"] < 5
    assert told["remaining"] == []


def test_settle_names_what_remains(shop: Desk) -> None:
    shop.arrive("a", datetime.now(UTC) - timedelta(hours=3))

    result = shop.run("settle", "--timeout", "0.2", "--json")

    assert result.exit_code == 1
    told = orjson.loads(result.stdout)
    assert told["settled"] is False
    assert told["waited_s"] >= 0.2
    (left,) = told["remaining"]
    assert (left["merchant"], left["channel"], left["pending"]) == (SHOP, TILL, 1)
    assert "corner-shop till: 1 delivery waits, the oldest for 3 h" in result.stderr


def test_a_refused_time_out_is_a_wrong_usage(shop: Desk) -> None:
    assert shop.run("settle", "--timeout", "-1").exit_code == 2
