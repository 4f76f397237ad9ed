import json
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from hmac import digest
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stocksync.channels.base import Delivery, Stored
from stocksync.channels.errors import Unauthentic, Unreadable
from stocksync.channels.settings import Secret
from stocksync.channels.shopify import intake
from stocksync.core.facts import AskAgain, OrderSnapshot, Vanished
from stocksync.core.names import PaperKey
from tests.channels.shopify.samples import (
    ALL,
    MADE,
    NOON,
    OLD_SECRET,
    PUBLIC,
    SECRET,
    channel,
    order,
    recorded,
    recording,
    secret,
    signed,
)

PROSE = "Ada Lovelace, 12 St James's Square"


def planted(value: Any, *, fields: bool) -> Any:
    """Return the body with prose in every text, in every new key and beside every object.

    A SKU is the merchant's own text. With `fields` also what we need is prose.
    """
    needed = {"created_at", "updated_at", "cancelled_at", "status", "restock_type", "source_name"}
    if isinstance(value, list):
        return [planted(one, fields=fields) for one in value]
    if not isinstance(value, dict):
        return PROSE if isinstance(value, str) else value
    said: dict[str, Any] = {PROSE: PROSE, "note": {PROSE: [PROSE]}}
    for key, old in value.items():
        keep = key == "sku" or (key in needed and not fields)
        said[key] = old if keep else planted(old, fields=fields)
    return said


def is_private(kept: Delivery) -> bool:
    return "Lovelace" not in f"{kept.body!r}{kept.headers}{kept.token}{kept.trouble}{kept.event_id}"


def told(delivery: Delivery) -> Delivery:
    try:
        (kept,) = channel().minimise(delivery)
    except Unreadable as e:
        return e.kept or delivery
    return kept


def test_all_samples_are_here() -> None:
    assert (len(MADE), len(PUBLIC)) == (34, 6)


@pytest.mark.parametrize("name", ALL)
def test_what_the_shop_signed_comes_in(name: str) -> None:
    channel().verify(recorded(name))


@pytest.mark.parametrize("name", ALL)
def test_one_changed_byte_stays_outside(name: str) -> None:
    sent = recorded(name)

    with pytest.raises(Unauthentic) as refused:
        channel().verify(replace(sent, body=sent.body.replace(b'"', b" ", 1)))

    assert refused.value.status == 401


def test_a_body_written_anew_stays_outside_though_it_says_the_same() -> None:
    sent = recorded("orders_create__web_paid")
    anew = json.dumps(json.loads(sent.body), separators=(",", ":")).encode()

    assert json.loads(anew) == json.loads(sent.body)
    with pytest.raises(Unauthentic):
        channel().verify(replace(sent, body=anew))


def test_the_older_secret_signs_until_it_is_revoked() -> None:
    sent = signed(order(), by=OLD_SECRET)

    channel().verify(sent)
    with pytest.raises(Unauthentic):
        channel(client_secret=secret(SECRET)).verify(sent)


def test_a_secret_opens_until_its_date() -> None:
    over = Secret(value=OLD_SECRET, origin="env:OLD", not_after=NOON - timedelta(seconds=1))

    with pytest.raises(Unauthentic):
        channel(client_secret=[secret(SECRET), over]).verify(signed(order(), by=OLD_SECRET))


def test_a_webhook_made_by_hand_is_signed_with_the_secret_of_the_store() -> None:
    by_hand = channel(webhook_secret=secret("shown-in-settings-notifications"))

    by_hand.verify(signed(order(), by="shown-in-settings-notifications"))
    by_hand.verify(signed(order(), by=SECRET))
    with pytest.raises(Unauthentic):
        channel().verify(signed(order(), by="shown-in-settings-notifications"))


def test_without_any_secret_nothing_comes_in() -> None:
    polled = channel(client_id=None, client_secret=None, access_token=secret("shpat_0123"))
    nobody = b64encode(digest(b"", b"{}", sha256)).decode()

    for given_ in (nobody, "", "\u20ac"):
        with pytest.raises(Unauthentic):
            polled.verify(signed(b"{}", **{"x-shopify-hmac-sha256": given_}))


