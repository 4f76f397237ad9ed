"""`stocksync status`, `parked` and `settle`: what waits, and for whom."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from stocksync.cli.status import percentile
from tests.cli.cast import NOON, SHOP, TILL, Desk


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
    [([], 0.5, None), ([1.0], 0.99, 1.0), ([3.0, 1.0, 2.0, 4.0], 0.5, 2.0)],
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


def test_an_id_that_is_not_parked_is_a_sentence(shop: Desk) -> None:
    result = shop.run("parked", "--retry", "12")
    both = shop.run("parked", "--retry", "12", "--approve", "12")

    assert result.exit_code == 1
    assert result.stderr == "no parked delivery has the ID 12; list them: stocksync parked\n"
    assert both.exit_code == 2


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
