"""How a delivery leaves the shop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stocksync.sandbox import posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One HTTP request that the shop sends."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float


# Returns the HTTP status, or None when nothing was heard.
Deliver = Callable[[Post], int | None]


def deliver_over_http(post: Post) -> int | None:
    """Send a delivery; the answer may come drop by drop."""
    return posting.post(post.url, headers=post.headers, body=post.body, timeout=post.timeout_s)
