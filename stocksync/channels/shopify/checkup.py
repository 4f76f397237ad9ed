"""What must be right for syncing with a shop, looked at without changing anything."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from stocksync.channels.base import Finding
from stocksync.channels.errors import CallError
from stocksync.channels.findings import clock, counted, failed, trouble, well
from stocksync.channels.shopify import checkup_goods
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.documents import LOCATIONS, SHOP, VERSION
from stocksync.channels.shopify.hooks import Hooks

SCOPES: Final = (
    "read_inventory",
    "write_inventory",
    "read_products",
    "read_locations",
    "read_orders",
)
_PAGES = 40
_OTHERWISE = "open the shop from this machine, and look at Shopify's status page"
_ENTRANCE = {
    "tls-failed": "tls",
    "denied": "auth",
    "key-refused": "auth",
    "no-secret": "auth",
    "no-shop": "shop",
    "shop-frozen": "shop",
    "shop-closed": "shop",
    "shop-locked": "shop",
}


def findings(
    api: Api, hooks: Hooks, importer: Importer, *, shop: str, locations: Sequence[str]
) -> Sequence[Finding]:
    """Return what is right and what is not; the first closed door hides what lies behind it.

    `shop` is its myshopify.com name, `locations` the global ids of those that are synced.
    """
    try:
        said = api.run(SHOP)
    except CallError as e:
        return [failed(_ENTRANCE.get(e.code, "reachable"), e, _OTHERWISE)]
    return [
        well("reachable", "the shop answers"),
        well("auth", "it takes our token"),
        _shop(said.data.get("shop"), shop),
        *_scopes(said.data.get("currentAppInstallation")),
        _version(said.data.get("publicApiVersions")),
        clock(said.asked_at, "set ours by NTP; what happened first is decided by it"),
        *_tried("locations", lambda: _locations(api, locations)),
        *_tried("webhooks", hooks.findings),
        *_tried("catalogue", lambda: checkup_goods.findings(api, importer.run().rows, locations)),
    ]


def _tried(code: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return look()
    except CallError as e:
        return [failed(code, e, _OTHERWISE)]


def _shop(told: Any, wanted: str) -> Finding:
    name = told.get("myshopifyDomain") if isinstance(told, dict) else None
    if str(name).lower() == wanted.lower():
        return well("shop", f"it is the shop {name}")
    return trouble(
        "shop",
        f"the shop that answers is {name}, and not {wanted}",
        "correct `shop`: webhooks name the shop that they come from",
    )


def _scopes(told: Any) -> Iterator[Finding]:
    listed = told.get("accessScopes") if isinstance(told, dict) else None
    held = {str(one.get("handle")) for one in listed or () if isinstance(one, dict)}
    held |= {scope.replace("write_", "read_", 1) for scope in held}  # who may write may read
    missing = [scope for scope in SCOPES if scope not in held]
    if missing:
        yield trouble(
            "scopes",
            f"the app lacks the scopes {', '.join(missing)}",
            "add them to the app in the Dev Dashboard, and approve them in the shop",
        )
    else:
        yield well("scopes", "the app has every scope that it needs")
    if "read_all_orders" in held:
        yield well("order-horizon", "orders of any age can be read")
    else:
        yield well("order-horizon", "orders can be read for 60 days, as without read_all_orders")


def _version(told: Any) -> Finding:
    listed = told if isinstance(told, list) else []
    supported = any(
        one.get("handle") == VERSION and one.get("supported") is True
        for one in listed
        if isinstance(one, dict)
    )
    if supported:
        return well("version", f"the API version {VERSION} is supported")
    return trouble(
        "version",
        f"Shopify does not support the API version {VERSION} any more",
        "update stocksync: calls are answered by a newer version, which may differ",
    )


def _locations(api: Api, wanted: Sequence[str]) -> Sequence[Finding]:
    listed = api.nodes(LOCATIONS, "locations", what="locations", pages=_PAGES)
    found = {str(one.get("id")): one for one in listed}
    unknown = [name for name in wanted if name not in found]
    asleep = [name for name in wanted if name in found and found[name].get("isActive") is not True]
    served = [name for name in wanted if name in found and found[name].get("isFulfillmentService")]
    others = ", ".join(f"{one.get('name')} is {name}" for name, one in list(found.items())[:7])
    return [
        counted(
            "locations",
            unknown,
            "locations of the config are not in the shop",
            f"correct `locations`; in the shop {others or 'there are none'}",
        ),
        counted(
            "inactive-locations",
            asleep,
            "locations are deactivated in the shop",
            "activate them there, or delete them from `locations`",
        ),
        counted(
            "service-locations",
            served,
            "locations belong to a fulfilment service, which counts for itself",
            "delete them from `locations`, unless you mean to overwrite its numbers",
        ),
    ]
