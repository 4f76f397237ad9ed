import json
from dataclasses import replace
from typing import Any

import pytest

from stocksync.channels.base import Delivery
from stocksync.channels.errors import Unreadable
from tests.channels.woocommerce.shop import (
    NAMES,
    channel,
    line,
    order,
    recorded,
    recording,
    signed,
    tape,
    tape_secret,
)

PROSE = {
    "name", "parent_name", "first_name", "last_name", "company", "address_1", "address_2",
    "city", "state", "postcode", "country", "email", "phone", "customer_note",
    "customer_ip_address", "customer_user_agent", "transaction_id", "order_key",
    "payment_method", "payment_method_title", "cart_hash", "payment_url", "reason",
    "description", "short_description", "permalink", "slug", "message", "display_value",
}  # fmt: skip
"""Every text in which a shop may write about a person, or a person about himself."""
STOCK_METAS = {"_reduced_stock", "_restock_refunded_items"}


def planted(value: Any, canaries: list[str]) -> Any:
    """Return the value with a canary in every free text, and in every meta that is not stock."""
    if isinstance(value, list):
        return [planted(one, canaries) for one in value]
    if not isinstance(value, dict):
        return value
    said: dict[str, Any] = {}
    for key, old in value.items():
        foreign_meta = key == "value" and value.get("key") not in STOCK_METAS
        if (key in PROSE or foreign_meta) and not isinstance(old, (dict, list)):
            canaries.append(f"canary-{len(canaries)}-canary")
            said[key] = canaries[-1]
        else:
            said[key] = planted(old, canaries)
    if "billing" in said:
        canaries.append("canary-in-a-key")
        said["canary-in-a-key"] = said["meta_data"] = [{"key": "canary-in-a-key", "value": "x"}]
    return said


def stored_text(deliveries: Any) -> str:
    return "".join(f"{one.body!r}{one.headers}{one.token}{one.trouble}" for one in deliveries)


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("ping")])
def test_no_word_about_a_person_is_kept_of_any_recording(name: str) -> None:
    canaries: list[str] = []
    body = json.dumps(planted(json.loads(recording(name)["raw_body"]), canaries)).encode()

    kept = channel().minimise(signed(body, topic="order.updated"))

    assert "canary" not in stored_text(kept)
    assert canaries or name.startswith("action")


def test_no_word_about_a_person_is_kept_of_a_whole_day() -> None:
    web = channel(tape_secret())
    deliveries, _ = tape()
    personal: set[str] = set()
    for came in deliveries:
        if came.body.startswith(b"{"):
            said = json.loads(came.body)
            for part in (said.get("billing", {}), said.get("shipping", {})):
                personal |= {text for text in part.values() if len(text) > 2}
            texts = ("customer_note", "customer_ip_address", "customer_user_agent", "order_key")
            personal |= {said[key] for key in texts if len(said.get(key, "")) > 2}

    kept = stored_text(one for came in deliveries for one in web.minimise(came))

    assert len(personal) > 100
    assert [text for text in personal if text in kept] == []


def test_an_order_keeps_exactly_this() -> None:
    (kept,) = channel().minimise(recorded("order.updated__product-deleted-later"))

    assert json.loads(kept.body) == {
        "id": 43,
        "status": "processing",
        "created_via": "rest-api",
        "date_created_gmt": "2026-11-22T13:18:41",
        "date_modified_gmt": "2026-11-22T13:18:43",
        "date_completed_gmt": None,
        "date_paid_gmt": None,
        "line_items": [
            {
                "id": 31,
                "product_id": 0,
                "variation_id": 0,
                "sku": None,
                "quantity": "2",
                "meta_data": [{"key": "_reduced_stock", "value": "2"}],
            },
            {
                "id": 32,
                "product_id": 10,
                "variation_id": 0,
                "sku": "MUG-BLUE",
                "quantity": "1",
                "meta_data": [{"key": "_reduced_stock", "value": "1"}],
            },
        ],
        "refunds": [],
    }
    assert kept.headers == {"x-wc-webhook-topic": "order.updated"}
    assert kept.token is None


