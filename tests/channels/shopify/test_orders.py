from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from stocksync.channels.base import Delivery
from stocksync.channels.errors import Unreadable
from stocksync.channels.shopify import Shopify, bodies, intake
from stocksync.core.facts import (
    AskAgain,
    Fact,
    Ignored,
    LookAgain,
    OrderSlips,
    OrderSnapshot,
    Shows,
    Slip,
    SlipKind,
    SomethingMissed,
)
from stocksync.core.names import LineId, ListingId, PaperKey
from stocksync.core.slips import with_slips
from tests.channels.shopify.samples import (
    BACK,
    MAIN,
    NOON,
    Data,
    body_of,
    channel,
    fulfilment,
    line,
    order,
    recorded,
    refund,
    refund_line,
    signed,
)

TEE, MUG = "31939875864001", "31939875864002"


def fact_of(sent: Delivery, market: Shopify | None = None) -> Fact:
    market = market or channel()
    (kept,) = market.minimise(sent)
    (fact,) = market.translate(kept)
    return fact


def snapshot(sent: Delivery | Data | str, **written: Any) -> OrderSnapshot:
    if isinstance(sent, str):
        sent = recorded(sent)
    elif not isinstance(sent, Delivery):
        sent = signed(sent)
    fact = fact_of(sent, channel(**written))
    assert isinstance(fact, OrderSnapshot)
    return fact


def slips(name: str) -> tuple[Slip, ...]:
    fact = fact_of(recorded(name))
    assert isinstance(fact, OrderSlips)
    return fact.slips


def taken(told: OrderSnapshot) -> dict[str, int]:
    return {one.line: one.committed for one in told.lines}


def settled(told: OrderSnapshot) -> OrderSnapshot:
    return with_slips(told, {slip.key: slip for slip in told.slips}, told.ended_at)


def booked(told: OrderSnapshot) -> dict[str, tuple[int, int]]:
    """Return what of each line is committed, and what is gone."""
    return {one.line: (one.committed, one.gone) for one in settled(told).lines}


def read(node: Data, market: Shopify | None = None) -> Fact:
    market = market or channel()
    (fact,) = market.translate(intake.looked_at(node, NOON))
    return fact


# ---- the state of an order ----------------------------------------------------------------


def test_an_order_takes_its_units_once_by_line() -> None:
    told = snapshot("orders_create__web_paid")

    assert told.order == "6749596057001"
    assert told.version == "2026-11-22T15:00:01+00:00"
    assert told.placed_at == datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
    assert told.changed_at == datetime(2026, 11, 22, 15, 0, 1, tzinfo=UTC)
    assert told.complete
    assert told.slip_rules is not None
    assert [(x.line, x.sku, x.listing, x.committed, x.location) for x in told.lines] == [
        ("16353368736001", "TEE-M", TEE, 2, None),
        ("16353368736002", "MUG-01", MUG, 1, None),
    ]
    assert (told.slips, told.ended_at, told.ignored) == ((), None, False)


def test_an_unpaid_order_takes_its_units_as_the_shop_did() -> None:
    assert taken(snapshot("orders_create__pending_payment")) == {
        "16353368736011": 1,
        "16353368736012": 2,
    }


def test_an_order_on_hold_keeps_its_units() -> None:
    assert taken(snapshot("orders_updated__on_hold")) == {"16353368736001": 2, "16353368736002": 1}


def test_an_older_version_sorts_before_a_newer_one() -> None:
    names = ("create__web_paid", "updated__late_stale_version", "updated__on_hold")
    versions = [snapshot(f"orders_{name}").version for name in names]

    assert versions == sorted(versions)
    # The shop's own zone changes with the season; its texts would not sort.
    winter = snapshot(order(updated_at="2026-11-01T01:30:00-05:00")).version
    assert snapshot(order(updated_at="2026-11-01T01:45:00-04:00")).version < winter


def test_a_body_with_reduced_fields_says_the_same() -> None:
    whole = body_of("orders_create__include_fields")
    assert "customer" not in whole

    assert taken(snapshot("orders_create__include_fields")) == {"16353368736061": 1}


