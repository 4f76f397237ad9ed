"""What an event may look like: our own check agrees with the published JSON Schema."""

import json
from decimal import Decimal
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from stocksync.channels.till import jsontext, shape
from stocksync.core.texts import clean
from tests.channels.till.cast import RECORDINGS, event

ORACLE = Draft202012Validator(
    json.loads((RECORDINGS / "till-event.schema.json").read_text(encoding="utf-8"))
)
ZONE = ZoneInfo("Asia/Jerusalem")


def the_schema_accepts(told: Any) -> bool:
    return bool(ORACLE.is_valid(json.loads(json.dumps(told, default=float))))


def pointers(told: Any, *, batched: bool = False) -> list[str]:
    return [one.pointer for one in shape.problems(told, None, batched=batched)]


def details(told: Any) -> list[str]:
    return [f"{one.code} {one.detail}" for one in shape.problems(told, None)]


def test_every_recorded_body_that_is_json_is_judged_as_the_schema_does() -> None:
    judged = 0
    for path in sorted((RECORDINGS / "till").glob("*.json")):
        raw = json.loads(path.read_text(encoding="utf-8"))["raw_body"]
        try:
            body = jsontext.read(raw.encode())
        except jsontext.Malformed:
            continue
        if body["type"] == "batch":
            continue
        judged += 1
        assert (shape.problems(body, None) == []) is the_schema_accepts(body), path.stem

    assert judged == 25


# Visible text only: marks and spaces at the ends are cleaned before we measure.
visible = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
times = st.sampled_from(
    ["2026-11-22T11:59:58+02:00", "2026-11-22T10:00:00Z", "2026-11-22 10:00:00.123456789Z"]
)
quantities: st.SearchStrategy[Any] = st.one_of(
    st.integers(-1_000_001, 1_000_001),
    st.integers(-99, 99).map(lambda n: Decimal(n) / 10),
    st.from_regex(r"-?[0-9]{1,8}(\.[0-9]{0,6})?", fullmatch=True),
    st.sampled_from(["1,5", "1e2", "", "+1", " 1", "٣", "1.", ".5", None, True, [], {}]),
)
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 1_000_001),
    visible,
    st.just(""),
    st.just("x" * 129),
    st.just([]),
    st.just({}),
)


def either(*sound: Any) -> Any:
    """Mostly sound values, and now and then anything at all."""
    good = st.one_of(*sound)
    return st.one_of(good, good, good, good, junk)


lines = st.fixed_dictionaries(
    {},
    optional={
        "sku": either(visible, st.integers()),
        "quantity": quantities,
        "line_id": either(visible),
        "barcode": either(visible),
        "name": either(visible, st.just("n" * 512)),
        "unit": either(visible),
        "restock": either(st.booleans()),
        "original_line_id": either(visible),
    },
)
sound_lines = st.fixed_dictionaries({"sku": visible, "quantity": st.integers(-9, 9)})
documents = st.fixed_dictionaries(
    {"occurred_at": times},
    optional={
        "receipt_id": either(visible),
        "count_id": either(visible),
        "document_id": either(visible),
        "location": either(visible),
        "register": either(visible),
        "operator": either(visible, st.just("")),
        "note": either(visible, st.just("x" * 1001)),
        "revision": either(st.integers(1, 9)),
        "original_receipt_id": either(visible),
        "supplier": either(visible),
        "po_number": either(visible),
        "scope": either(st.sampled_from(["listed", "location"])),
        "reason": either(st.sampled_from(["damaged", "other"])),
        "stage": either(st.sampled_from(["dispatched", "cancelled"])),
        "from_location": either(visible),
        "to_location": either(visible),
        "expected_at": times,
        "lines": either(st.lists(sound_lines, min_size=1, max_size=3), st.lists(lines, max_size=3)),
    },
)
events = st.fixed_dictionaries(
    {"type": st.sampled_from([*shape.FORMS, "sale.complete"])},
    optional={
        "timestamp": either(times),
        "data": either(documents, documents),
        "id": either(st.just("ev-1"), st.just("a.b")),
        "customer": visible,
    },
)


@given(told=events)
def test_we_accept_what_the_schema_accepts_and_nothing_else(told: dict[str, Any]) -> None:
    assert (shape.problems(told, None) == []) is the_schema_accepts(told)


@given(kind=st.sampled_from(list(shape.FORMS)), data=documents)
def test_a_whole_envelope_is_judged_alike(kind: str, data: dict[str, Any]) -> None:
    told = {"type": kind, "timestamp": "2026-11-22T10:00:00Z", "data": data}

    assert (shape.problems(told, None) == []) is the_schema_accepts(told)


LENGTHS = (1, 16, 17, 64, 65, 128, 129, 512, 513, 1000, 1001)
ODD: list[Any] = [None, True, 0, 1, -2, 1_000_000, 1_000_001, Decimal("2.0"), Decimal("2.5")]
ODD += ["", "listed", "location", "damaged", "dispatched", "2.0", "1,5", [], {}, [None], [{}]]
ODD += ["x" * length for length in LENGTHS]
FIELDS = sorted({name for form in shape.FORMS.values() for name in form.required + form.optional})
TIMES = {"occurred_at", "expected_at", "original_occurred_at"}  # the schema only measures them


@pytest.mark.parametrize("kind", shape.FORMS)
def test_one_odd_field_in_a_sound_event_is_judged_alike(kind: str) -> None:
    for name, value in product([*FIELDS, "lines", "customer"], ODD):
        told = event(kind)
        told["data"][name] = value

        if name not in TIMES:
            sound = shape.problems(told, None) == []
            assert sound is the_schema_accepts(told), (name, value)


