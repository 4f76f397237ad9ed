"""The recorded pushes: our bytes, our signature, and what each reply makes of its writes."""

import json
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from standardwebhooks import Webhook

from stocksync.channels.base import Batch, Outcome, Target, Write
from stocksync.channels.http import Answer
from stocksync.channels.till.caller import signed
from stocksync.channels.till.pushing import Pusher
from stocksync.core.names import ChannelName, ListingId
from stocksync.core.offers import Status
from tests.channels.till.cast import OLD, OLD_KEY, RECORDINGS
from tests.channels.till.counter import batch, outcomes, write

NAMES = sorted(path.stem for path in (RECORDINGS / "till_push").glob("push_*.json"))
SCHEMA = json.loads((RECORDINGS / "till_push" / "till-push.schema.json").read_text("utf-8"))
PUSHER = Pusher(channel=ChannelName("till-main"), decimals=0, compares=True)
EFFECTS = {
    "push_01_two_items": [
        ("TSHIRT-M", Outcome.CONFIRMED, 8),
        ("MUG-01", Outcome.CONFIRMED, 5),
    ],
    "push_02_mismatch_never_raises": [("TSHIRT-M", Outcome.STALE, 7)],
    "push_03_mismatch_lowers": [("TSHIRT-M", Outcome.STALE, 5)],
    "push_04_stale_sequence": [("TSHIRT-M", Outcome.STALE, 5)],
}


def recorded(name: str) -> Any:
    return json.loads((RECORDINGS / "till_push" / f"{name}.json").read_text("utf-8"))


def batch_of(body: Any) -> Batch:
    data = body["data"]
    writes = tuple(
        Write(
            target=Target(listing=ListingId(f"{item['location']}:{item['sku']}"), sku=item["sku"]),
            number=int(item["quantity"]),
            expected=int(item["expected_previous"]),
            sequence=item["sequence"],
        )
        for item in data["items"]
    )
    sent_at = datetime.fromisoformat(data["items"][0]["as_of"])
    return Batch(key=data["batch_id"], sent_at=sent_at, writes=writes)


def test_every_sample_has_its_effect() -> None:
    assert list(EFFECTS) == NAMES


def test_the_bytes_are_those_of_the_sample() -> None:
    sample = recorded("push_01_two_items")

    assert PUSHER.body(batch_of(json.loads(sample["raw_body"]))).decode() == sample["raw_body"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_asked_is_that_of_the_sample(name: str) -> None:
    told = json.loads(recorded(name)["raw_body"])

    ours = json.loads(PUSHER.body(batch_of(told)))

    # One moment stands for both: that of the batch, whatever the hour of the try.
    assert ours["timestamp"] == told["data"]["items"][0]["as_of"]
    assert {**ours, "timestamp": told["timestamp"]} == told


@pytest.mark.parametrize("name", NAMES)
def test_the_signature_is_that_of_the_sample(name: str) -> None:
    sample = recorded(name)
    wanted = {key: sample["headers"][key] for key in sample["headers"] if "webhook" in key}
    moment = datetime.fromtimestamp(int(wanted["webhook-timestamp"]), UTC)

    headers = signed(OLD_KEY, wanted["webhook-id"], moment, sample["raw_body"].encode())

    assert headers == wanted


@pytest.mark.parametrize("name", NAMES)
def test_each_reply_has_its_outcomes(name: str) -> None:
    sample = recorded(name)
    reply = json.dumps(sample["expect"]["reply"]).encode()
    one = batch_of(json.loads(sample["raw_body"]))

    ended = PUSHER.endings(one, Answer(status=200, headers={}, body=reply))

    assert outcomes(ended) == EFFECTS[name]


def test_any_library_can_verify_what_we_sign() -> None:
    now = datetime.now(UTC)
    body = PUSHER.body(batch(sent_at=now))

    assert Webhook(OLD).verify(body, signed(OLD_KEY, "push_1", now, body))


def test_a_batch_is_the_same_bytes_at_every_try() -> None:
    one = batch(write(), write("LAMP", 0, 1, 2))

    assert PUSHER.body(one) == PUSHER.body(batch(*one.writes))


def test_what_is_sent_fits_the_schema_whatever_the_words_and_decimals() -> None:
    weighs = Pusher(channel=ChannelName("till-main"), decimals=3, compares=True)
    writes = [write("חולצה-M", 7250, -500, 9, status) for status in Status]

    told = json.loads(weighs.body(batch(*writes)))

    jsonschema.validate(told, SCHEMA)
    items = told["data"]["items"]
    assert {(item["quantity"], item["expected_previous"]) for item in items} == {
        ("7.250", "-0.500")
    }
    assert [item["status"] for item in items] == [
        "in_stock",
        "external_warehouse",
        "in_transit",
        "pre_order",
        "out_of_stock",
    ]