def test_what_an_edit_removed_goes_back_or_stays_as_the_merchant_says() -> None:
    name = "orders_updated__after_edit"

    cap = "16353368736012"
    assert booked(snapshot(name)) == {
        "16353368736011": (1, 0),
        cap: (1, 0),
        "16353368736013": (1, 0),
    }
    assert booked(snapshot(name, edit_removal="keep"))[cap] == (1, 1)
    assert booked(snapshot(name, edit_removal="verify"))[cap] == (1, 1)


@pytest.mark.parametrize("restock", ["cancel", "return", "legacy_restock", "no_restock"])
def test_what_a_refund_lowered_was_not_removed_by_an_edit(restock: str) -> None:
    shown = order(
        line_items=[line(11, quantity=5, current_quantity=1)],
        refunds=[
            refund(1, refund_line(21, 11, 2, restock)),
            refund(2, refund_line(22, 11, 1, restock)),
        ],
    )

    assert [line.removed for line in settled(snapshot(shown, edit_removal="verify")).lines] == [1]


def test_a_body_older_than_current_quantity_has_no_edit_in_it() -> None:
    old = line(11, quantity=2)
    del old["current_quantity"]

    assert taken(snapshot(order(line_items=[old]))) == {"11": 2}


def test_a_sale_in_a_store_takes_from_that_store() -> None:
    told = snapshot("orders_create__pos_fulfilled")

    assert [one.location for one in told.lines] == [BACK]
    assert [(x.key, x.kind, x.units, x.location) for x in told.slips] == [
        ("shipped:4900000000002:16353368736021", SlipKind.SHIPPED, 1, BACK)
    ]


def test_a_gift_card_is_no_goods_and_all_else_waits_for_its_mapping() -> None:
    told = snapshot("orders_create__mixed_managers")

    assert {one.sku: one.committed for one in told.lines} == {
        "TEE-M": 1,
        "GIFT-25": 0,
        "DROP-7": 3,
        "DIGI-1": 1,
    }


def test_what_became_of_a_gift_card_is_no_slip() -> None:
    card = line(12, gift_card=True, variant_inventory_management=None)
    both = refund(1, refund_line(21, 11, 1, "cancel"), refund_line(22, 12, 1, "cancel"))
    told = snapshot(order(line_items=[line(11), card], refunds=[both]))

    assert [slip.key for slip in told.slips] == ["refund:21"]


def test_a_gift_card_that_is_counted_is_goods() -> None:
    card = line(11, gift_card=True)

    assert taken(snapshot(order(line_items=[card]))) == {"11": 1}
    # Deleted since, its variant tells GraphQL no more whether it was tracked.
    assert taken(snapshot(order(line_items=[{**card, "variant_id": None}]))) == {"11": 0}


@pytest.mark.parametrize("named", [None, ""], ids=["null", "empty"])
def test_a_custom_line_and_a_deleted_variant_have_no_listing(named: str | None) -> None:
    told = snapshot(
        order(
            line_items=[
                line(11, variant_id=None, sku=named, variant_inventory_management=None),
                line(12, variant_id=None, sku="0012", product_exists=False),
            ]
        )
    )

    assert [(x.line, x.listing, x.sku, x.committed, x.trouble) for x in told.lines] == [
        ("11", None, None, 1, None),
        ("12", None, "0012", 1, None),
    ]


def test_ids_beyond_what_a_float_can_tell_stay_apart() -> None:
    first, second = 2**63 - 1, 2**63 - 3
    told = snapshot(
        order(
            line_items=[line(first), line(second, quantity=3)],
            refunds=[refund(1, refund_line(2**63 - 5, second, 1, "cancel"))],
        )
    )

    assert taken(told) == {"9223372036854775805": 3, "9223372036854775807": 1}
    assert told.slips[0].key == "refund:9223372036854775803"
    assert told.slips[0].line == "9223372036854775805"


def test_one_sku_on_two_lines_is_two_lines() -> None:
    assert taken(snapshot(order(line_items=[line(11), line(12, quantity=4)]))) == {
        "11": 1,
        "12": 4,
    }


def test_a_quantity_that_is_no_whole_number_troubles_its_line_alone() -> None:
    told = snapshot(order(line_items=[line(11, quantity="2"), line(12)]))

    assert [one.trouble for one in told.lines] == [
        "line 11: its quantity is not a whole number",
        None,
    ]


