"""The bodies that the shop writes beside those that samples show."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from stocksync.sandbox.shopify.assembling import only
from stocksync.sandbox.shopify.bulk_operation import BulkOperation
from stocksync.sandbox.shopify.happenings import App
from stocksync.sandbox.shopify.orders import Order, OrderEdit, Restock
from stocksync.sandbox.shopify.products import Location
from stocksync.sandbox.shopify.signing import body_bytes, signature
from stocksync.sandbox.shopify.topics import COMPLIANCE, TOPICS
from stocksync.sandbox.shopify.webhook_bodies import Bodies
from tests.sandbox.shopify_receiver import (
    MAIN,
    MORNING,
    level,
    order,
    refunded,
    shipped,
    variant,
)

SAMPLES = Path(__file__).parents[1] / "recordings" / "shopify"
FILES = sorted(one.stem for one in SAMPLES.glob("*.json"))
MADE = [name for name in FILES if not name.startswith(("js__", "py__"))]
BODIES = Bodies(available_of=lambda _: 8)
TEE = variant(1, "TEE-M", "M", product="Tee")
MUG = variant(2, "MUG-01", "Default Title")
MUG.price_cents = 1450
BACK = Location(id=75596366002, name="Back", created_at=MORNING, updated_at=MORNING)
APP = App(
    shop_id=548380009,
    shop_name="Example Stocksync",
    scopes=("read_orders",),
    primary_location_id=75596366001,
)


def sample(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))
    return told


def paper() -> Order:
    """Return order #1042 of the samples."""
    return order([(TEE, 2), (MUG, 1)])


