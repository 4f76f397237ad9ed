"""A shop over HTTP, a client that sends it documents, and a clock that stands still."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from stocksync.sandbox.server import serve
from stocksync.sandbox.shopify import Knobs, Post, Shop
from tests.sandbox.hand_clock import WAIT_S, HandClock
from tests.sandbox.shopify_documents import HOOK_CREATE, LEVELS, ORDER, ORDERS_SINCE, SET

MORNING = datetime(2026, 11, 22, 15, 0, 0, tzinfo=UTC)
OLD_SECRET, SECRET, CLIENT = "old-secret", "new-secret", "client-1"
GRANT = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET}


@dataclass
class Ear:
    """Whoever is told; it says yes to everything."""

    posts: list[Post] = field(default_factory=list)

    def __call__(self, post: Post) -> int | None:
        self.posts.append(post)
        return 200

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        told = [one for one in self.posts if one.headers["X-Shopify-Topic"] == topic]
        return [json.loads(one.body) for one in told]


class Client:
    """Calls one shop over HTTP, with a token of its own."""

    def __init__(self, shop: Shop, base: str) -> None:
        self.shop = shop
        self.base = base
        self.session = requests.Session()
        self.token = self.grant().json()["access_token"]

    def grant(self, **other: str) -> requests.Response:
        url = f"{self.base}/admin/oauth/access_token"
        return self.session.post(url, data={**GRANT, **other}, timeout=WAIT_S)

    def post(self, text: str, token: str | None = None, **variables: Any) -> requests.Response:
        return self.session.post(
            f"{self.base}/admin/api/2026-10/graphql.json",
            json={"query": text, "variables": variables},
            headers={"X-Shopify-Access-Token": token or self.token},
            timeout=WAIT_S,
        )

    def __call__(self, text: str, **variables: Any) -> dict[str, Any]:
        answer = self.post(text, **variables)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def data(self, text: str, **variables: Any) -> dict[str, Any]:
        told = self(text, **variables)
        assert "errors" not in told, told
        data: dict[str, Any] = told["data"]
        return data

    def errors(self, text: str, **variables: Any) -> list[dict[str, Any]]:
        told: list[dict[str, Any]] = self(text, **variables)["errors"]
        return told

    # Shorthands

    def item(self, sku: str) -> str:
        return f"gid://shopify/InventoryItem/{self.shop.ids(sku)[2]}"

    def place(self, name: str = "Main") -> str:
        return f"gid://shopify/Location/{self.shop.location_id(name)}"

    def pair(self, sku: str, to: int, was: int | None, place: str = "Main") -> dict[str, Any]:
        return {
            "inventoryItemId": self.item(sku),
            "locationId": self.place(place),
            "quantity": to,
            "changeFromQuantity": was,
        }

    def set(
        self,
        *pairs: dict[str, Any],
        key: str,
        name: str = "available",
        reason: str = "correction",
    ) -> dict[str, Any]:
        told = {"name": name, "reason": reason, "quantities": list(pairs)}
        return self(SET, input=told, key=key)

    def refused(self, *pairs: dict[str, Any], key: str, **other: str) -> list[dict[str, Any]]:
        payload = self.set(*pairs, key=key, **other)["data"]["inventorySetQuantities"]
        assert payload["inventoryAdjustmentGroup"] is None
        errors: list[dict[str, Any]] = payload["userErrors"]
        return errors

    def level(self, sku: str, place: str = "Main") -> dict[str, Any] | None:
        found = self.data(LEVELS, ids=[self.item(sku)], loc=self.place(place))["nodes"][0]
        level: dict[str, Any] | None = found["inventoryLevel"]
        return level

    def numbers(self, sku: str, place: str = "Main") -> dict[str, int]:
        level = self.level(sku, place)
        assert level is not None
        return {one["name"]: one["quantity"] for one in level["quantities"]}

    def order(self, order_id: int) -> dict[str, Any]:
        found: dict[str, Any] = self.data(ORDER, id=f"gid://shopify/Order/{order_id}")["order"]
        return found

    def line(self, order_id: int, place: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = self.order(order_id)["lineItems"]["nodes"][place]
        return found

    def updated(self, since: datetime, after: str | None = None) -> dict[str, Any]:
        q = f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"
        found: dict[str, Any] = self.data(ORDERS_SINCE, q=q, after=after)["orders"]
        return found


@dataclass
class Town:
    """A shop with two locations and three products, its clock, who listens, who calls."""

    shop: Shop
    clock: HandClock
    ear: Ear
    call: Client

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass and do what came due."""
        self.clock.pass_for(timedelta(seconds=seconds), self.shop)

    def listen(self, *topics: str) -> None:
        """Subscribe to topics, in GraphQL's words."""
        for topic in topics:
            hook = {"uri": f"https://sync.example.com/{topic}", "format": "JSON"}
            made = self.call.data(HOOK_CREATE, topic=topic, hook=hook)
            assert made["webhookSubscriptionCreate"]["userErrors"] == []


@contextmanager
def town(**knobs: Any) -> Iterator[Town]:
    """Open a shop over HTTP: TEE-M 10 at Main and 3 at Back, MUG-01 6, CAP-RED 4."""
    clock, ear = HandClock(MORNING), Ear()
    shop = Shop(
        "web",
        shop_domain="example-stocksync.myshopify.com",
        client_id=CLIENT,
        secrets=[OLD_SECRET, SECRET],
        locations=["Main", "Back"],
        clock=clock,
        knobs=Knobs(**{"hangs_s": 0.0, "bucket_points": 1e6, **knobs}),
        deliver=ear,
    )
    shop.add_product("TEE-M", {"Main": 10, "Back": 3})
    shop.add_product("MUG-01", 6)
    shop.add_product("CAP-RED", 4)
    with serve([shop]) as served:
        client = Client(shop, served.url("web"))
        yield Town(shop, clock, ear, client)
        client.session.close()