def test_a_merchant_who_counts_in_grams_books_pieces_as_thousands() -> None:
    told = fact_of(
        signed(
            order(
                refunds=[refund(1, refund_line(21, 11, 1, "cancel"))],
                fulfillments=[fulfilment(5, _11=1)],
            )
        ),
        channel(decimals=3),
    )

    assert isinstance(told, OrderSnapshot)
    assert taken(told) == {"11": 2000}
    assert [slip.units for slip in told.slips] == [1000, 1000]


def test_an_order_of_an_ignored_source_says_so() -> None:
    name = "orders_create__by_other_app_bypass"

    assert not snapshot(name).ignored
    assert snapshot(name, ignore_sources=["1354745001"]).ignored
    assert not snapshot("orders_create__web_paid", ignore_sources=["1354745001"]).ignored
    assert snapshot("orders_create__web_paid", ignore_sources=["WEB"]).ignored


def test_a_source_may_be_several_words() -> None:
    body = {**body_of("orders_create__web_paid"), "source_name": "Amazon DE"}
    sent = orjson.dumps(body)

    assert bodies.heard(sent, "orders/create")["source_name"] == "amazon de"
    assert channel(ignore_sources=["Amazon DE"])
    with pytest.raises(ValidationError, match="is no source"):
        channel(ignore_sources=["Ada Lovelace, 12 St James's Square"])


def test_a_cancelled_order_has_ended_whatever_was_put_back() -> None:
    bare, restocked = (
        snapshot(f"orders_cancelled__{name}") for name in ("not_restocked", "restocked")
    )

    assert bare.ended_at == datetime(2026, 11, 22, 15, 16, tzinfo=UTC)
    assert (taken(bare), bare.slips) == ({"16353368736041": 1}, ())
    assert restocked.ended_at == datetime(2026, 11, 22, 15, 15, tzinfo=UTC)
    assert taken(restocked) == {"16353368736031": 2}
    assert [(x.key, x.kind, x.units) for x in restocked.slips] == [
        ("refund:653531316021", SlipKind.CANCELLED, 2)
    ]


def test_a_test_order_moves_nothing() -> None:
    test = order(test=True, cancelled_at="2026-11-22T10:00:00-05:00")

    assert fact_of(signed(test)) == Ignored(reason="order 7001 is a test")


@pytest.mark.parametrize(
    ("body", "topic"),
    [
        (order(id=820982911946154508), "orders/create"),
        (refund(1, refund_line(2, 3, 1, "return")), "refunds/create"),
        (fulfilment(1, _3=1), "fulfillments/create"),
        ({"order_edit": {"order_id": 820982911946154508}}, "orders/edited"),
    ],
    ids=["order", "refund", "fulfilment", "edit"],
)
def test_the_order_of_every_test_notification_is_none_of_ours(body: Data, topic: str) -> None:
    owned = body if topic.startswith("orders") else {**body, "order_id": 820982911946154508}

    assert isinstance(fact_of(signed(owned, topic)), Ignored)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"updated_at": None}, "order 7001: no updated_at in its body"),
        ({"updated_at": "2026-11-22T10:00:00"}, "order 7001: no updated_at in its body"),
        ({"updated_at": "0001-01-01T00:00:00+00:00"}, "order 7001: no updated_at in its body"),
        ({"line_items": None}, "order 7001: no line_items in its body"),
        ({"refunds": None}, "order 7001: no refunds in its body"),
        ({"line_items": [line(0)]}, "order 7001: a line has no id, or the id of another line"),
        (
            {"line_items": [line(1), line(1)]},
            "order 7001: a line has no id, or the id of another line",
        ),
    ],
    ids=[
        "no-version",
        "no-zone",
        "an-odd-year",
        "no-lines",
        "no-refunds",
        "no-line-id",
        "a-line-twice",
    ],
)
def test_an_order_told_badly_is_asked_for(change: Data, why: str) -> None:
    assert fact_of(signed(order(**change))) == AskAgain(order=PaperKey("7001"), why=why)


def test_an_order_without_any_line_releases_nothing() -> None:
    assert not snapshot(order(line_items=[])).complete


# ---- what became of its units -------------------------------------------------------------


