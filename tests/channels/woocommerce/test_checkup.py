"""What the doctor says of a shop, and that it changes nothing."""

from copy import deepcopy
from typing import Any

import pytest
import responses

from stocksync.channels.base import Finding, Health
from tests.channels.woocommerce.stand import Call, Reply, Stand
from tests.channels.woocommerce.test_hooks import HOOK, all_of_them, by_code, hook


def looked_at(stand: Stand, hook_url: str | None = HOOK, **settings: Any) -> dict[str, Finding]:
    return by_code(stand.channel(**settings).doctor(hook_url))


def troubles(told: dict[str, Finding]) -> set[str]:
    return {code for code, one in told.items() if one.health is not Health.WELL}


def test_a_shop_in_good_health(stand: Stand) -> None:
    stand.product(10)
    all_of_them(stand)

    told = looked_at(stand)

    assert troubles(told) == set()
    assert told["version"].words == "WooCommerce 10.0.2"
    assert "HPOS" in told["order-tables"].words
    assert told["catalogue"].words == "1 products and variations sell"
    assert told.keys() >= {
        "reachable", "tls", "permalinks", "auth", "orders", "write", "version", "wp-cron",
        "clock", "delivery-url", "webhook-order.created", "webhooks-elsewhere",
        "duplicate-skus", "without-sku", "unmanaged", "backorders",
    }  # fmt: skip


def test_a_doctor_changes_nothing(stand: Stand) -> None:
    stand.product(10)
    all_of_them(stand)
    stand.hooks[2]["status"] = "disabled"
    del stand.hooks[3]
    before = deepcopy((stand.products, stand.hooks))

    told = looked_at(stand)

    assert troubles(told) == {"webhook-order.updated", "webhook-order.deleted"}
    assert (stand.products, stand.hooks) == before
    assert [(one.path, one.body) for one in stand.heard if one.method != "GET"] == [
        ("products/batch", {"update": []})
    ]


@pytest.mark.parametrize(
    ("reply", "code", "words", "way_out"),
    [
        ((404, {"code": "rest_no_route"}), "permalinks", "rest_no_route", "Permalinks"),
        ((404, b"<html>"), "permalinks", "404", "Permalinks"),
        ((401, {"code": "woocommerce_rest_cannot_view"}), "auth",
         "over plain http", "auth: oauth1"),
        ((401, {"code": "woocommerce_rest_authentication_error"}), "auth",
         "`secret` is not the one of `key`", "copy both"),
        ((401, b"<html>"), "auth", "asks for a password", "/wp-json/"),
        ((403, {"code": "woocommerce_rest_cannot_view"}), "auth", "may not", "shop manager"),
        ((403, b"<html>"), "auth", "firewall", "allow us"),
        ((301, b""), "reachable", "301", "final address"),
        ((500, b""), "reachable", "500", "ask its host"),
        ((200, b"<html>"), "reachable", "page instead of JSON", "ask its host"),
    ],
    ids=["no-route", "no-page", "key", "secret", "password", "user", "firewall", "moved",
         "broken", "page"],
)  # fmt: skip
def test_the_first_closed_door_is_named_with_the_way_out(
    stand: Stand, reply: Reply, code: str, words: str, way_out: str
) -> None:
    stand.odd = lambda _: reply

    told = looked_at(stand)

    assert list(told) == [code]
    assert told[code].health is Health.TROUBLE
    assert words in told[code].words
    assert way_out in told[code].way_out


def test_a_signed_call_that_is_not_known_needs_another_key(stand: Stand) -> None:
    stand.odd = lambda _: (401, {"code": "woocommerce_rest_cannot_view"})

    told = looked_at(stand, auth="oauth1")

    assert "does not know `key`" in told["auth"].words
    assert "new pair" in told["auth"].way_out