@pytest.mark.parametrize("kind", ["sale.completed", "sale.voided", "return.completed", "transfer"])
@pytest.mark.parametrize(
    "name",
    ["sku", "quantity", "line_id", "barcode", "name", "unit", "restock", "original_line_id"],
)
def test_one_odd_field_in_a_sound_line_is_judged_alike(kind: str, name: str) -> None:
    for value in ODD:
        line = {"sku": "B", "quantity": 1, name: value}
        told = event(kind, lines=[{"sku": "A", "quantity": 1}, line])

        # Of a SKU as 2.0 the schema says integer, and the contract that no zero may be lost.
        if not (name == "sku" and isinstance(value, Decimal)):
            assert (shape.problems(told, None) == []) is the_schema_accepts(told), value


def test_all_mistakes_are_told_at_once() -> None:
    told = event(receipt_id=None, lines=[{"quantity": "1,5"}, "x", {"sku": "", "quantity": 1}])

    assert pointers(told) == [
        "/data/receipt_id",
        "/data/lines/0/sku",
        "/data/lines/0/quantity",
        "/data/lines/1",
        "/data/lines/2/sku",
    ]


def test_an_event_in_a_batch_brings_its_own_id() -> None:
    assert pointers(event(), batched=True) == ["/id"]
    assert pointers({**event(), "id": "b-1"}, batched=True) == []
    assert pointers({**event(), "id": 7}, batched=True) == ["/id"]


def test_a_batch_in_a_batch_is_refused() -> None:
    told = {"id": "b-1", "type": "batch", "timestamp": "2026-11-22T10:00:00Z", "data": {}}

    assert pointers(told, batched=True) == ["/type"]


def test_a_typing_mistake_in_the_type_is_answered_with_the_types() -> None:
    (told,) = details(event("sale.complete"))

    assert told == (
        "unknown-event-type 'sale.complete' is not a type we know; the types are sale.completed, "
        "sale.voided, return.completed, stock.counted, stock.received, stock.adjusted, transfer, "
        "ping, batch"
    )


def test_a_sku_as_a_fraction_is_refused_and_as_an_integer_is_text() -> None:
    assert pointers(event(lines=[{"sku": Decimal("12.0"), "quantity": 1}])) == ["/data/lines/0/sku"]
    assert pointers(event(lines=[{"sku": 729000001, "quantity": 1}])) == []
    assert pointers(event(lines=[{"sku": True, "quantity": 1}])) == ["/data/lines/0/sku"]


@pytest.mark.parametrize(
    ("told", "read"),
    [
        (2, "2"),
        ("2.0", "2"),
        ("-0.00001", "-0.00001"),
        ("9999999.99999", "9999999.99999"),
        (Decimal("1e2"), "100"),
        (Decimal("0.10"), "0.1"),
        (Decimal("1.0000000"), "1"),
        (-1_000_000, "-1000000"),
    ],
)
def test_a_quantity_is_read_exactly(told: Any, read: str) -> None:
    quantity = shape.quantity(told)

    assert quantity is not None
    assert jsontext.plain(quantity) == read


@pytest.mark.parametrize(
    "told",
    [
        "1,5",
        "12345678",
        "0.000001",
        "1e2",
        "٣",
        " 1",
        "1\n",
        "",
        None,
        True,
        [],
        {},
        1000001,
        Decimal("0.000001"),
        Decimal("1e20"),
        Decimal("1000000.00000000000000000000000000001"),
    ],
)
def test_what_is_no_quantity_is_not_guessed(told: Any) -> None:
    assert shape.quantity(told) is None


@pytest.mark.parametrize(
    "told",
    [
        "22/11/2026 12:00",
        "2026-11-22",
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z",
        1795341600,
        "2026-11-22T10:00:00Z ",
        "٢٠٢٦-11-22T10:00:00Z",
        "0001-01-01T00:00:00+14:00",
        None,
        "",
        "2026-11-22T10:00:00+25:00",
    ],
)
def test_what_is_no_time_is_refused(told: Any) -> None:
    found = shape.problems({**event(), "data": {**event()["data"], "occurred_at": told}}, ZONE)

    assert [(one.code, one.pointer) for one in found] == [("invalid-event", "/data/occurred_at")]


def test_a_local_time_without_a_zone_is_named_as_such() -> None:
    naive = event("transfer", occurred_at="2026-11-22T12:00:00", expected_at="2026-11-24T12:00")

    found = shape.problems(naive, None)

    assert [(one.code, one.pointer) for one in found] == [
        ("naive-timestamp", "/data/occurred_at"),
        ("naive-timestamp", "/data/expected_at"),
    ]
    assert shape.problems(naive, ZONE) == []


@pytest.mark.parametrize(
    ("told", "read"),
    [
        ("\u200fMUG-RED\u200e", "MUG-RED"),
        ("\u202bחולצה\u00a0M\u202c ", "חולצה M"),
        ("\ufeffA\u2066B\u2069", "AB"),
        ("cafe\u0301", "caf\u00e9"),
        ("e\u200e\u0301", "\u00e9"),
        (" 00123 ", "00123"),
    ],
)
def test_text_is_read_as_a_person_sees_it(told: str, read: str) -> None:
    assert clean(told) == read


@given(told=st.text())
def test_cleaning_twice_changes_nothing_more(told: str) -> None:
    assert clean(clean(told)) == clean(told)


@pytest.mark.parametrize("told", ["\u200f", "  ", "\u00a0", "A\x00B", "A\nB", "x" * 129])
def test_a_sku_that_nobody_could_find_again_is_refused(told: str) -> None:
    assert pointers(event(lines=[{"sku": told, "quantity": 1}])) == ["/data/lines/0/sku"]