def test_a_return_at_another_place_comes_back_there() -> None:
    assert slips("refunds_create__return_other_location") == (
        Slip(
            key="refund:653531316001",
            line=LineId("16353368736001"),
            kind=SlipKind.RETURNED,
            units=1,
            at=datetime(2026, 11, 22, 17, 0, tzinfo=UTC),
            location=BACK,
        ),
    )


@pytest.mark.parametrize(
    ("restock", "kind"),
    [
        ("cancel", SlipKind.CANCELLED),
        ("return", SlipKind.RETURNED),
        ("legacy_restock", SlipKind.RETURNED),
        ("no_restock", SlipKind.WRITTEN_OFF),
        ("a_kind_of_tomorrow", SlipKind.WRITTEN_OFF),
        (None, SlipKind.WRITTEN_OFF),
    ],
)
def test_a_refund_says_what_became_of_its_units(restock: Any, kind: SlipKind) -> None:
    told = snapshot(order(refunds=[refund(1, refund_line(21, 11, 1, restock))]))

    assert [slip.kind for slip in told.slips] == [kind]


def test_a_refund_by_topic_and_in_its_order_is_one_slip() -> None:
    assert (
        slips("refunds_create__of_cancelled_order") == snapshot("orders_cancelled__restocked").slips
    )


def test_a_fulfilment_by_topic_and_in_its_order_is_one_slip() -> None:
    assert (
        slips("fulfillments_create__tee_shipped")
        == snapshot("orders_updated__partially_fulfilled").slips
    )


def test_several_refund_lines_of_one_line_are_all_kept() -> None:
    two = refund(1, refund_line(21, 11, 1, "cancel"), refund_line(22, 11, 1, "no_restock"))
    told = snapshot(order(refunds=[two]))

    assert [(x.key, x.line, x.kind) for x in told.slips] == [
        ("refund:21", "11", SlipKind.CANCELLED),
        ("refund:22", "11", SlipKind.WRITTEN_OFF),
    ]


def test_money_alone_is_no_slip() -> None:
    money = {**refund(1), "order_id": 7001, "transactions": [{"amount": "5.00"}]}

    assert fact_of(signed(money, "refunds/create")) == Ignored(
        reason="a refund of money alone, order 7001"
    )


@pytest.mark.parametrize("status", ["cancelled", "failure", "error", "open", "pending"])
def test_only_a_fulfilment_that_succeeded_ships(status: str) -> None:
    told = snapshot(order(fulfillments=[fulfilment(5, status, _11=2)]))

    assert [(x.key, x.units) for x in told.slips] == [("shipped:5:11", 0)]


def test_a_fulfilment_that_is_cancelled_later_outranks_itself() -> None:
    shipped = fulfilment(5, _11=2) | {"order_id": 7001}
    undone = fulfilment(5, "cancelled", _11=2) | {
        "order_id": 7001,
        "updated_at": "2026-11-22T11:00:00-05:00",
    }
    first, last = (fact_of(signed(one, "fulfillments/update")) for one in (shipped, undone))

    assert isinstance(first, OrderSlips)
    assert isinstance(last, OrderSlips)
    assert first.slips[0].key == last.slips[0].key
    assert first.slips[0].version < last.slips[0].version
    assert (first.slips[0].units, last.slips[0].units) == (2, 0)


def test_a_refund_that_cannot_be_read_lets_its_order_be_asked_for() -> None:
    odd = refund(1, {"id": 21, "quantity": 1}) | {"order_id": 7001}

    assert fact_of(signed(odd, "refunds/create")) == AskAgain(
        order=PaperKey("7001"),
        why="refund 1: a line lacks its id, its order line or units",
    )


def test_an_edit_tells_no_state_and_its_order_is_read() -> None:
    assert fact_of(recorded("orders_edited__remove_one_add_one")) == AskAgain(
        order=PaperKey("6749596057002"), why="order 6749596057002 was edited"
    )


def test_a_deleted_order_is_looked_for() -> None:
    fact = fact_of(signed(b'{"id":7001}', "orders/delete"))

    assert isinstance(fact, AskAgain)
    assert fact.order == "7001"


# ---- the same by both roads ---------------------------------------------------------------