def test_a_host_that_drops_the_header_is_told_of_another_way(stand: Stand) -> None:
    with responses.RequestsMock() as https:  # our own servers speak no TLS that anybody trusts
        https.get(
            "https://shop.example/wp-json/wc/v3/products",
            status=401,
            json={"code": "woocommerce_rest_cannot_view"},
        )
        told = looked_at(stand, url="https://shop.example")

    assert "drops the Authorization header" in told["auth"].words
    assert "auth: query" in told["auth"].way_out


def test_nobody_at_home_is_told_without_a_secret(stand: Stand) -> None:
    url = stand.url.replace(str(stand.port), "1")

    told = looked_at(stand, url=url, auth="query")

    assert list(told) == ["reachable"]
    assert "refuses the connection" in told["reachable"].words
    assert "canary" not in str(told)


def test_a_key_that_may_only_read_is_told(stand: Stand) -> None:
    def read_only(call: Call) -> Reply | None:
        code = "woocommerce_rest_authentication_error"
        return None if call.method == "GET" else (401, {"code": code})

    stand.odd = read_only

    told = looked_at(stand, None)

    assert troubles(told) == {"write"}
    assert "Read/Write" in told["write"].way_out


def test_a_key_that_may_not_ask_for_the_version_is_no_trouble(stand: Stand) -> None:
    refused = {"code": "woocommerce_rest_cannot_view"}
    stand.odd = lambda call: (403, refused) if call.path == "system_status" else None

    assert troubles(looked_at(stand, None)) == set()


def test_an_old_shop_with_its_cron_off_is_told(stand: Stand) -> None:
    old = {"environment": {"version": "5.7.1", "wp_cron": False}, "settings": {}}
    stand.odd = lambda call: (200, old) if call.path == "system_status" else None

    told = looked_at(stand, None)

    assert troubles(told) == {"version", "wp-cron"}
    assert "5.8" in told["version"].way_out


def test_a_shop_whose_clock_is_wrong_is_told(stand: Stand) -> None:
    stand.date = "Fri, 27 Nov 2020 12:00:00 GMT"

    told = looked_at(stand, None)

    assert troubles(told) == {"clock"}
    assert "s apart" in told["clock"].words


def test_an_address_that_the_shop_refuses_is_told_beside_the_webhooks(stand: Stand) -> None:
    refused = "http://stockbox.local/hooks/m/web"
    stand.hooks[1] = hook(1, "order.created", delivery_url=refused)

    told = looked_at(stand, refused)

    assert told["delivery-url"].health is Health.TROUBLE
    assert "polling" in told["delivery-url"].way_out
    assert told["webhook-order.created"].health is Health.WELL


def test_webhooks_that_cannot_be_listed_hide_nothing_else(stand: Stand) -> None:
    refused = {"code": "woocommerce_rest_cannot_view"}
    stand.odd = lambda call: (403, refused) if call.path == "webhooks" else None

    told = looked_at(stand)

    assert troubles(told) == {"webhooks"}
    assert "catalogue" in told


def test_products_that_cannot_be_synced_well_are_named(stand: Stand) -> None:
    stand.product(10, sku="DOUBLE")
    stand.product(11, sku="DOUBLE")
    stand.product(12, sku="")
    for number in range(13, 20):
        stand.product(number, manage_stock=False, stock=None)
    stand.product(20, type="variable", manage_stock=False, stock=None)
    stand.product(21, parent_id=20, backorders="yes")
    stand.product(22, sku="DOUBLE", status="draft")

    told = looked_at(stand, None)

    assert troubles(told) == {"duplicate-skus", "without-sku", "unmanaged", "backorders"}
    assert told["duplicate-skus"].words == "1 SKUs stand on several products: DOUBLE"
    assert "12" in told["without-sku"].words
    assert told["unmanaged"].words.startswith("7 products sell without a number: SKU-13")
    assert told["unmanaged"].words.endswith("SKU-17, ...")
    assert "SKU-21" in told["backorders"].words


def test_a_shop_that_shows_no_catalogue_is_told(stand: Stand) -> None:
    stand.odd = lambda call: (400, {"code": "odd"}) if "page" in call.query else None

    assert troubles(looked_at(stand, None)) == {"catalogue"}
