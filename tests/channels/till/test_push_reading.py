"""Asking a till: its levels, its movements, and what is wrong there."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from werkzeug.http import http_date

from stocksync.channels.base import Health, Stored, Target
from stocksync.channels.errors import CallError, Refused, Shut, Transient
from stocksync.core.names import ListingId
from stocksync.sandbox.till import Knobs, Mishap
from tests.channels.till.cast import CURRENT, CURRENT_KEY, Inbox, event, secret, signed, till
from tests.channels.till.counter import answered, batch, open_till, reaching

TEN = {"MUG-RED": 10}


def target(sku: str, location: str = "main") -> Target:
    return Target(listing=ListingId(f"{location}:{sku}"), sku=sku)


def levels(*items: Any, cursor: Any = None) -> str:
    return json.dumps({"items": items, "next_cursor": cursor})


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)


def test_a_read_says_what_each_listing_shows_and_leaves_out_what_is_unknown() -> None:
    with open_till(locations=("main", "north"), knobs=Knobs(page_size=2)) as (one, channel):
        one.put({"A": 1, "B": 0, "C": 3, "D": 4, "E": -2})
        one.put({"A": 9}, "north")
        shown = channel.read([target(sku) for sku in "ACEZ"] + [target("A", "north")])

    assert shown == {"main:A": 1, "main:C": 3, "main:E": -2, "north:A": 9}


def test_a_read_is_exact_in_the_decimals_of_the_merchant() -> None:
    items = [
        {"sku": "RICE", "location": "main", "quantity": "7.25"},
        {"sku": "SALT", "location": "main", "quantity": 3},
        {"sku": "DUST", "location": "main", "quantity": "0.0004"},
    ]
    with answered(200, levels(*items), decimals=3) as (_, channel):
        shown = channel.read([target("RICE"), target("SALT"), target("DUST")])

    assert shown == {"main:RICE": 7250, "main:SALT": 3000}


def test_what_is_told_twice_or_not_as_a_number_is_unknown() -> None:
    items = [
        {"sku": "A", "quantity": "1"},
        {"sku": "A", "quantity": "2"},
        {"sku": "B", "quantity": "many"},
        {"sku": "C", "quantity": "3", "location": "north"},
        {"sku": "D", "quantity": "4"},
        {"sku": "D", "quantity": "4.0"},
        {"sku": 5, "quantity": "5"},
        "E",
    ]
    with answered(200, levels(*items)) as (_, channel):
        shown = channel.read([target(sku) for sku in "ABCD5E"])

    assert shown == {"main:D": 4}


def test_pages_that_never_end_are_refused() -> None:
    endless = pytest.raises(Refused, match="levels_url never ends")
    page = levels({"sku": "A", "quantity": "1"}, cursor="x")
    with answered(200, page) as (stub, channel), endless:
        channel.read([target("A")])

    assert len(stub.came) == 2


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, b"<h1>Please log in</h1>", Transient),
        (200, b'"ok"', Transient),
        (200, b'{"items":{},"events":{}}', Transient),
        (401, b"", Shut),
        (404, b"", Shut),
        (410, b"", Shut),
        (500, b"", Transient),
        (400, b"", Refused),
    ],
)
def test_a_read_that_fails_says_what_happens_next(
    status: int, body: bytes, kind: type[CallError]
) -> None:
    with answered(status, body) as (_, channel):
        with pytest.raises(CallError) as read:
            channel.read([target("A")])
        with pytest.raises(CallError) as pulled:
            channel.pull(channel.cursor_at(an_hour_ago()), datetime.now(UTC))

    assert (type(read.value), type(pulled.value)) == (kind, kind)


def test_the_catalogue_lists_what_stands_at_the_place_that_is_pushed_to() -> None:
    with open_till(locations=("main", "north"), knobs=Knobs(page_size=2)) as (one, channel):
        one.put({"A": 1, "B": 2, "C": 3})
        one.put({"Z": 9}, "north")
        pages = list(channel.catalogue())

    assert [len(page) for page in pages] == [2, 1]
    listed = [(one.entry.listing, one.entry.sku, one.shown) for page in pages for one in page]
    assert listed == [("main:A", "A", 1), ("main:B", "B", 2), ("main:C", "C", 3)]
    assert all(one.entry.managed and one.entry.owner == one.entry.listing for one in pages[0])


def test_a_till_that_cannot_be_asked_is_not_asked() -> None:
    channel = reaching("http://127.0.0.1:9", levels_url=None, movements_url=None)

    assert list(channel.catalogue()) == []
    assert channel.read([target("MUG-RED")]) == {}
    with pytest.raises(Refused, match="add movements_url"):
        channel.pull(channel.cursor_at(an_hour_ago()), datetime.now(UTC))


def test_an_event_is_one_whether_it_was_sent_or_asked_for() -> None:
    now, listening = datetime.now(UTC), till()
    with open_till() as (one, channel):
        one.put(TEN)
        one.sell({"MUG-RED": 2}, tell=False)
        (pulled,) = channel.pull(channel.cursor_at(an_hour_ago()), now).deliveries
        told = dict(next(one._book.since(an_hour_ago())))

    webhook = signed(
        {name: told[name] for name in ("type", "timestamp", "data")},
        event_id=told["id"],
        at=now,
        key=CURRENT_KEY,
    )
    (sent,) = listening.minimise(webhook)
    inbox = Inbox()
    assert inbox.keep([sent, pulled]) == [Stored.NEW, Stored.DUPLICATE]
    assert (pulled.body, pulled.read_began_at) == (sent.body, now)
    assert listening.translate(sent) == listening.translate(pulled)


def test_a_pull_begins_at_its_cursor_and_goes_on_behind_the_newest_event() -> None:
    with open_till() as (one, channel):
        one.put(TEN)
        one.sell({"MUG-RED": 1})
        now = datetime.now(UTC)
        later = channel.pull(channel.cursor_at(now + timedelta(seconds=1)), now)
        first = channel.pull(channel.cursor_at(now - timedelta(seconds=5)), now)
        one.sell({"MUG-RED": 1})
        second = channel.pull(first.cursor, now)
        asked = [call.query["since"] for call in one.log.calls]

    assert [len(page.deliveries) for page in (later, first, second)] == [0, 1, 2]
    assert first.complete
    assert asked[1] == (now - timedelta(seconds=5)).isoformat()
    assert asked[2] == asked[1]  # what overlaps begins before the pull did


@pytest.mark.parametrize("cursor", ["", "7", "{}", '{"since": 1, "newest": 2}', "not json"])
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    with open_till() as (_, channel), pytest.raises(Refused, match="no cursor of a till"):
        channel.pull(cursor, datetime.now(UTC))


def test_a_pull_comes_in_pages_and_is_complete_with_the_last() -> None:
    told = {"id": "e-1", **event()}
    one = json.dumps({"events": [told], "next_cursor": "p2"})
    with answered(200, one) as (stub, channel):
        first = channel.pull(channel.cursor_at(an_hour_ago()), datetime.now(UTC))
        stub.answer.set_data(json.dumps({"events": [{**told, "id": "e-2"}]}))
        last = channel.pull(first.cursor, datetime.now(UTC))

    assert [page.deliveries[0].event_id for page in (first, last)] == ["e-1", "e-2"]
    assert (first.complete, last.complete) == (False, True)
    assert [request.args.get("cursor") for request in stub.came] == [None, "p2"]
    assert stub.came[0].args["since"] == stub.came[1].args["since"]


def test_the_next_pull_overlaps_the_newest_event_and_never_trusts_the_future() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    newest = {"id": "e-1", **event(), "timestamp": (now - timedelta(minutes=9)).isoformat()}
    ahead = {"id": "e-2", **event(), "timestamp": "2099-01-01T00:00:00Z"}
    headers = {"Date": http_date(now)}
    with answered(200, json.dumps([newest]), headers) as (stub, channel):
        first = channel.pull(channel.cursor_at(an_hour_ago()), now)
        stub.answer.set_data(json.dumps([ahead]))
        second = channel.pull(first.cursor, now)
        channel.pull(second.cursor, now)

    since = [datetime.fromisoformat(request.args["since"]) for request in stub.came]
    assert since[1] == now - timedelta(minutes=11)
    assert timedelta(minutes=2) <= now - since[2] < timedelta(minutes=2, seconds=3)


def test_what_a_till_tells_wrongly_is_parked_and_the_rest_goes_on() -> None:
    told = [
        {"id": "e-1", **event(receipt_id=None)},
        {"id": "e-2", **event()},
        "nonsense",
        {"id": "e-3", "type": "ping", "timestamp": "2026-11-22T10:00:00Z", "data": {}},
        event(kind="sale.voided"),
    ]
    with answered(200, json.dumps(told)) as (_, channel):
        page = channel.pull(channel.cursor_at(an_hour_ago()), datetime.now(UTC))

    codes = [one.trouble.code if one.trouble else "" for one in page.deliveries]
    assert codes == ["invalid-event", "", "invalid-event", ""]
    assert [one.event_id for one in page.deliveries][:2] == ["e-1", "e-2"]
    assert page.deliveries[3].event_id.startswith("sha256:")
    assert len(channel.translate(page.deliveries[1])) == 1


def test_nothing_of_a_buyer_is_kept_of_a_pull() -> None:
    told = event(note="for Dana", operator="Avi", customer={"email": "dana@example.test"})
    with answered(200, json.dumps([{"id": "e-1", **told}])) as (_, channel):
        (one,) = channel.pull(channel.cursor_at(an_hour_ago()), datetime.now(UTC)).deliveries

    assert b"Dana" not in one.body
    assert b"Avi" not in one.body
    assert b"dana@example.test" not in one.body


def test_the_clock_of_a_page_is_the_tills_own() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    ahead = now + timedelta(minutes=20)
    with answered(200, b"[]", {"Date": http_date(ahead)}) as (_, channel):
        page = channel.pull(channel.cursor_at(now), now)

    assert ahead - timedelta(seconds=2) <= page.clock <= ahead


def test_a_clock_that_is_off_is_noted_on_what_was_pulled() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    told = json.dumps([{"id": "e-1", **event()}])

    def stated(clock: datetime) -> datetime | None:
        with answered(200, told, {"Date": http_date(clock)}) as (_, channel):
            (one,) = channel.pull(channel.cursor_at(now), now).deliveries
        return one.stated_at

    assert stated(now) is None
    assert (stated(now + timedelta(minutes=20)) or now) > now + timedelta(minutes=19)


def test_a_till_has_no_orders_no_watch_and_no_poke() -> None:
    channel = reaching("http://127.0.0.1:9")

    assert channel.fetch([], datetime.now(UTC)) == ()
    assert list(channel.open_orders(datetime.now(UTC))) == []
    assert channel.watch("https://stock.example/hooks/shop/till") == ()
    channel.poke()


def found(knobs: Knobs | None = None, **settings: Any) -> dict[str, Health]:
    with open_till(knobs=knobs, settings=settings) as (one, channel):
        one.put(TEN)
        one.sell({"MUG-RED": 1})
        findings = channel.doctor(None)
        assert int(one.shows("MUG-RED")) == 9
        assert one.log.writes == []
    assert all(one.way_out for one in findings if one.health is Health.TROUBLE)
    return {one.code: one.health for one in findings}


WELL = {
    "till-address": Health.TROUBLE,  # the sandbox speaks plain http, and so it is said
    "till-reachable": Health.WELL,
    "till-push": Health.WELL,
    "till-clock": Health.WELL,
    "till-levels": Health.WELL,
    "till-movements": Health.WELL,
}


def test_the_doctor_finds_a_sound_till_well_and_changes_nothing() -> None:
    assert found() == WELL


def test_the_doctor_finds_a_wrong_secret() -> None:
    codes = found(push_secret=secret(CURRENT))

    assert codes["till-reachable"] is Health.WELL
    assert codes["till-push"] is Health.TROUBLE
    assert codes["till-levels"] is Health.TROUBLE


@pytest.mark.parametrize("mishap", [Mishap.HTML, Mishap.ACCEPTED, Mishap.REDIRECT])
def test_the_doctor_finds_a_till_that_does_not_answer_as_it_should(mishap: Mishap) -> None:
    assert found(Knobs(next_pushes=[mishap]))["till-push"] is Health.TROUBLE


def test_the_doctor_finds_a_place_that_the_till_does_not_know() -> None:
    assert found(push_location="attic")["till-push"] is Health.TROUBLE


def test_the_doctor_finds_movements_that_cannot_be_read() -> None:
    with answered(200, json.dumps([{"type": "sale"}])) as (_, channel):
        codes = {one.code: one.health for one in channel.doctor(None)}

    assert codes["till-movements"] is Health.TROUBLE


def test_the_doctor_finds_a_clock_that_is_off() -> None:
    reply = {"results": [{"sku": "STOCKSYNC-DRY-RUN", "result": "unknown_sku"}]}
    late = datetime.now(UTC) - timedelta(minutes=10)
    with answered(200, json.dumps(reply), {"Date": http_date(late)}) as (_, channel):
        findings = {one.code: one for one in channel.doctor(None)}

    assert findings["till-clock"].health is Health.TROUBLE
    assert re.search(r"60[0-9] s behind", findings["till-clock"].words)


def test_the_doctor_finds_nobody() -> None:
    findings = reaching("http://127.0.0.1:9").doctor(None)

    codes = {one.code: one.health for one in findings}
    assert codes["till-reachable"] is Health.TROUBLE
    assert "till-push" not in codes


def test_a_dry_run_asks_for_nothing_that_a_till_could_have() -> None:
    with open_till() as (one, channel):
        channel.doctor(None)
        (asked,) = [json.loads(call.body) for call in one.log.calls if call.method == "POST"]

    assert asked["data"]["dry_run"] is True
    assert [item["sku"] for item in asked["data"]["items"]] == ["STOCKSYNC-DRY-RUN"]


def test_a_channel_that_only_listens_is_never_called() -> None:
    with pytest.raises(Shut, match="add push_url"):
        till().push(batch())