def node(body: Data, **change: Any) -> Data:
    """Return a webhook's order as GraphQL tells the same state."""

    def gid(kind: str, number: int | None) -> Data | None:
        return None if number is None else {"id": f"gid://shopify/{kind}/{number}"}

    def utc(text: str | None) -> str | None:
        at = None if text is None else datetime.fromisoformat(text).astimezone(UTC)
        return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def listed(nodes: list[Data]) -> Data:
        return {"nodes": nodes, "pageInfo": {"hasNextPage": False, "endCursor": None}}

    def item(one: Data) -> Data:
        variant = gid("ProductVariant", one["variant_id"])
        tracked = one["variant_inventory_management"] is not None
        return {
            "id": f"gid://shopify/LineItem/{one['id']}",
            "sku": one["sku"],
            "quantity": one["quantity"],
            "currentQuantity": one["current_quantity"],
            "isGiftCard": one["gift_card"],
            "variant": variant and {**variant, "inventoryItem": {"id": "x", "tracked": tracked}},
        }

    return {
        "id": f"gid://shopify/Order/{body['id']}",
        "createdAt": utc(body["created_at"]),
        "updatedAt": utc(body["updated_at"]),
        "cancelledAt": utc(body["cancelled_at"]),
        "sourceName": body["source_name"],
        "test": body["test"],
        "retailLocation": gid("Location", body["location_id"]),
        "lineItems": listed([item(one) for one in reversed(body["line_items"])]),
        "refunds": [
            {
                "id": f"gid://shopify/Refund/{one['id']}",
                "createdAt": utc(one["created_at"]),
                "refundLineItems": listed(
                    [
                        {
                            "id": f"gid://shopify/RefundLineItem/{x['id']}",
                            "quantity": x["quantity"],
                            "restockType": x["restock_type"].upper(),
                            "restocked": x["restock_type"] != "no_restock",
                            "location": gid("Location", x["location_id"]),
                            "lineItem": gid("LineItem", x["line_item_id"]),
                        }
                        for x in one["refund_line_items"]
                    ]
                ),
            }
            for one in body["refunds"]
        ],
        "fulfillments": [
            {
                "id": f"gid://shopify/Fulfillment/{one['id']}",
                "status": one["status"].upper(),
                "createdAt": utc(one["created_at"]),
                "updatedAt": utc(one["updated_at"]),
                "location": gid("Location", one["location_id"]),
                "fulfillmentLineItems": listed(
                    [
                        {"quantity": x["quantity"], "lineItem": gid("LineItem", x["id"])}
                        for x in one["line_items"]
                    ]
                ),
            }
            for one in body["fulfillments"]
        ],
        **change,
    }


EVERYTHING = order(
    cancelled_at="2026-11-22T13:00:00-05:00",
    location_id=75596366002,
    line_items=[
        line(11, quantity=5, current_quantity=1),
        line(12, gift_card=True, variant_inventory_management=None),
        line(13, variant_id=None, sku=None, variant_inventory_management=None),
    ],
    refunds=[
        refund(1, refund_line(21, 11, 1, "cancel"), refund_line(22, 11, 1, "no_restock")),
        refund(2, refund_line(23, 11, 1, "return")),
    ],
    fulfillments=[fulfilment(5, _11=2), fulfilment(6, "failure", _11=1)],
)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(body_of(f"orders_{name}"), id=name)
        for name in (
            "cancelled__restocked",
            "cancelled__not_restocked",
            "create__mixed_managers",
            "create__pos_fulfilled",
            "updated__after_edit",
            "updated__partially_fulfilled",
        )
    ]
    + [pytest.param(EVERYTHING, id="everything")],
)
def test_what_was_heard_and_what_was_read_of_one_state_are_equal(body: Data) -> None:
    assert read(node(body)) == snapshot(body)


def test_what_the_shop_really_put_back_outranks_the_kind_of_a_refund() -> None:
    body = order(refunds=[refund(1, refund_line(21, 11, 1, "cancel"))])
    told = node(body)
    told["refunds"][0]["refundLineItems"]["nodes"][0]["restocked"] = False

    seen = read(told)

    assert isinstance(seen, OrderSnapshot)
    (heard,), (looked,) = snapshot(body).slips, seen.slips
    assert (heard.kind, looked.kind) == (SlipKind.CANCELLED, SlipKind.WRITTEN_OFF)
    assert heard.version < looked.version


