"""The sandbox till is as strict as the contract, and as unkind as its knobs say."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from stocksync.sandbox.server import serve
from stocksync.sandbox.till import Knobs, Mishap, Till
from tests.sandbox.hand_clock import WAIT_S, HandClock

SAMPLES = Path(__file__).parents[1] / "recordings" / "till_push"
IN = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDE="
OUT = "whsec_c3RvY2tzeW5jLXRlc3Qtc2VjcmV0LTAwMDAwMDAwMDI="
NOON = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


def till(**keys: Any) -> Till:
    return Till("till-main", webhook_secret=IN, push_secret=OUT, **keys)


@contextmanager
def office(status: int = 202) -> Iterator[tuple[str, list[tuple[Any, bytes]]]]:
    """Listen for webhooks; answer each with `status`."""
    came: list[tuple[Any, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            came.append((dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hooks/shop/till-main", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def pushed(
    url: str,
    *items: dict[str, Any],
    key: str = "push_1",
    secret: str = OUT,
    at: datetime | None = None,
    **data: Any,
) -> requests.Response:
    """Send a push as any Standard Webhooks library would sign it."""
    told = {"batch_id": key, "items": list(items), **data}
    event = {"type": "stock.levels", "timestamp": "2026-11-22T10:00:00Z", "data": told}
    body, now = json.dumps(event), at or utc_now()
    signature = Webhook(secret).sign(key, now, body)
    headers = {
        "content-type": "application/json",
        "idempotency-key": key,
        "webhook-id": key,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }
    return requests.post(
        f"{url}/stock", data=body, headers=headers, timeout=WAIT_S, allow_redirects=False
    )


def item(quantity: int, expected: int | None, sequence: int = 1, **more: Any) -> dict[str, Any]:
    told = {"sku": "MUG", "location": "main", "quantity": str(quantity), "sequence": sequence}
    return {**told, "expected_previous": None if expected is None else str(expected), **more}


def asked(url: str, path: str, **params: str) -> requests.Response:
    now = utc_now()
    headers = {
        "webhook-id": "read_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(OUT).sign("read_1", now, ""),
    }
    return requests.get(f"{url}/{path}", params=params, headers=headers, timeout=WAIT_S)


def result(response: requests.Response) -> str:
    (one,) = response.json()["results"]
    return str(one["result"])


@pytest.mark.parametrize("name", sorted(path.stem for path in SAMPLES.glob("push_*.json")))
def test_every_sample_is_answered_as_it_says(name: str) -> None:
    sample = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    moment = datetime.fromtimestamp(int(sample["headers"]["webhook-timestamp"]), UTC)
    one = till(clock=HandClock(moment))
    for sku, given in sample["expect"]["given"].items():
        level = given if isinstance(given, dict) else {"quantity": given}
        one.put({sku: level["quantity"]}, last_sequence=level.get("last_sequence"))

    with serve([one]) as served:
        answer = requests.post(
            f"{served.url('till-main')}/stock",
            data=sample["raw_body"].encode(),
            headers=sample["headers"],
            timeout=WAIT_S,
        )

    assert answer.status_code == sample["expect"]["status"]
    assert answer.json() == sample["expect"]["reply"]


@pytest.mark.parametrize(
    ("wanted", "expected", "mismatch", "told", "shown"),
    [
        (8, 10, "lower", "applied", 8),
        (12, 10, "lower", "applied", 12),
        (10, 10, "lower", "unchanged", 10),
        (5, 8, "lower", "mismatch_lowered", 5),
        (12, 8, "lower", "mismatch_kept", 10),
        (5, 8, "keep", "mismatch_kept", 10),
        (12, 8, "force", "applied", 12),
        (12, None, "lower", "applied", 12),
    ],
)
def test_a_number_is_set_only_over_the_expected_one(
    wanted: int, expected: int | None, mismatch: str, told: str, shown: int
) -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        answer = pushed(served.url("till-main"), item(wanted, expected), if_mismatch=mismatch)

    assert (result(answer), int(one.shows("MUG"))) == (told, shown)


def test_the_same_key_is_answered_the_same_and_done_once() -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        first, again = pushed(url, item(8, 10)), pushed(url, item(8, 10))
        other = pushed(url, item(7, 10))

    assert first.json() == again.json()
    assert [write.result for write in one.log.writes] == ["applied"]
    assert (other.status_code, int(one.shows("MUG"))) == (422, 8)


def test_an_older_sequence_is_stale_unless_the_till_forgets() -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        pushed(url, item(8, 10, 7), key="push_1")
        late = pushed(url, item(12, 8, 6), key="push_2")
        one.knobs.forgets_sequences = True
        later = pushed(url, item(12, 8, 6), key="push_3")

    assert (result(late), result(later), int(one.shows("MUG"))) == ("stale", "applied", 12)


def test_who_does_not_know_the_secret_changes_nothing() -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        stranger = pushed(url, item(0, 10), secret=IN)
        hours_old = pushed(url, item(0, 10), at=utc_now() - timedelta(minutes=6))

    assert (stranger.status_code, hours_old.status_code) == (401, 401)
    assert (int(one.shows("MUG")), one.log.writes) == (10, [])


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"quantity": "8.123456"}, 422),
        ({"quantity": True}, 422),
        ({"sequence": 0}, 422),
        ({"sku": ""}, 422),
        ({"status": "soon"}, 422),
        ({"colour": "red"}, 422),
    ],
)
def test_a_push_that_is_not_of_the_contract_is_refused_whole(
    wrong: dict[str, Any], status: int
) -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        answer = pushed(served.url("till-main"), item(8, 10), {**item(8, 10), **wrong})

    assert (answer.status_code, int(one.shows("MUG"))) == (status, 10)


def test_a_dry_run_says_what_would_be_and_does_nothing() -> None:
    one = till()
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        dry = pushed(url, item(8, 10), dry_run=True)
        wet = pushed(url, item(8, 10))

    assert (result(dry), result(wet)) == ("applied", "applied")
    assert len(one.log.writes) == 1


def test_what_it_does_not_know_it_names() -> None:
    one = till(knobs=Knobs(refused={"LAMP": "locked by the night audit"}))
    one.put({"LAMP": 1})

    with serve([one]) as served:
        results = pushed(
            served.url("till-main"),
            item(8, 10),
            item(8, 10, location="north"),
            item(0, 1, sku="LAMP"),
        ).json()["results"]

    assert [one["result"] for one in results] == ["unknown_sku", "unknown_location", "rejected"]
    assert results[2]["detail"] == "locked by the night audit"


@pytest.mark.parametrize(
    ("mishap", "status", "written"),
    [
        (Mishap.CUT_BEFORE, 0, 0),
        (Mishap.CUT_AFTER, 0, 1),
        (Mishap.LATE, 0, 0),
        (Mishap.THROTTLED, 429, 0),
        (Mishap.BROKEN_BEFORE, 503, 0),
        (Mishap.BROKEN_AFTER, 500, 1),
        (Mishap.ACCEPTED, 202, 1),
        (Mishap.HALF, 200, 1),
        (Mishap.FOREIGN, 200, 1),
        (Mishap.HTML, 200, 1),
        (Mishap.REDIRECT, 307, 0),
    ],
)
def test_each_mishap_does_what_it_says(mishap: Mishap, status: int, written: int) -> None:
    one = till(knobs=Knobs(next_pushes=[mishap]))
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        if status:
            assert pushed(url, item(8, 10)).status_code == status
        else:
            with pytest.raises(requests.ConnectionError):
                pushed(url, item(8, 10))
        afterwards = len(one.log.writes)
        again = pushed(url, item(8, 10))

    assert (one.log.calls[0].status, one.log.calls[0].mishap) == (status, mishap)
    assert afterwards == written
    assert again.status_code == (409 if mishap is Mishap.LATE else 200)


def test_a_late_write_lands_when_its_time_has_come_and_then_answers_its_key() -> None:
    clock = HandClock(NOON)
    one = till(clock=clock, knobs=Knobs(next_pushes=[Mishap.LATE], late_by=timedelta(seconds=90)))
    one.put({"MUG": 10})

    with serve([one]) as served:
        url = served.url("till-main")
        with pytest.raises(requests.ConnectionError):
            pushed(url, item(8, 10), at=NOON)
        early = (one.run_due(), int(one.shows("MUG")), one.next_due)
        clock.now = NOON + timedelta(seconds=90)
        late = (one.run_due(), int(one.shows("MUG")), one.next_due)
        again = pushed(url, item(8, 10), at=clock.now)

    assert early == (0, 10, NOON + timedelta(seconds=90))
    assert late == (1, 8, None)
    assert result(again) == "applied"


def test_a_sale_is_told_in_a_way_that_any_library_can_verify() -> None:
    one = till()
    one.put({"MUG": 10})

    with office() as (url, came):
        one.hook_url = url
        receipt = one.sell({"MUG": 2})
        one.run_due()
        one.stop()

    headers, body = came[0]
    event = Webhook(IN).verify(body, headers)
    assert event["data"]["receipt_id"] == receipt
    assert event["data"]["lines"] == [{"line_id": "1", "sku": "MUG", "quantity": "2"}]
    assert int(one.shows("MUG")) == 8
    assert [(sent.kind, sent.status) for sent in one.log.sent] == [("sale.completed", 202)]


def test_nothing_is_sold_that_it_does_not_show() -> None:
    one = till()
    one.put({"MUG": 1})

    assert one.sell({"MUG": 2}) is None
    assert one.sell({"MUG": 2}, below_zero=True) == "R-1"
    assert int(one.shows("MUG")) == -1


def test_everything_that_happens_moves_its_number_and_is_listed() -> None:
    one = till()
    one.put({"MUG": 10})
    receipt = one.sell({"MUG": 4}) or ""
    one.take_back(receipt, {"MUG": 1}, restock=True)
    one.take_back(receipt, {"MUG": 1})
    one.void(receipt)
    one.receive({"MUG": 5})
    one.adjust({"MUG": "-0.5"}, "damaged")
    one.count({"MUG": 3}, tell=False)

    with serve([one]) as served:
        url = served.url("till-main")
        events = asked(url, "movements", since="2026-01-01T00:00:00Z").json()
        levels = asked(url, "levels", location="main").json()

    assert int(one.shows("MUG")) == 3
    assert [event["type"] for event in events] == [
        "sale.completed",
        "return.completed",
        "return.completed",
        "sale.voided",
        "stock.received",
        "stock.adjusted",
        "stock.counted",
    ]
    assert len({event["id"] for event in events}) == 7
    assert [Decimal(one["quantity"]) for one in levels["items"]] == [3]


def test_levels_come_in_pages() -> None:
    one = till(knobs=Knobs(page_size=2))
    one.put({"A": 1, "B": 2, "C": 3})

    with serve([one]) as served:
        url = served.url("till-main")
        first = asked(url, "levels", location="main").json()
        second = asked(url, "levels", location="main", cursor=first["next_cursor"]).json()

    assert [one["sku"] for one in first["items"]] == ["A", "B"]
    assert ([one["sku"] for one in second["items"]], second["next_cursor"]) == (["C"], None)


def test_an_unanswered_webhook_is_sent_again_under_its_id_with_growing_pauses() -> None:
    clock = HandClock(NOON)
    one = till(clock=clock)
    one.put({"MUG": 10})

    with office(status=503) as (url, came):
        one.hook_url = url
        one.sell({"MUG": 1})
        one.run_due()
        first = one.next_due
        clock.now = first or NOON
        one.run_due()
        second = one.next_due
        one.stop()

    assert (first, second) == (NOON + timedelta(seconds=5), NOON + timedelta(seconds=305))
    (headers, body), (headers_again, body_again) = came
    assert headers["webhook-id"] == headers_again["webhook-id"]
    assert headers["webhook-timestamp"] != headers_again["webhook-timestamp"]
    assert body == body_again


def test_a_webhook_that_is_refused_for_good_is_given_up() -> None:
    one = till()
    one.put({"MUG": 10})

    with office(status=422) as (url, _):
        one.hook_url = url
        one.sell({"MUG": 1})
        one.run_due()
        one.stop()

    assert one.next_due is None


def test_webhooks_are_lost_doubled_delayed_and_shuffled_as_the_knobs_say() -> None:
    clock = HandClock(NOON)
    one = till(clock=clock, seed=4)
    one.put({"MUG": 1000})

    one.knobs.webhook_loss = 1.0
    one.sell({"MUG": 1})
    lost = one.next_due
    one.knobs.webhook_loss, one.knobs.webhook_copies = 0.0, 1.0
    one.knobs.webhook_delay = (timedelta(seconds=2), timedelta(seconds=3))
    one.sell({"MUG": 1})
    delayed = one.next_due
    one.knobs.webhook_copies, one.knobs.webhook_shuffle = 0.0, True
    for _ in range(20):
        one.sell({"MUG": 1})
    clock.now = NOON + timedelta(seconds=3)
    with office() as (url, came):
        one.hook_url = url
        one.run_due()
        one.stop()
    ids = [headers["webhook-id"] for headers, _ in came]

    assert lost is None
    assert delayed is not None
    assert timedelta(seconds=2) <= delayed - NOON <= timedelta(seconds=3)
    assert (len(ids), len(set(ids))) == (22, 21)
    assert ids != sorted(ids)


def test_a_quiet_sale_is_told_when_somebody_says_so() -> None:
    one = till()
    one.put({"MUG": 10})

    with office() as (url, came):
        one.hook_url = url
        one.sell({"MUG": 1}, tell=False)
        one.run_due()
        before = len(came)
        one.tell_all()
        one.run_due()
        one.stop()

    assert (before, len(came)) == (0, 1)


def test_it_runs_by_itself_between_start_and_stop() -> None:
    one = till()
    one.put({"MUG": 10})

    with office() as (url, came):
        one.hook_url = url
        one.start(every_s=0.01)
        one.sell({"MUG": 1})
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while not came and datetime.now(UTC) < deadline:
            threading.Event().wait(0.01)
        one.stop()

    assert len(came) == 1


def test_two_pushes_at_once_are_done_one_after_the_other() -> None:
    one = till()
    one.put({"MUG": 10})
    told: list[str] = []

    with serve([one]) as served:
        url = served.url("till-main")

        def push(sequence: int) -> None:
            told.append(result(pushed(url, item(8, 10, sequence), key=f"push_{sequence}")))

        threads = [threading.Thread(target=push, args=(number,)) for number in (1, 2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert int(one.shows("MUG")) == 8
    assert [f"{write.before}-{write.after}" for write in one.log.writes] == ["10-8", "8-8"]
    assert told.count("applied") == 1