def test_a_product_keeps_exactly_this() -> None:
    (kept,) = channel().minimise(recorded("product.created__shared-pool-variation"))

    assert json.loads(kept.body) == {
        "id": 16,
        "parent_id": 15,
        "type": "variation",
        "sku": "CAP-R",
        "manage_stock": "parent",
        "stock_quantity": "30",
        "backorders": "no",
        "date_modified_gmt": "2026-11-22T12:57:30",
        "status": "publish",
    }


def test_an_error_keeps_its_code_and_no_message() -> None:
    body = {
        "code": "rest_no_route",
        "message": "Ada Lovelace",
        "data": {"status": 404, "params": {"email": "ada@example.test"}},
    }

    (kept,) = channel().minimise(signed(json.dumps(body).encode()))

    assert json.loads(kept.body) == {"code": "rest_no_route", "data": {"status": 404}}


def test_a_code_that_is_prose_is_not_kept() -> None:
    body = {"code": "Ada Lovelace was here", "message": "x", "data": "ada@example.test"}

    (kept,) = channel().minimise(signed(json.dumps(body).encode()))

    assert json.loads(kept.body) == {"code": None, "data": {"status": None}}


def test_what_is_not_understood_leaves_a_fingerprint_only() -> None:
    body = b'{"id":5,"email":"ada@example.test"}'

    with pytest.raises(Unreadable) as refused:
        channel().minimise(signed(body, topic="customer.updated"))

    kept = refused.value.kept
    assert refused.value.status == 200
    assert kept is not None
    assert json.loads(kept.body) == {
        "bytes": 35,
        "sha256": "71b4ce9ddd3512390c26dc3b40a7b9910edeb6df52f0a79291b9e881641851af",
    }
    assert kept.headers == {"x-wc-webhook-topic": "customer.updated"}
    assert kept.trouble is not None
    assert kept.trouble.code == "unknown-body"
    assert channel().answer((kept,), ()).body == {"status": "parked"}
    with pytest.raises(Unreadable):
        channel().translate(kept)


def test_a_topic_that_is_prose_is_not_kept() -> None:
    (kept,) = channel().minimise(signed(b'{"id":41}', topic="order.deleted by Ada Lovelace"))

    assert kept.headers == {}


def event_ids(*deliveries: Delivery) -> set[str]:
    return {one.event_id for came in deliveries for one in channel().minimise(came)}


def test_one_body_under_two_delivery_ids_is_one_event() -> None:
    body = json.dumps(order("processing", line(taken="3"))).encode()

    assert len(event_ids(signed(body, delivery_id="d1"), signed(body, delivery_id="d2"))) == 1


def test_two_bodies_under_one_delivery_id_are_two_events() -> None:
    before = json.dumps(order("processing", line(taken="3"))).encode()
    after = json.dumps(order("cancelled", line())).encode()

    assert len(event_ids(signed(before), signed(after))) == 2


@pytest.mark.parametrize(
    "body",
    [b'{"id":41}', b'{"code":"rest_no_route","data":{"status":404}}', b'{"action":"a","arg":[]}'],
    ids=["deleted", "error", "action"],
)
def test_the_same_mute_body_at_another_time_is_a_second_event(body: bytes) -> None:
    assert len(event_ids(signed(body, delivery_id="d1"), signed(body, delivery_id="d2"))) == 2
    assert len(event_ids(signed(body, delivery_id="d1"), signed(body, delivery_id="d1"))) == 1


def test_the_content_is_what_is_said_and_not_how() -> None:
    one, two = (order("processing", line(taken="3"), customer_note=note) for note in ("a", "b"))

    (kept,) = channel().minimise(signed(json.dumps(one).encode()))
    (also,) = channel().minimise(signed(json.dumps(two).encode()))

    assert kept.content == also.content
    assert kept.event_id != also.event_id


@pytest.mark.parametrize("name", [name for name in NAMES if not name.startswith("ping")])
def test_a_kept_body_kept_again_says_the_same(name: str) -> None:
    web = channel()
    (kept,) = web.minimise(recorded(name))

    (again,) = web.minimise(replace(kept, headers=recorded(name).headers))

    assert again.body == kept.body
    assert again.content == kept.content