def test_an_order_that_was_not_read_to_its_end_is_parked() -> None:
    cut = node(order())
    cut["lineItems"]["pageInfo"]["hasNextPage"] = True
    kept = intake.looked_at(cut, NOON)

    assert kept.trouble is not None
    assert kept.trouble.code == "order-cut"


def test_what_is_missing_in_our_own_reading_is_not_asked_for_again() -> None:
    kept = intake.looked_at(node(order(), updatedAt=None), NOON)

    with pytest.raises(Unreadable, match="no updated_at"):
        channel().translate(kept)


# ---- all that is no order -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("after_sale_tee", Shows(listing=ListingId("48513488879001@75596366001"), number=8)),
        ("negative", Shows(listing=ListingId("48513488879003@75596366001"), number=-2)),
    ],
)
def test_a_level_is_a_hint_at_a_number(name: str, fact: Fact) -> None:
    assert fact_of(recorded(f"inventory_levels_update__{name}")) == fact


def test_an_older_level_without_its_global_id_is_read_all_the_same() -> None:
    old = {"inventory_item_id": 808950810, "location_id": 905684977, "available": 6}

    assert fact_of(signed(old, "inventory_levels/update")) == Shows(
        listing=ListingId("808950810@905684977"), number=6
    )


def test_no_number_is_not_zero() -> None:
    assert fact_of(recorded("inventory_levels_update__untracked_null")) == LookAgain(
        listings=(ListingId("48513488879001@75596366001"),),
        why="48513488879001@75596366001 shows no number any more",
    )


def test_a_level_that_goes_is_due_for_a_look() -> None:
    fact = fact_of(recorded("inventory_levels_disconnect"))

    assert isinstance(fact, LookAgain)
    assert fact.listings == ("48513488879001@75596366002",)


def test_the_item_of_a_level_that_comes_is_asked_for() -> None:
    assert fact_of(recorded("inventory_levels_connect")) == AskAgain(
        order=PaperKey("item:48513488879001"),
        why="48513488879001@75596366002 is stocked from now on",
    )


def test_a_level_that_comes_where_nothing_is_synced_is_of_no_concern() -> None:
    sent = recorded("inventory_levels_connect")

    assert fact_of(sent, channel(locations={MAIN: "main"})) == Ignored(
        reason="48513488879001@75596366002 is at no synced location"
    )


@pytest.mark.parametrize("act", ["create", "update", "delete"])
def test_an_item_that_is_told_of_is_asked_for(act: str) -> None:
    sent = signed({"id": 48513488879002, "sku": "MUG-1"}, f"inventory_items/{act}")

    assert fact_of(sent) == AskAgain(
        order=PaperKey("item:48513488879002"), why=f"the shop told of inventory_items/{act}"
    )


def test_an_item_without_its_id_lets_all_be_looked_at() -> None:
    assert isinstance(fact_of(signed({"sku": "MUG-1"}, "inventory_items/update")), SomethingMissed)


@pytest.mark.parametrize("name", ["products_delete", "app_uninstalled"])
def test_a_change_that_no_body_tells_whole_lets_all_be_looked_at(name: str) -> None:
    assert isinstance(fact_of(recorded(name)), SomethingMissed)


@pytest.mark.parametrize(
    "name", ["products_update__noise_from_sale", "customers_redact", "bulk_operations_finish"]
)
def test_noise_is_ignored(name: str) -> None:
    assert isinstance(fact_of(recorded(name)), Ignored)


def test_a_level_of_a_merchant_who_counts_in_grams_is_in_his_units() -> None:
    sent = recorded("inventory_levels_update__our_push_echo")

    fact = fact_of(sent, channel(decimals=3))

    assert fact == Shows(listing=ListingId("48513488879003@75596366001"), number=3000)


def test_a_notice_whose_topic_was_lost_is_not_understood() -> None:
    (kept,) = channel().minimise(recorded("products_delete"))

    with pytest.raises(Unreadable):
        channel().translate(replace(kept, headers={}))


def test_main_is_where_the_samples_sell() -> None:
    assert slips("refunds_create__cancel_unfulfilled")[0].location == MAIN
