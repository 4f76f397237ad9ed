"""The doctor: everything that lets a write succeed and sell nothing, or sell for ever."""

import json
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from stocksync.channels.base import Finding, Health
from stocksync.channels.shopify import checkup
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.hooks import Hooks
from stocksync.core.names import ChannelName
from tests.channels.shopify.stand import Call, Reply, Stand, data, error, open_shop
from tests.channels.shopify.test_bulk import BEGAN, OPERATION, level, started, variant

MAIN, BACK = "gid://shopify/Location/1", "gid://shopify/Location/2"
SHOP = "sneakers.myshopify.com"
SCOPES = ["write_inventory", "read_products", "read_locations", "read_orders"]
ALL_WELL = {
    "reachable", "auth", "shop", "scopes", "order-horizon", "version", "clock", "locations",
    "inactive-locations", "service-locations", "delivery-url", "catalogue", "untracked",
    "inactive-levels", "not-stocked", "duplicate-skus", "without-sku", "sells-below-zero",
    "bundles",
}  # fmt: skip


def location(gid: str, **more: Any) -> dict[str, Any]:
    return {"id": gid, "name": f"at {gid[-1]}", "isActive": True, **more}


def active(number: int, item: int, **more: Any) -> dict[str, Any]:
    product = {"id": "gid://shopify/Product/1", "title": "Tee", "status": "ACTIVE"}
    return variant(number, item, product=product, inventoryPolicy="DENY", **more)


class Shop:
    """A shop where all is well, until a test changes something of it."""

    def __init__(self) -> None:
        self.domain = SHOP
        self.scopes = SCOPES
        self.versions: list[Any] = [{"handle": "2026-10", "supported": True}]
        self.mapped = [MAIN]
        self.locations = [location(MAIN), location(BACK)]
        self.rows: list[Any] = [active(1, 11), level(11, 1, 7)]
        self.nodes: list[Any] = []
        self.odd: dict[str, Reply] = {}
        self.date = format_datetime(datetime.now(UTC), usegmt=True)
        self.url = ""

    def says(self, call: Call) -> Reply:
        name = call.document.removeprefix("Stocksync")
        if name in self.odd:
            return self.odd[name]
        match name:
            case "Shop":
                said = data(
                    shop={"id": "gid://shopify/Shop/1", "myshopifyDomain": self.domain},
                    currentAppInstallation={"accessScopes": [{"handle": x} for x in self.scopes]},
                    publicApiVersions=self.versions,
                )
                return Reply(said.value, headers={"Date": self.date})
            case "Locations":
                end = {"hasNextPage": False, "endCursor": None}
                return data(locations={"nodes": self.locations, "pageInfo": end})
            case "BulkStart":
                return started()
            case "BulkPoll":
                done = {"id": OPERATION, "status": "COMPLETED", "createdAt": BEGAN}
                return data(bulkOperation={**done, "url": f"{self.url}/file.jsonl"})
            case "LevelsAllLocations":
                return data(nodes=self.nodes)
            case _:
                raise AssertionError(name)

    def checked(self) -> tuple[dict[str, Finding], Stand]:
        file = Reply("\n".join(json.dumps(row) for row in self.rows).encode())
        with open_shop(self.says, file=file) as stand:
            self.url = stand.url
            api = stand.api()
            found = checkup.findings(
                api,
                Hooks(api, channel=ChannelName("web"), hook_url=None),
                Importer(api, allow_private=True, allow_insecure=True, sleep=stand.slept.append),
                shop=SHOP,
                locations=self.mapped,
            )
        assert len({one.code for one in found}) == len(found)
        assert all(one.way_out for one in found if one.health is not Health.WELL)
        return {one.code: one for one in found}, stand

    def trouble(self) -> dict[str, str]:
        found, _ = self.checked()
        return {one.code: one.words for one in found.values() if one.health is not Health.WELL}


def test_a_shop_where_all_is_well_has_no_trouble_and_nothing_is_changed_there() -> None:
    shop = Shop()

    found, stand = shop.checked()

    assert set(found) == ALL_WELL
    assert {one.health for one in found.values()} == {Health.WELL}
    assert stand.documents == [
        "StocksyncShop",
        "StocksyncLocations",
        "StocksyncBulkStart",
        "StocksyncBulkPoll",
    ]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply({}, 401), "auth"),
        (Reply({}, 402), "shop"),
        (Reply({}, 404), "shop"),
        (Reply({}, 423), "shop"),
        (Reply(b"", 500), "reachable"),
    ],
    ids=["401", "402", "404", "423", "500"],
)
def test_a_closed_door_hides_what_lies_behind_it(reply: Reply, code: str) -> None:
    shop = Shop()
    shop.odd["Shop"] = reply

    found, _ = shop.checked()

    assert [(one.code, one.health) for one in found.values()] == [(code, Health.TROUBLE)]