def shape(value: Any) -> Any:
    """Return the keys of a body at every depth, lists as their first entry."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def assert_covers(ours: Any, theirs: Any, where: str = "body") -> None:
    """Assert that ours has every key of theirs, with a value of the same kind or null."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        assert set(theirs) <= set(ours), f"{where} lacks {set(theirs) - set(ours)}"
        for name in theirs:
            assert_covers(ours[name], theirs[name], f"{where}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if theirs and ours:
            assert_covers(ours[0], theirs[0], f"{where}[0]")
    else:
        assert "NoneType" in (ours, theirs) or ours == theirs, f"{where}: {ours}, not {theirs}"


def whole_order() -> dict[str, Any]:
    """Return the body of an order that has one of everything."""
    full = paper()
    shipped(full)
    refunded(full, restock=Restock.RETURN, location=BACK)
    full.cancelled_at = full.closed_at = MORNING
    full.cancel_reason = "customer"
    return BODIES.of("orders/updated", full)


@pytest.mark.parametrize("name", FILES)
def test_e01_the_signature_of_every_sample_is_the_one_that_is_made_here(name: str) -> None:
    one = sample(name)

    told = one["headers"]["X-Shopify-Hmac-Sha256"]
    assert signature(one["secret"], one["raw_body"].encode()) == told


@pytest.mark.parametrize("name", MADE)
def test_e01_the_bytes_of_a_sample_are_those_that_are_written_here(name: str) -> None:
    one = sample(name)

    assert body_bytes(one["body"]).decode() == one["raw_body"]


OURS: dict[str, Any] = {
    "orders": whole_order,
    "refunds_create": lambda: BODIES.of(
        "refunds/create", refunded(paper(), restock=Restock.RETURN, location=BACK)
    ),
    "fulfillments_create": lambda: BODIES.of("fulfillments/create", shipped(paper())),
    "inventory_levels": lambda: BODIES.of("inventory_levels/update", level(TEE, 8)),
    "products_update": lambda: BODIES.of("products/update", TEE.product),
}
SHAPED = [
    name for name in MADE if name.startswith(tuple(OURS)) and not name.startswith("orders_edited")
]


def test_there_are_samples_of_every_shape() -> None:
    assert {kind for kind in OURS if any(name.startswith(kind) for name in SHAPED)} == set(OURS)


@pytest.mark.parametrize("name", SHAPED)
def test_our_bodies_have_the_keys_and_kinds_of_the_samples(name: str) -> None:
    [ours] = [make() for kind, make in OURS.items() if name.startswith(kind)]

    assert_covers(shape(ours), shape(sample(name)["body"]))


def without_weights(body: dict[str, Any]) -> dict[str, Any]:
    lines = [{**one, "grams": 0} for one in body["line_items"]]
    return {**body, "line_items": lines}


def test_order_1042_is_written_as_the_sample_has_it() -> None:
    ours = BODIES.of("orders/create", paper())

    theirs = sample("orders_create__web_paid")["body"]
    assert without_weights(ours) == without_weights(theirs)


def test_its_parcel_and_its_refund_are_written_as_the_samples_have_them() -> None:
    sold = paper()
    sold.updated_at = MORNING + timedelta(minutes=30, seconds=2)
    parcel = shipped(sold)
    parcel.created_at = parcel.updated_at = MORNING + timedelta(minutes=30)
    refund = refunded(paper(), restock=Restock.RETURN, location=BACK)
    shipped(refund.order)
    refund.created_at = MORNING + timedelta(hours=2)

    after = BODIES.of("orders/updated", sold)
    assert without_weights(after) | {"fulfillments": []} == without_weights(
        sample("orders_updated__partially_fulfilled")["body"]
    ) | {"fulfillments": []}
    assert (
        BODIES.of("fulfillments/create", parcel)
        == sample("fulfillments_create__tee_shipped")["body"]
    )
    assert (
        BODIES.of("refunds/create", refund)
        == sample("refunds_create__return_other_location")["body"]
    )


def test_a_parcel_with_a_part_of_a_line_tells_that_part() -> None:
    sold = paper()
    parcel = shipped(sold)
    parcel.lines[0].quantity = 1

    body = BODIES.of("fulfillments/create", parcel)

    assert [(one["id"], one["quantity"]) for one in body["line_items"]] == [(16353368736001, 1)]


def test_e09_a_level_is_told_as_the_samples_do_and_untracked_is_null() -> None:
    tee = level(TEE, 8)

    assert (
        BODIES.of("inventory_levels/update", tee)
        == sample("inventory_levels_update__after_sale_tee")["body"]
    )
    assert BODIES.of("inventory_levels/update", level(TEE, -2))["available"] == -2
    gone = BODIES.of("inventory_levels/disconnect", tee)
    assert gone == {"inventory_item_id": 48513488879001, "location_id": 75596366001}

    untracked = variant(6, "DIGI-1", "Default Title")
    untracked.item.tracked = False
    assert BODIES.of("inventory_levels/update", level(untracked, 8))["available"] is None


def test_e25_current_shrinks_quantity_stays_and_a_hold_makes_fulfillable_nothing() -> None:
    sold = paper()
    sold.lines[0].removed = 1
    sold.fulfilment_orders[0].on_hold = True

    line = BODIES.of("orders/updated", sold)["line_items"][0]

    assert (line["quantity"], line["current_quantity"], line["fulfillable_quantity"]) == (2, 1, 0)


def test_e25_times_are_cut_to_seconds_in_the_zone_of_the_shop() -> None:
    first, second = paper(), paper()
    first.updated_at = MORNING.replace(month=7, microsecond=100_000)
    second.updated_at = MORNING.replace(month=7, microsecond=900_000)

    told = [BODIES.of("orders/updated", one)["updated_at"] for one in (first, second)]

    assert told == ["2026-07-22T11:00:00-04:00"] * 2


def test_a_line_without_a_variant_has_a_null_and_says_that_nothing_is_there() -> None:
    sold = paper()
    custom = sold.lines[0]
    custom.variant, custom.variant_id, custom.product_id = None, None, None
    custom.sku, custom.manager, custom.product_exists = None, None, False

    line = BODIES.of("orders/create", sold)["line_items"][0]

    assert [line[name] for name in ("variant_id", "sku", "variant_inventory_management")] == [
        None,
        None,
        None,
    ]
    assert line["product_exists"] is False


def test_a_third_partys_line_names_who_counts_it() -> None:
    sold = paper()
    sold.lines[0].manager = "acme-3pl"

    line = BODIES.of("orders/create", sold)["line_items"][0]

    assert (line["variant_inventory_management"], line["fulfillment_service"]) == (
        "acme-3pl",
        "acme-3pl",
    )


def test_a_refund_of_units_alone_has_no_transaction_and_no_location() -> None:
    paper_back = refunded(paper(), restock=Restock.NO_RESTOCK, location=None)
    paper_back.amount_cents = 0

    body = BODIES.of("refunds/create", paper_back)

    assert (body["restock"], body["transactions"]) == (False, [])
    [line] = body["refund_line_items"]
    assert (line["restock_type"], line["location_id"]) == ("no_restock", None)


def test_an_edit_is_told_wrapped_and_as_the_sample_does() -> None:
    sold = order([(TEE, 1)], number=1043)
    edit = OrderEdit(
        id=78912328793001,
        order=sold,
        created_at=MORNING + timedelta(minutes=20),
        committed_at=MORNING + timedelta(minutes=21),
        additions=((16353368736013, 1),),
        removals=((16353368736012, 1),),
    )

    body = BODIES.of("orders/edited", edit)

    assert body == sample("orders_edited__remove_one_add_one")["body"]


def test_the_other_topics_are_told_as_the_samples_do() -> None:
    operation = BulkOperation(
        id=147595010001,
        query="",
        created_at=MORNING - timedelta(hours=1, minutes=52),
        status="COMPLETED",
        completed_at=MORNING - timedelta(hours=1, minutes=50),
    )

    assert BODIES.of("app/uninstalled", APP) == sample("app_uninstalled")["body"]
    assert (
        BODIES.of("bulk_operations/finish", operation) == sample("bulk_operations_finish")["body"]
    )
    assert BODIES.of("products/delete", TEE.product) == {"id": 4545493434001}
    item = sample("inventory_items_update__untracked_sku_changed")["body"]
    assert_covers(shape(BODIES.of("inventory_items/update", TEE.item)), shape(item))
    product = BODIES.of("products/update", TEE.product)
    assert product["variants"][0]["inventory_quantity"] == 8
    assert product["variant_gids"][0]["updated_at"] == "2026-11-22T15:00:00.000Z"
    redact = sample("customers_redact")["body"] | {"orders_to_redact": []}
    assert BODIES.of("customers/redact", APP) == redact


def test_every_topic_has_a_body_and_a_wrong_subject_none() -> None:
    sold = paper()
    subjects: dict[str, object] = {
        "orders": sold,
        "refunds": refunded(sold, restock=Restock.CANCEL, location=MAIN),
        "fulfillments": shipped(sold, position=1),
        "fulfillment_orders": sold.fulfilment_orders[0],
        "inventory_levels": level(TEE, 8),
        "inventory_items": TEE.item,
        "products": TEE.product,
        "locations": MAIN,
        "bulk_operations": BulkOperation(id=1, query="", created_at=MORNING),
        "app": APP,
        "customers": APP,
        "shop": APP,
    }
    edited = OrderEdit(
        id=1, order=sold, created_at=MORNING, committed_at=MORNING, additions=(), removals=()
    )

    for topic in (*TOPICS.values(), *COMPLIANCE):
        subject = edited if topic == "orders/edited" else subjects[topic.partition("/")[0]]
        assert BODIES.of(topic, subject), topic
    with pytest.raises(LookupError, match="orders/create does not tell of Level"):
        BODIES.of("orders/create", level(TEE, 8))


def test_the_reduced_sample_is_what_its_fields_leave_of_ours() -> None:
    said = (
        "id admin_graphql_api_id name created_at updated_at cancelled_at cancel_reason closed_at "
        "confirmed financial_status fulfillment_status source_name location_id test currency "
        "line_items refunds fulfillments"
    )

    ours = only(whole_order(), said.split())

    theirs = sample("orders_create__include_fields")["body"]
    assert set(ours) == set(theirs)
    assert "customer" not in ours
