"""What is kept of a request: strict JSON in, one minimised delivery an event out."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stocksync.channels.base import Delivery, Stored
from stocksync.channels.errors import Unreadable
from stocksync.channels.till import jsontext
from tests.channels.till.cast import (
    NOON,
    Inbox,
    batch,
    delivery,
    event,
    kept,
    paper,
    receive,
    signed,
    till,
)

TILL = till()


def refusal(body: Any) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        TILL.minimise(delivery(body))
    return caught.value


def with_id(told: str, **data: Any) -> dict[str, Any]:
    return {**event(**data), "id": told}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "receipt=R-1",
        "{",
        "{} {}",
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1, "a": 2}',
        '{"data": {"b": 1, "b": 1}}',
        '{"a": 01}',
        "{'a': 1}",
        '{"a": "\n"}',
        '{"a": "\\ud800"}',
        '{"\\udfff": 1}',
        "[" * 21 + "]" * 21,
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 100_000,
        '{"a": ' + "9" * 101 + "}",
        '{"a": ' + "9" * 5000 + "}",
        '{"a": 1e100}',
        '{"a": 1e99999999999999999999}',
        '{"a": 0.' + "0" * 101 + "}",
        "\ufeff\ufeff{}",
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\xe0\xe1"}',
        b'{"a": "\xed\xa0\x80"}',
    ],
)
def test_what_is_not_strict_json_is_malformed_and_not_kept(body: str | bytes) -> None:
    told = refusal(body)

    assert (told.status, told.code, told.kept) == (400, "malformed-body", None)
    assert len(told.detail) < 120


@pytest.mark.parametrize("charset", ["utf-7", "idna", "unicode_escape", "zlib", "no-such", "\x00"])
def test_a_charset_we_do_not_read_is_malformed(charset: str) -> None:
    one = replace(signed(event()), headers={"content-type": f"application/json; charset={charset}"})

    with pytest.raises(Unreadable) as caught:
        TILL.minimise(one)

    assert caught.value.code == "malformed-body"


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("utf-8", "utf-8-sig"),
        ("windows-1255", "cp1255"),
        ('"UTF-16"', "utf-16"),
        ("cp862", "cp862"),
    ],
)
def test_a_named_charset_is_honoured(charset: str, codec: str) -> None:
    body = json.dumps(event(lines=[{"sku": "חולצה", "quantity": 1}]), ensure_ascii=False)
    one = replace(
        signed(body.encode(codec)), headers={"content-type": f"application/json; charset={charset}"}
    )

    (fact,) = TILL.translate(TILL.minimise(one)[0])

    assert getattr(fact, "lines")[0].sku == "חולצה"  # noqa: B009 a union of facts


def test_a_body_nested_to_the_limit_is_read() -> None:
    deep = json.loads("[" * 17 + "]" * 17)

    assert kept(TILL, event(extra=deep)).trouble is None


def test_nothing_of_a_person_survives() -> None:
    person = "CANARY"
    lines = [
        {"sku": "A", "quantity": 1, "name": person, "unit": person, "note": person}
        | {"customer": {"phone": person}}
    ]
    told = {
        **event(
            operator=person,
            note=person,
            customer={"name": person, "email": person},
            reason=person,
            stage=person,
            supplier=person,
            po_number=person,
            lines=lines,
        ),
        "shopper": person,
        "ip": person,
    }
    one = signed(told)
    one = replace(one, headers={**one.headers, "x-forwarded-for": person, "cookie": person})

    for body in (one, signed(batch({**told, "id": "b-1"}))):
        (stored,) = TILL.minimise(body)
        assert person not in repr(stored)

    wrong = refusal({**told, "data": {**told["data"], "receipt_id": {"buyer": person}}})
    assert person not in repr(wrong.kept)
    assert person not in repr(wrong.errors)
    typo = refusal({**told, "type": "sale.complete", "data": {**told["data"], "po_number": None}})
    assert person not in repr(typo.kept)


def test_what_is_kept_is_what_stock_needs() -> None:
    stored = kept(TILL, event("stock.received", po_number="PO-31", supplier="ACME", revision=2))

    assert json.loads(stored.body) == {
        "type": "stock.received",
        "timestamp": "2026-11-22T10:00:00Z",
        "data": {
            "document_id": "D-1",
            "occurred_at": "2026-11-22T11:59:58+02:00",
            "po_number": "PO-31",
            "revision": 2,
            "lines": [{"sku": "MUG-RED", "quantity": 1}],
        },
    }
    assert stored.headers == {}
    assert (stored.event_id, stored.stated_at) == ("msg_1", NOON)
    assert stored.received_at == NOON


def test_numbers_are_kept_exactly() -> None:
    body = json.dumps(event()).replace('"quantity": 1}', '"quantity": 0.30000}')

    stored = kept(TILL, body)

    assert json.loads(stored.body, parse_float=str)["data"]["lines"][0]["quantity"] == "0.3"


def test_the_content_is_what_was_sent_and_not_when() -> None:
    same = {**event(), "timestamp": "2026-11-22T10:59:00Z"}

    assert kept(TILL, event()).content == kept(TILL, same).content
    assert kept(TILL, event()).content != kept(TILL, event(note="fragile")).content
    assert kept(TILL, event()).content != kept(TILL, event(revision=2)).content


def test_a_new_body_under_a_known_id_is_a_conflict() -> None:
    inbox = Inbox()
    receive(TILL, inbox, signed(event()))

    again = receive(TILL, inbox, signed(event(revision=2)))

    assert again.status == 409
    assert again.body["code"] == "id-reused"


def test_a_ping_is_answered_and_not_kept() -> None:
    body = {"type": "ping", "timestamp": "2026-11-22T10:08:20Z", "data": {"any": "thing"}}

    assert TILL.minimise(signed(body)) == ()
    assert TILL.answer((), ()).body == {"status": "ok"}
    assert TILL.answer((), ()).status == 200


def test_a_wrong_event_is_told_all_its_problems_and_is_kept() -> None:
    told = refusal(event(receipt_id=None, lines=[{"sku": "MUG-RED", "quantity": "1,5"}]))

    assert (told.status, told.code, told.detail) == (422, "invalid-event", "2 problems")
    assert [one.pointer for one in told.errors] == ["/data/receipt_id", "/data/lines/0/quantity"]
    assert told.kept is not None
    assert json.loads(told.kept.body)["data"]["lines"] == [{"sku": "MUG-RED", "quantity": "1,5"}]


def test_a_thousand_problems_are_not_a_thousand_lines_of_answer() -> None:
    told = refusal(event(lines=[{"sku": "A", "quantity": "x"}] * 1000))

    assert told.detail == "1000 problems; the first 100 are listed"
    assert len(told.errors) == 100


def test_a_wrong_type_is_an_error_and_not_ignored() -> None:
    told = refusal(event("sale.complete"))

    assert (told.status, told.code) == (422, "unknown-event-type")
    assert told.kept is not None


def test_a_local_time_waits_for_the_channels_timezone_and_then_passes() -> None:
    naive = event(occurred_at="2026-11-22T11:59:58")
    told = refusal(naive)
    assert (told.status, told.code) == (422, "naive-timestamp")

    assert told.kept is not None
    (fact,) = till(timezone="Asia/Jerusalem").translate(told.kept)

    assert getattr(fact, "occurred_at") == datetime(2026, 11, 22, 9, 59, 58, tzinfo=UTC)  # noqa: B009


def test_more_than_a_thousand_lines_are_too_large() -> None:
    fits = [{"sku": f"A{n}", "quantity": 1} for n in range(1000)]

    assert len(paper(TILL, event(lines=fits)).lines) == 1000
    told = refusal(event(lines=[*fits, fits[0]]))
    assert (told.status, told.code) == (413, "too-large")


def test_more_than_five_hundred_events_are_too_large() -> None:
    fits = [with_id(f"b-{n}", receipt_id=f"R-{n}") for n in range(500)]

    assert len(TILL.minimise(signed(batch(*fits)))) == 500
    told = refusal(batch(*fits, with_id("b-501")))
    assert (told.status, told.code) == (413, "too-large")


@pytest.mark.parametrize("body", [[], "text", 5, None, True, {}, {"type": 7}, {"type": "batch"}])
def test_json_that_is_no_event_is_refused_and_kept(body: Any) -> None:
    told = refusal(json.dumps(body))

    assert (told.status, told.code) == (422, "invalid-event")
    assert told.kept is not None


def test_a_batch_with_one_bad_event_takes_the_others() -> None:
    bad = with_id("b-2", lines=[{"sku": "A", "quantity": "1,5"}])
    no_id = event(receipt_id="R-3")
    told = batch(with_id("b-1"), bad, no_id, "junk", with_id("b-4", receipt_id="R-4"))

    taken = TILL.minimise(signed(told))
    answer = TILL.answer(taken, Inbox().keep(taken))

    assert [one.trouble is None for one in taken] == [True, False, False, False, True]
    assert answer.status == 202
    assert answer.body == {
        "status": "accepted",
        "accepted": 2,
        "duplicates": 0,
        "rejected": [
            {
                "index": 1,
                "id": "b-2",
                "code": "invalid-event",
                "pointer": "/data/lines/0/quantity",
            },
            {"index": 2, "id": None, "code": "invalid-event", "pointer": "/id"},
            {"index": 3, "id": None, "code": "invalid-event", "pointer": ""},
        ],
    }
    assert taken[2].trouble is not None
    assert taken[2].trouble.detail == "/id is required inside a batch"


def test_a_parked_event_stays_wrong_until_something_changes() -> None:
    bad = with_id("b-2", lines=[{"sku": "A", "quantity": "1,5"}, {"sku": 1, "quantity": 1}])

    (parked,) = TILL.minimise(signed(batch(bad)))

    with pytest.raises(Unreadable) as caught:
        TILL.translate(parked)
    assert [one.pointer for one in caught.value.errors] == ["/data/lines/0/quantity"]


def test_an_event_means_the_same_alone_and_in_a_batch() -> None:
    (inside,) = TILL.minimise(signed(batch(with_id("b-1")), event_id="envelope"))
    alone = kept(TILL, event(), event_id="b-1")

    assert (inside.event_id, inside.content, inside.body) == (
        alone.event_id,
        alone.content,
        alone.body,
    )


def test_an_id_reused_inside_a_batch_is_rejected_alone() -> None:
    inbox = Inbox()
    first, second = with_id("b-1"), with_id("b-1", receipt_id="R-2")

    answer = receive(TILL, inbox, signed(batch(first, second, first)))

    assert answer.body == {
        "status": "accepted",
        "accepted": 1,
        "duplicates": 1,
        "rejected": [{"index": 1, "id": "b-1", "code": "id-reused", "pointer": "/id"}],
    }


def test_a_ping_inside_a_batch_shifts_no_index() -> None:
    ping = {"type": "ping", "timestamp": "2026-11-22T10:08:20Z", "data": {}, "id": "p"}

    answer = receive(TILL, Inbox(), signed(batch(ping, {**event("no.such"), "id": "b-1"})))

    assert answer.body["rejected"] == [
        {"index": 1, "id": "b-1", "code": "unknown-event-type", "pointer": "/type"}
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
half_sound = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["sale.completed", "batch", "transfer", "stock.counted", "ping"]),
        "timestamp": st.just("2026-11-22T10:00:00Z"),
        "data": st.one_of(
            json_values,
            st.fixed_dictionaries(
                {},
                optional={
                    "receipt_id": st.text(),
                    "count_id": json_values,
                    "occurred_at": st.just("2026-11-22T10:00:00Z"),
                    "events": st.lists(json_values),
                    "lines": st.lists(
                        st.fixed_dictionaries({"sku": json_values, "quantity": json_values})
                    ),
                },
            ),
        ),
    },
)


@given(body=st.one_of(json_values, half_sound))
def test_on_any_json_only_unreadable_is_raised(body: Any) -> None:
    one = delivery(json.dumps(body))

    try:
        taken = list(TILL.minimise(one))
    except Unreadable as e:
        taken = [e.kept] if e.kept else []
    for each in taken:
        try:
            TILL.translate(each)
        except Unreadable:
            assert each.body


@given(body=st.binary(max_size=200))
def test_on_any_bytes_only_unreadable_is_raised(body: bytes) -> None:
    one = Delivery(body=body, headers={}, received_at=NOON)

    for read in (TILL.minimise, TILL.translate):
        with pytest.raises(Unreadable):
            read(one)


@given(value=json_values)
def test_what_is_written_back_reads_the_same(value: Any) -> None:
    try:
        read = jsontext.read(json.dumps(value).encode())
    except jsontext.Malformed:
        return

    assert jsontext.read(jsontext.canonical(read)) == read


def test_equal_numbers_are_equal_content() -> None:
    assert jsontext.digest(jsontext.read(b"[100, 0.5]")) == jsontext.digest(
        jsontext.read(b"[1e2, 0.50]")
    )


def test_one_stored_delivery_answers_for_each_of_the_inboxes_words() -> None:
    one = [kept(TILL, event())]

    assert TILL.answer(one, [Stored.NEW]).status == 202
    assert TILL.answer(one, [Stored.DUPLICATE]).body == {"status": "duplicate", "id": "msg_1"}
    assert TILL.answer(one, [Stored.REUSED]).status == 409