def test_missing_scopes_are_named() -> None:
    shop = Shop()
    shop.scopes = ["read_inventory", "read_products"]

    words = shop.trouble()["scopes"]

    assert words == "the app lacks the scopes write_inventory, read_locations, read_orders"


def test_another_shop_an_old_version_and_a_wrong_clock_are_told() -> None:
    shop = Shop()
    shop.domain = "boots.myshopify.com"
    shop.versions = [{"handle": "2026-10", "supported": False}, {"handle": "2027-10"}]
    shop.date = "Fri, 27 Nov 2020 12:00:00 GMT"

    assert set(shop.trouble()) == {"shop", "version", "clock"}


@pytest.mark.parametrize(
    ("locations", "code"),
    [
        ([location(BACK)], "locations"),
        ([location(MAIN, isActive=False)], "inactive-locations"),
        ([location(MAIN, isFulfillmentService=True)], "service-locations"),
    ],
    ids=["unknown", "inactive", "service"],
)
def test_a_synced_location_must_be_there_active_and_our_own(
    locations: list[Any], code: str
) -> None:
    shop = Shop()
    shop.locations = locations

    assert set(shop.trouble()) == {code}


def test_an_unknown_location_is_told_with_those_that_there_are() -> None:
    shop = Shop()
    shop.locations = [location(BACK, name="Back")]

    found, _ = shop.checked()

    assert f"Back is {BACK}" in found["locations"].way_out


def item(number: int, **more: Any) -> dict[str, Any]:
    return {"id": f"gid://shopify/InventoryItem/{number}", "tracked": True, **more}


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (active(1, 11, inventoryItem=item(11, tracked=False)), "untracked"),
        (active(1, 11, inventoryItem=item(11, duplicateSkuCount=1)), "duplicate-skus"),
        (active(1, 11, sku=None), "without-sku"),
        (active(1, 11) | {"inventoryPolicy": "CONTINUE"}, "sells-below-zero"),
        (active(1, 11, requiresComponents=True), "bundles"),
    ],
    ids=["untracked", "duplicate", "nameless", "continue", "bundle"],
)
def test_goods_that_a_number_does_not_hold_are_named(row: Any, code: str) -> None:
    shop = Shop()
    shop.rows = [row, level(11, 1, 7)]

    trouble = shop.trouble()

    assert set(trouble) == {code}
    assert (row["sku"] or "ProductVariant/1") in trouble[code]


def test_a_product_that_is_not_for_sale_troubles_nobody() -> None:
    shop = Shop()
    draft = {"id": "gid://shopify/Product/1", "status": "DRAFT"}
    shop.rows = [active(1, 11, inventoryItem=item(11, tracked=False)) | {"product": draft}]

    assert shop.trouble() == {}


def test_goods_without_an_active_level_are_told_apart_by_whether_they_have_an_inactive_one() -> (
    None
):
    shop = Shop()
    shop.rows = [active(1, 11), active(2, 12), active(3, 13), level(13, 2, 5), level(11, 1, 1)]
    asleep = {"isActive": False, "location": {"id": MAIN}}
    elsewhere = {"isActive": True, "location": {"id": BACK}}
    shop.nodes = [
        {**item(12), "inventoryLevels": {"nodes": [asleep, elsewhere]}},
        {**item(13), "inventoryLevels": {"nodes": [elsewhere]}},
    ]

    trouble = shop.trouble()

    assert set(trouble) == {"inactive-levels", "not-stocked"}
    assert trouble["inactive-levels"].endswith(": SKU-2")
    assert trouble["not-stocked"].endswith(": SKU-3")


def test_a_level_that_is_switched_off_at_one_of_several_places_is_told() -> None:
    shop = Shop()
    shop.mapped = [MAIN, BACK]
    shop.rows = [active(1, 11), active(2, 12), level(12, 2, 5), level(11, 1, 1)]
    on, off = (
        {"isActive": told, "location": {"id": at}} for told, at in ((True, MAIN), (False, BACK))
    )
    shop.nodes = [
        {**item(11), "inventoryLevels": {"nodes": [on]}},
        {**item(12), "inventoryLevels": {"nodes": [on, off]}},
    ]

    trouble = shop.trouble()

    assert set(trouble) == {"inactive-levels"}
    assert trouble["inactive-levels"].endswith(": SKU-2")


def test_one_thing_that_cannot_be_looked_at_leaves_the_others() -> None:
    shop = Shop()
    shop.odd["Locations"] = error("ACCESS_DENIED", "Required access: `read_locations`")

    found, _ = shop.checked()

    assert found["locations"].health is Health.TROUBLE
    assert "read_locations" in found["locations"].way_out
    assert found["catalogue"].health is Health.WELL


def test_many_names_are_cut_to_some() -> None:
    shop = Shop()
    untracked = [active(one, one, inventoryItem=item(one, tracked=False)) for one in range(1, 9)]
    shop.rows = untracked

    words = shop.trouble()["untracked"]

    assert words.startswith("8 variants sell without a number: ")
    assert words.endswith("SKU-5, ...")
