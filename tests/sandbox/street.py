"""A clock that stands still, an ear that hears, and a shop between them."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from werkzeug.wrappers import Request, Response

from stocksync.sandbox.woocommerce import Knobs, Post, Shop
from tests.sandbox.hand_clock import WAIT_S, HandClock

NOON = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)
KEY, SECRET, SIGNING = "ck_street", "cs_street", "whsec_street"
TOPICS = (
    "order.created",
    "order.updated",
    "order.deleted",
    "order.restored",
    "product.created",
    "product.updated",
    "product.deleted",
)


@dataclass
class Ear:
    """A receiver of deliveries; `status` is what it answers, None is silence."""

    status: int | None = 200
    posts: list[Post] = field(default_factory=list)

    def __call__(self, post: Post) -> int | None:
        self.posts.append(post)
        return self.status

    @property
    def signed(self) -> list[Post]:
        return [post for post in self.posts if "X-WC-Webhook-Topic" in post.headers]

    @property
    def topics(self) -> list[str]:
        return [post.headers["X-WC-Webhook-Topic"] for post in self.signed]

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        return [
            json.loads(post.body)
            for post in self.signed
            if post.headers["X-WC-Webhook-Topic"] == topic
        ]


@dataclass
class Street:
    """A shop, its clock, and who listens to it."""

    shop: Shop
    clock: HandClock
    ear: Ear

    def run(self, seconds: float = 0.0) -> None:
        """Let time pass and do what came due."""
        self.clock.pass_for(timedelta(seconds=seconds), self.shop)

    def listen(self, *topics: str) -> None:
        """Make webhooks and forget their pings."""
        for topic in topics:
            self.shop.add_webhook(topic, "http://receiver.example.test/web", SIGNING)
        self.run()
        self.ear.posts.clear()


def street(**knobs: Any) -> Street:
    """Build a shop that hears and sees nothing of the outside."""
    clock, ear = HandClock(NOON), Ear()
    shop = Shop(
        "web",
        key=KEY,
        secret=SECRET,
        clock=clock,
        knobs=Knobs(behind_tls=True, **knobs),
        deliver=ear,
        sleep=clock.forward,
    )
    return Street(shop, clock, ear)


class Client:
    """A client of the shop over real HTTP; one connection, no retries."""

    def __init__(self, url: str) -> None:
        self.base = f"{url}/wp-json/wc/v3"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (KEY, SECRET)

    def __call__(
        self, method: str, path: str, body: Any = None, **params: str | int
    ) -> requests.Response:
        return self.session.request(
            method, f"{self.base}/{path}", json=body, params=params, timeout=WAIT_S
        )


class Door:
    """A site that counts what knocks; for deliveries over real HTTP."""

    name = "door"

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    def handle(self, request: Request) -> Response:
        self.heard.append((dict(request.headers), request.get_data()))
        return Response("", status=self.status)