@pytest.mark.parametrize("name", ["webhook-id", "api-version", "shop-domain"])
def test_signed_and_without_a_header_that_shopify_always_sends_it_is_parked(name: str) -> None:
    sent = signed(order(), "orders/create")
    bare = {key: value for key, value in sent.headers.items() if key != f"x-shopify-{name}"}
    market = channel()
    market.verify(replace(sent, headers=bare))

    (kept,) = market.minimise(replace(sent, headers=bare))

    assert kept.trouble is not None
    assert kept.trouble.code == "header-missing"
    assert f"x-shopify-{name}" in kept.trouble.detail
    assert market.answer((kept,), (Stored.NEW,)).status == 200
    assert market.answer((kept,), (Stored.NEW,)).body == {"status": "parked"}
    assert isinstance(market.translate(kept)[0], OrderSnapshot)  # a person may let it in


def test_the_headers_that_shopify_may_leave_out_are_not_missed() -> None:
    (kept,) = channel().minimise(signed(order(), "orders/create"))

    assert kept.trouble is None


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (signed(order(), ""), "unknown-topic"),
        (signed(order(), "draft_orders/update"), "unknown-topic"),
        (signed(order(), "refunds/create"), "unknown-body"),
        (signed(b'{"id":5}', "inventory_levels/update"), "unknown-body"),
        (signed(b"[]", "orders/create"), "not-json"),
        (signed(b'{"id":1,"id":2,"line_items":[]}', "orders/create"), "not-json"),
        (signed(b'{"id":1.5,"line_items":[]}', "orders/create"), "unknown-body"),
        (signed(b"\xff", "orders/create"), "not-json"),
        (signed(b"[" * 100_000, "orders/create"), "not-json"),
        (
            signed(order(), **{"x-shopify-shop-domain": "other-shop.myshopify.com"}),
            "wrong-shop",
        ),
    ],
    ids=[
        "no-topic",
        "a-draft",
        "an-order-said-to-be-a-refund",
        "no-level",
        "a-list",
        "a-key-twice",
        "a-fraction",
        "no-utf-8",
        "too-deep",
        "another-shop",
    ],
)
def test_what_is_not_understood_leaves_a_fingerprint_only(sent: Delivery, code: str) -> None:
    with pytest.raises(Unreadable) as refused:
        channel().minimise(sent)

    kept = refused.value.kept
    assert (refused.value.code, refused.value.status) == (code, 200)
    assert kept is not None
    assert json.loads(kept.body) == {
        "bytes": len(sent.body),
        "sha256": sha256(sent.body).hexdigest(),
    }
    with pytest.raises(Unreadable):
        channel().translate(kept)


def test_the_shop_is_known_whatever_the_case_of_its_name() -> None:
    sent = signed(order(), **{"x-shopify-shop-domain": "Example-StockSync.myshopify.com"})

    assert channel().translate(told(sent))


@pytest.mark.parametrize("fields", [False, True], ids=["beside", "in-the-fields-too"])
@pytest.mark.parametrize("name", ALL)
def test_no_word_about_a_person_is_kept(name: str, fields: bool) -> None:
    body = planted(json.loads(recording(name)["raw_body"]), fields=fields)
    kept = told(signed(body, recording(name)["topic"]))

    assert is_private(kept)
    assert is_private(told(signed(body, f"orders/create {PROSE}")))
    assert "Lovelace" not in repr(channel().translate(kept))


@settings(max_examples=150)
@given(place=st.integers(0, 400), name=st.sampled_from([one for one in MADE if "orders" in one]))
def test_wherever_a_person_is_named_in_an_order_nothing_of_it_is_kept(
    place: int, name: str
) -> None:
    body = json.loads(recording(name)["raw_body"])
    objects: list[Any] = [body]
    for one in objects:
        inner = one.values() if isinstance(one, dict) else one
        objects += [value for value in inner if isinstance(value, (dict, list))]
    chosen = [one for one in objects if isinstance(one, dict)]
    holder = chosen[place % len(chosen)]
    keys = [key for key in holder if key != "sku"] or ["note"]
    holder[keys[place % len(keys)]] = PROSE
    holder["beside"] = [{PROSE: PROSE}]

    assert is_private(told(signed(body, recording(name)["topic"])))


