"""What must be right for syncing with a shop, looked at without changing anything."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from stocksync.channels.base import Finding, Health
from stocksync.channels.errors import CallError, Transient
from stocksync.channels.shopify import checkup_goods
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.bulk import Importer
from stocksync.channels.shopify.checkup_goods import counted, well
from stocksync.channels.shopify.documents import LOCATIONS, SHOP, VERSION
from stocksync.channels.shopify.hooks import Hooks

CLOCKS_APART_MAX: Final = timedelta(seconds=60)
SCOPES: Final = (
    "read_inventory",
    "write_inventory",
    "read_products",
    "read_locations",
    "read_orders",
)
_PAGES = 40
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
        return [_trouble(_ENTRANCE.get(e.code, "reachable"), e)]
    return [
        well("reachable", "the shop answers"),
        well("auth", "it takes our token"),
        _shop(said.data.get("shop"), shop),
        *_scopes(said.data.get("currentAppInstallation")),
        _version(said.data.get("publicApiVersions")),
        _clock(said.asked_at),
        *_tried("locations", lambda: _locations(api, locations)),
        *_tried("webhooks", hooks.findings),
        *_tried("catalogue", lambda: checkup_goods.findings(api, importer.run().rows, locations)),
    ]


def _tried(code: str, look: Callable[[], Sequence[Finding]]) -> Sequence[Finding]:
    try:
        return look()
    except CallError as e:
        return [_trouble(code, e)]


def _shop(told: Any, wanted: str) -> Finding:
    name = told.get("myshopifyDomain") if isinstance(told, dict) else None
    if str(name).lower() == wanted.lower():
        return well("shop", f"it is the shop {name}")
    return Finding(
        code="shop",
        health=Health.TROUBLE,
        words=f"the shop that answers is {name}, and not {wanted}",
        way_out="correct `shop`: webhooks name the shop that they come from",
    )


def _scopes(told: Any) -> Iterator[Finding]:
    listed = told.get("accessScopes") if isinstance(told, dict) else None
    held = {str(one.get("handle")) for one in listed or () if isinstance(one, dict)}
    held |= {scope.replace("write_", "read_", 1) for scope in held}  # who may write may read
    missing = [scope for scope in SCOPES if scope not in held]
    if missing:
        yield Finding(
            code="scopes",
            health=Health.TROUBLE,
            words=f"the app lacks the scopes {', '.join(missing)}",
            way_out="add them to the app in the Dev Dashboard, and approve them in the shop",
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
    return Finding(
        code="version",
        health=Health.TROUBLE,
        words=f"Shopify does not support the API version {VERSION} any more",
        way_out="update stocksync: calls are answered by a newer version, which may differ",
    )


def _clock(asked_at: datetime | None) -> Finding:
    if asked_at is None:
        return well("clock", "the shop does not tell its time")
    apart = abs(asked_at - datetime.now(UTC))
    if apart <= CLOCKS_APART_MAX:
        return well("clock", "the shop's clock and ours agree")
    return Finding(
        code="clock",
        health=Health.TROUBLE,
        words=f"the shop's clock and ours are {int(apart.total_seconds())} s apart",
        way_out="set ours by NTP; what happened first is decided by it",
    )


def _locations(api: Api, wanted: Sequence[str]) -> Sequence[Finding]:
    found = {str(one.get("id")): one for one in _all_locations(api)}
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


def _all_locations(api: Api) -> Iterator[Mapping[str, Any]]:
    after: str | None = None
    for _ in range(_PAGES):
        told = api.run(LOCATIONS, {"after": after}).data.get("locations")
        nodes = told.get("nodes") if isinstance(told, dict) else None
        page = told.get("pageInfo") if isinstance(told, dict) else None
        if not isinstance(nodes, list) or not isinstance(page, dict):
            raise Transient("odd-answer", f"{api.host} listed no locations")
        yield from (one for one in nodes if isinstance(one, dict))
        if not page.get("hasNextPage"):
            return
        after = page.get("endCursor")


def _trouble(code: str, e: CallError) -> Finding:
    said, _, way_out = e.detail.partition("; ")
    return Finding(
        code=code,
        health=Health.TROUBLE,
        words=said,
        way_out=way_out or "open the shop from this machine, and look at Shopify's status page",
    )
