"""What must be right for syncing with a shop, looked at without changing anything."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from stocksync.channels.base import Finding
from stocksync.channels.errors import CallError
from stocksync.channels.findings import clock, counted, failed, trouble, well
from stocksync.channels.woocommerce import reading
from stocksync.channels.woocommerce.api import Api
from stocksync.channels.woocommerce.hooks import Hooks

_OLDEST = (5, 8)
"""The first WooCommerce whose lists know `modified_after`."""
_OTHERWISE = "open the shop from this machine; if it is slow or shut, ask its host"
_BATCH = "products/batch"
_ONE_ID = [("per_page", "1"), ("_fields", "id")]
_SELLING = frozenset({"simple", "variation", "subscription"})
_ENTRANCE = {
    "tls-failed": "tls",
    "no-route": "permalinks",
    "key-refused": "auth",
    "key-unknown": "auth",
    "no-rights": "auth",
    "denied": "auth",
}


def findings(api: Api, hooks: Hooks, url: str) -> Sequence[Finding]:
    """Return what is right and what is not; the first closed door hides what lies behind it."""
    try:
        said = api.get("products", _ONE_ID)
    except CallError as e:
        return [failed(_ENTRANCE.get(e.code, "reachable"), e, _OTHERWISE)]
    return [
        well("reachable", "the shop answers"),
        _tls(url),
        well("permalinks", "its REST API is there"),
        well("auth", "it takes our key"),
        _tried("orders", "orders can be read", lambda: api.get("orders", _ONE_ID)),
        # An empty batch asks for the right to write, and writes nothing.
        _tried(
            "write", "numbers can be written", lambda: api.write("POST", _BATCH, {"update": []})
        ),
        *_system(api),
        clock(said.asked_at, "set both by NTP; what happened first is decided by them"),
        *_webhooks(hooks),
        *_catalogue(api),
    ]


def _tls(url: str) -> Finding:
    if url.startswith("https://"):
        return well("tls", "calls are encrypted")
    return well("tls", "calls are not encrypted, as allow_insecure says; others can read them")


def _tried(code: str, words: str, call: Callable[[], object]) -> Finding:
    try:
        call()
    except CallError as e:
        return failed(code, e, _OTHERWISE)
    return well(code, words)


def _system(api: Api) -> Iterator[Finding]:
    """Say what the shop is made of; not every key may ask that."""
    try:
        told = api.row("system_status", [("_fields", "environment,settings")])
    except CallError:
        yield well("version", "this key may not ask for the version of WooCommerce")
        return
    environment, settings = _table(told.get("environment")), _table(told.get("settings"))
    version = str(environment.get("version") or "")
    parts = re.match(r"([0-9]{1,4})\.([0-9]{1,4})", version)
    if parts and (int(parts[1]), int(parts[2])) < _OLDEST:
        yield trouble(
            "version",
            f"WooCommerce {version} cannot say which orders changed",
            "update WooCommerce to 5.8 or newer",
        )
    else:
        yield well("version", f"WooCommerce {version if parts else 'of an unknown version'}")
    tables = settings.get("HPOS_enabled")
    if isinstance(tables, bool):
        kept = "in tables of their own (HPOS)" if tables else "as posts (HPOS is off)"
        yield well("order-tables", f"orders are kept {kept}")
    if environment.get("wp_cron") is False:
        yield trouble(
            "wp-cron",
            "WP-Cron is switched off (DISABLE_WP_CRON): visits send no webhooks",
            "let the host call wp-cron.php every minute",
        )
    elif environment.get("wp_cron") is True:
        yield well("wp-cron", "visits send the webhooks that wait")


def _webhooks(hooks: Hooks) -> Sequence[Finding]:
    try:
        return hooks.findings()
    except CallError as e:
        return [failed("webhooks", e, _OTHERWISE)]


def _catalogue(api: Api) -> Sequence[Finding]:
    try:
        selling = [one for page in reading.catalogue(api) for one in page if _sells(one)]
    except CallError as e:
        return [failed("catalogue", e, _OTHERWISE)]
    by_sku: dict[str, list[Mapping[str, Any]]] = {}
    for one in selling:
        by_sku.setdefault(one["sku"] or "", []).append(one)
    nameless = by_sku.pop("", [])
    doubled = [sku for sku, some in by_sku.items() if len(some) > 1]
    endless = [one for one in selling if one["backorders"] in ("notify", "yes")]
    unmanaged = [one for one in selling if one["manage_stock"] is False]
    return [
        well("catalogue", f"{len(selling)} products and variations sell"),
        counted(
            "duplicate-skus",
            doubled,
            "SKUs stand on several products",
            "give each its own SKU; numbers are not pushed to doubled ones",
        ),
        counted(
            "without-sku",
            [str(one["id"]) for one in nameless],
            "products have no SKU",
            "give them one, or map them by id; until then their sales are parked",
        ),
        counted(
            "unmanaged",
            [_named(one) for one in unmanaged],
            "products sell without a number",
            "switch on Inventory > Track stock quantity, or they sell without end",
        ),
        counted(
            "backorders",
            [_named(one) for one in endless],
            "products allow backorders, so the shop sells them below zero",
            "switch backorders off where you do not mean it",
        ),
    ]


def _sells(product: Mapping[str, Any]) -> bool:
    return product["type"] in _SELLING and product["status"] in ("publish", "private", None)


def _named(product: Mapping[str, Any]) -> str:
    return product["sku"] or str(product["id"])


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