def test_an_order_keeps_exactly_this() -> None:
    (kept,) = channel().minimise(recorded("orders_cancelled__restocked"))

    assert json.loads(kept.body) == {
        "kind": "order",
        "id": 6749596057004,
        "created_at": "2026-11-22T15:04:00+00:00",
        "updated_at": "2026-11-22T15:15:01+00:00",
        "cancelled_at": "2026-11-22T15:15:00+00:00",
        "source_name": "web",
        "location_id": None,
        "test": False,
        "line_items": [
            {
                "id": 16353368736031,
                "variant_id": 31939875864002,
                "sku": "MUG-01",
                "quantity": 2,
                "current_quantity": 0,
                "gift_card": False,
                "tracked": True,
            }
        ],
        "refunds": [
            {
                "id": 1022629085021,
                "created_at": "2026-11-22T15:15:00+00:00",
                "refund_line_items": [
                    {
                        "id": 653531316021,
                        "line_item_id": 16353368736031,
                        "location_id": 75596366001,
                        "quantity": 2,
                        "restock_type": "cancel",
                        "restocked": True,
                    }
                ],
            }
        ],
        "fulfillments": [],
    }
    assert kept.headers == {"x-shopify-topic": "orders/cancelled"}


def test_the_last_words_of_an_uninstalled_app_keep_nothing_but_a_number() -> None:
    (kept,) = channel().minimise(recorded("app_uninstalled"))

    assert json.loads(kept.body) == {"kind": "notice", "id": 548380009}


def event(sent: Delivery) -> str:
    return told(sent).event_id


def test_one_delivery_enters_once() -> None:
    first = recorded("orders_create__web_paid")
    again = recorded("orders_create__web_paid__same_delivery")

    assert event(first) == event(again)
    assert channel().answer((told(again),), (Stored.DUPLICATE,)).body == {"status": "duplicate"}


def test_a_second_delivery_of_the_same_body_enters_beside_it() -> None:
    first = recorded("orders_create__web_paid")
    other = recorded("orders_create__web_paid__new_delivery_id")

    assert first.body == other.body
    assert event(first) != event(other)
    assert told(first).content == told(other).content


def test_items_of_one_act_share_its_event_id_and_all_of_them_enter() -> None:
    tee, mug = (recorded(f"inventory_levels_update__after_sale_{name}") for name in ("tee", "mug"))

    assert tee.headers["x-shopify-event-id"] == mug.headers["x-shopify-event-id"]
    assert event(tee) != event(mug)


def test_an_id_that_comes_again_with_another_body_is_another_event() -> None:
    assert event(signed(order())) != event(signed(order(updated_at="2026-11-22T11:00:00-05:00")))


def test_one_id_under_two_topics_is_two_events() -> None:
    assert event(signed(order(), "orders/create")) != event(signed(order(), "orders/updated"))


def test_the_same_mute_body_at_another_time_is_a_second_event() -> None:
    gone = b'{"id":4545493434003}'

    first = event(signed(gone, "products/delete", webhook_id="d1"))

    assert first != event(signed(gone, "products/delete", webhook_id="d2"))


def test_what_is_kept_of_an_order_that_is_not_there_any_more_says_since_when() -> None:
    kept = intake.gone(PaperKey("6749596057001"), NOON)

    assert channel().translate(kept) == (Vanished(order=PaperKey("6749596057001"), at=NOON),)


def test_an_order_without_its_refunds_is_asked_for() -> None:
    short = order()
    del short["refunds"]

    (fact,) = channel().translate(told(signed(short)))

    assert fact == AskAgain(order=PaperKey("7001"), why="order 7001: no refunds in its body")
