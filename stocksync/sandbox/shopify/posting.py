"""How a delivery leaves the shop."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from requests.structures import CaseInsensitiveDict

from stocksync.sandbox import posting


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """One HTTP request that the shop sends, with the names of its headers as they go out."""

    url: str
    headers: CaseInsensitiveDict[str]
    body: bytes
    connect_s: float
    answer_s: float  # the whole answer, counted from the start


# Returns the HTTP status, or None when nothing was heard in time.
Deliver = Callable[[Post], int | None]


def deliver_over_http(post: Post) -> int | None:
    """Send a delivery; an answer that comes drop by drop is none."""
    began = time.monotonic()
    waits = (post.connect_s, post.answer_s)
    status = posting.post(post.url, headers=post.headers, body=post.body, timeout=waits)
    return status if time.monotonic() - began <= post.answer_s else None
