"""Programs that post a whole document of their own: a path per field makes it an event."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from stocksync.channels.base import Delivery, Stored
from stocksync.channels.errors import Unreadable
from stocksync.channels.till import Till
from stocksync.core.facts import ReceiptPart, TillReceipt
from tests.channels.till.cast import delivery, settings, signed, till

SALE = {
    "type": {"const": "sale.completed"},
    "id": "doc.uuid",
    "receipt_id": "doc.number",
    "occurred_at": "doc.issued_at",
    "lines": "doc.items",
    "line": {"sku": "item_code", "quantity": "qty"},
    "only_if": {"doc.kind": ["invoice_receipt", "receipt", 320]},
}
CREDIT = {
    **SALE,
    "type": {"const": "return.completed"},
    "register": "doc.till.0.name",
    "only_if": {"doc.kind": "credit"},
}


def document(**fields: Any) -> dict[str, Any]:
    standing = {
        "uuid": "d-7731",
        "number": 7731,
        "kind": "receipt",
        "issued_at": "2026-11-22T11:59:58+02:00",
        "items": [
            {"item_code": "MUG-RED", "qty": "2.00", "description": "CANARY"},
            {"item_code": 729000001, "qty": 1, "price": 19.9},
        ],
        "client": {"name": "CANARY", "email": "CANARY@example.com"},
    }
    return {"doc": {**standing, **fields}, "remarks": "CANARY"}


def mapped(*rules: dict[str, Any]) -> Till:
    return till(auth="shared_token", mapping=list(rules) if len(rules) > 1 else rules[0])


def take(channel: Till, told: Any) -> Delivery:
    (one,) = channel.minimise(delivery(told))
    return one


def test_a_document_becomes_the_event_its_rule_says() -> None:
    channel = mapped(SALE, CREDIT)

    one = take(channel, document())
    (fact,) = channel.translate(one)

    assert (one.event_id, one.trouble) == ("d-7731", None)
    assert isinstance(fact, TillReceipt)
    assert (fact.key, fact.part) == ("//7731", ReceiptPart.SALE)
    assert [(line.sku, line.units) for line in fact.lines] == [("MUG-RED", 2), ("729000001", 1)]


def test_a_credit_document_is_a_return_by_the_second_rule() -> None:
    channel = mapped(SALE, CREDIT)

    (fact,) = channel.translate(take(channel, document(kind="credit", till=[{"name": 3}])))

    assert isinstance(fact, TillReceipt)
    assert (fact.key, fact.part) == ("/3/7731", ReceiptPart.RETURN)
    assert [line.restock for line in fact.lines] == [False, False]


def test_a_number_in_the_document_matches_the_same_number_in_the_rule() -> None:
    assert take(mapped(SALE), document(kind="320")).trouble is None
    assert take(mapped(SALE), document(kind=320)).trouble is None


@pytest.mark.parametrize(
    "told",
    [document(kind="quote"), document(kind=None), {"doc": []}, [], "text", None, {"doc": {}}],
    ids=["quote", "null", "list", "array", "text", "nothing", "empty"],
)
def test_what_maps_to_nothing_is_kept_and_answered_202(told: Any) -> None:
    channel = mapped(SALE)

    one = take(channel, json.dumps(told))

    assert one.trouble is not None
    assert one.trouble.code == "unmapped"
    assert channel.answer([one], [Stored.NEW]).status == 202
    with pytest.raises(Unreadable, match="no rule of `mapping`"):
        channel.translate(one)


def test_of_a_foreign_document_only_what_the_rules_name_is_kept() -> None:
    for told in (document(), document(kind="quote"), document(number=None)):
        assert "CANARY" not in repr(take(mapped(SALE), told))

    stored = take(mapped(SALE), document(kind="quote", items="CANARY", uuid=["CANARY"]))
    assert json.loads(stored.body) == {
        "doc": {
            "uuid": None,
            "number": 7731,
            "kind": "quote",
            "issued_at": "2026-11-22T11:59:58+02:00",
            "items": None,
        }
    }


def test_a_document_that_maps_badly_is_parked_and_never_bounced() -> None:
    channel = mapped(SALE)

    one = take(channel, document(issued_at="22/11/2026"))

    assert one.trouble is not None
    assert (one.trouble.code, one.trouble.pointer) == ("invalid-event", "/data/occurred_at")
    assert channel.answer([one], [Stored.NEW]).status == 202


def test_a_parked_document_is_read_once_a_rule_is_for_it() -> None:
    parked = take(mapped(SALE), document(kind="credit"))

    (fact,) = mapped(SALE, {**SALE, "only_if": {"doc.kind": "credit"}}).translate(parked)

    assert isinstance(fact, TillReceipt)
    assert fact.key == "//7731"


def test_a_remark_changed_on_a_resend_is_no_other_content() -> None:
    first = take(mapped(SALE), document())
    again = take(mapped(SALE), document(client={"name": "somebody else"}))

    assert (first.event_id, first.content) == (again.event_id, again.content)


def test_an_id_that_is_none_leaves_the_content_to_name_the_document() -> None:
    one = take(mapped(SALE), document(uuid="has a space"))

    assert one.trouble is None
    assert one.event_id == f"sha256:{one.content}"


def test_a_signed_document_is_named_by_its_signed_id() -> None:
    (one,) = till(mapping=SALE).minimise(signed(document()))

    assert one.event_id == "msg_1"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({**SALE, "type": {"const": "sale.complete"}}, "no type of event"),
        ({**SALE, "receipt_id": "doc..number"}, "write a path"),
        ({**SALE, "lines": None}, "must say where"),
        ({**SALE, "recipt_id": "x"}, "Extra inputs"),
        ({key: SALE[key] for key in SALE if key != "type"}, "Field required"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(mapping=rule)
