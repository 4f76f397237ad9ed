"""`stocksync pull`, `push`, `reconcile` and `settle`: work that is done here and now."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest

from stocksync.core.names import MerchantName
from stocksync.flow import apply, turn
from stocksync.store import leases, links
from stocksync.wiring import outgoing
from tests.cli.street import SHOP, TILL, WEB, Street, now

pytestmark = pytest.mark.long


def test_pull_fetches_and_books_an_order_that_no_webhook_told(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.web.buy({"MUG-RED": 3})

    result = here.desk.run("pull")

    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("web: 1 new delivery, complete through ")
    (line,) = here.desk.told("stock", "MUG-RED")
    assert (line["committed"], line["available"]) == (3, 7)
    assert here.desk.told("pull", "web")["complete"] is True


def test_pull_of_a_shop_that_does_not_answer_says_so_in_time(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.web.knobs.maintenance = True

    result = here.desk.run("pull", "web", "--timeout", "1")

    assert result.exit_code == 1
    assert "web is not done in time (1 call failed in a row; the next is at " in result.stderr
    assert result.stderr.endswith("stocksync doctor web\n")


def test_push_writes_what_differs_and_waits_until_it_is_confirmed(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.till.put({"MUG-RED": 1})
    here.live(WEB, TILL)
    here.desk.counted("MUG-RED=6", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")

    result = here.desk.run("push")

    assert result.exit_code == 0, result.output
    assert result.stdout == "web: 1 number written\ntill: 1 number written\n"
    assert here.web.stock("MUG-RED") == 6
    assert here.till.shows("MUG-RED") == Decimal(6)
    assert here.desk.told("status")["push_due"] == 0


def test_push_to_a_channel_that_is_not_live_is_refused(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.desk.run("import", "web")

    result = here.desk.run("push", "web")

    assert result.exit_code == 1
    assert result.stderr == (
        "web is linked: no number is written before it goes live; stocksync go-live web\n"
    )


def test_nothing_linked_is_a_sentence(here: Street) -> None:
    here.desk.run("count", "MUG-RED=1", "--yes")

    for word in ("pull", "push", "reconcile"):
        result = here.desk.run(word)
        assert result.exit_code == 1
        assert result.stderr.startswith("web is not linked; the first channel brings the stock: ")


def test_reconcile_names_a_late_sale_and_what_agrees(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.web.add_product("BOX", 5)
    here.live(WEB)
    here.web.buy({"MUG-RED": 3})

    result = here.desk.run("reconcile", "web")

    assert result.exit_code == 0, result.output
    assert result.stdout == "web: 1 of 2 listings as we believed\n  late sale  MUG-RED: 3\n"
    assert here.desk.told("reconcile", "web") == {
        "merchant": "corner-shop",
        "channels": {
            "web": {
                "listings": 2,
                "agreed": 2,
                "late_sales": [],
                "put_back": [],
                "drift": [],
                "edits": [],
                "open": [],
            }
        },
    }


def _asked(here: Street) -> None:
    """Let somebody type a number into the shop, and two looks of ours agree on it."""
    here.web.add_product("MUG-RED", 10)
    here.config("    auth: basic\n", "    auth: basic\n    manual_edits: alert\n")
    here.live(WEB)
    here.web.edit_stock("MUG-RED", 14)
    first = here.desk.run("reconcile", "web", "--timeout", "8")
    assert first.exit_code == 1
    assert "  1 not settled: MUG-RED" in first.stderr
    assert here.desk.told("listings")[0]["state"] == "suspect"

    system = here.desk.system()
    one = outgoing(system, SHOP, WEB, lambda: datetime.now(UTC) + timedelta(minutes=2))
    assert one is not None
    channels = system.channels_of(SHOP)
    for _ in range(400):
        turn.turn(one, "two minutes later")
        apply.drain(system.database, system.trades[SHOP], channels, one.clock, lingers_most=0)
        if here.desk.told("listings")[0]["state"] == "parked":
            break
        threading.Event().wait(0.05)
    system.database.close()


def test_a_typed_number_waits_for_a_person_and_is_taken_over(here: Street) -> None:
    _asked(here)
    (line,) = here.desk.told("listings")
    assert line["state"] == "parked"
    assert "stocksync reconcile web --adopt MUG-RED" in line["error"]
    assert "edit: MUG-RED on web, 4 units since " in here.desk.run("status").stdout

    result = here.desk.run("reconcile", "web", "--adopt", "MUG-RED")

    assert result.exit_code == 0, result.output
    assert result.stdout == "MUG-RED: +4 booked at shelf\n"
    assert here.desk.told("stock", "MUG-RED")[0]["on_hand"] == 14
    (after,) = here.desk.told("listings")
    assert (after["wanted"], after["believed"], after["state"]) == (14, 14, "clean")
    assert "edit: MUG-RED" not in here.desk.run("status").stdout
    assert ": 14 was shown, +4 that no order explained: adopt, decided by hand\n" in (
        here.desk.run("why", "MUG-RED", "--channel", "web").stdout
    )

    again = here.desk.run("reconcile", "web", "--adopt", "MUG-RED")
    assert again.exit_code == 1
    assert again.stderr.startswith("no number of MUG-RED on web waits for you")
    assert here.desk.told("stock", "MUG-RED")[0]["on_hand"] == 14


def test_a_typed_number_is_written_over(here: Street) -> None:
    _asked(here)

    result = here.desk.run("reconcile", "web", "--overwrite", "MUG-RED")
    pushed = here.desk.run("push", "web")

    assert result.stdout == "MUG-RED: our number is written to web again\n"
    assert pushed.exit_code == 0, pushed.output
    assert here.web.stock("MUG-RED") == 10
    assert here.desk.told("stock", "MUG-RED")[0]["on_hand"] == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--adopt", "A", "--overwrite", "A"), "write only one of --adopt and --overwrite\n"),
        (("--adopt", "A"), "name the channel too: stocksync reconcile CHANNEL --adopt SKU\n"),
    ],
)
def test_a_decision_names_one_channel_and_one_way(
    here: Street, words: tuple[str, ...], said: str
) -> None:
    result = here.desk.run("reconcile", *words)

    assert (result.exit_code, result.stderr) == (2, said)


def test_a_worker_that_is_at_a_channel_is_left_to_it(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.web.buy({"MUG-RED": 3})
    system = here.desk.system()
    leases.take(system.database, f"channel {SHOP}/{WEB}", "a worker", 15)
    calls = len(here.web.log.calls)

    result = here.desk.run("pull", "web", "--timeout", "0.5")

    assert result.exit_code == 1
    assert len(here.web.log.calls) == calls
    leases.give_back(system.database, f"channel {SHOP}/{WEB}", "a worker")
    system.database.close()
    assert here.desk.run("pull", "web").exit_code == 0


def test_settle_names_numbers_that_wait_and_why(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    assert here.desk.told("settle")["settled"] is True
    here.desk.counted("MUG-RED=6", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")
    here.stop(halted="30 SKUs were changed in ten minutes")

    result = here.desk.run("settle", "--timeout", "0", "--json")

    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["remaining"] == [
        {
            "merchant": MerchantName("corner-shop"),
            "channel": "web",
            "pending": 0,
            "oldest_s": None,
            "due": 1,
            "in_flight": 0,
            "unknown": 0,
            "suspect": 0,
            "reading": 0,
            "asks": 0,
            "reason": "halted: no number is written: 30 SKUs were changed in ten minutes",
        }
    ]
    assert (
        "corner-shop web: 1 number waits to be written; web is halted: no number is written: "
        "30 SKUs were changed in ten minutes; look at its numbers, then: stocksync go-live web"
    ) in result.stderr


def test_settle_is_done_when_the_push_is(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    here.desk.counted("MUG-RED=6", at=f"{now():%Y-%m-%dT%H:%M:%S.%fZ}")
    system = here.desk.system()
    one = outgoing(system, SHOP, WEB)
    assert one is not None
    stop = threading.Event()

    def up() -> None:
        while not stop.wait(0.05):
            turn.turn(one, "a worker")
            apply.drain(
                system.database, one.trade, system.channels_of(SHOP), one.clock, lingers_most=0
            )

    worker = threading.Thread(target=up)
    worker.start()
    try:
        result = here.desk.run("settle", "--timeout", "30")
    finally:
        stop.set()
        worker.join()
        system.database.close()

    assert result.exit_code == 0, result.output
    assert here.web.stock("MUG-RED") == 6
    assert here.desk.told("listings")[0]["state"] == "clean"


def test_a_linked_channel_that_rests_is_not_asked_before_its_time(here: Street) -> None:
    here.web.add_product("MUG-RED", 10)
    here.live(WEB)
    system = here.desk.system()
    with system.database.begin() as tx:
        links.change(tx, SHOP, WEB, failures=3, not_before=now() + timedelta(hours=1))
    system.database.close()
    calls = len(here.web.log.calls)

    result = here.desk.run("pull", "web", "--timeout", "0.3")

    assert result.exit_code == 1
    assert "3 calls failed in a row" in result.stderr
    assert len(here.web.log.calls) == calls
    assert here.desk.told("status")["channels"]["web"]["state"] == "away"
