"""How a delivery leaves the shop."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import requests


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
    """Send a delivery as the shop does: a new connection, no redirects, no proxy."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                post.url,
                data=post.body,
                headers=dict(post.headers),
                timeout=post.timeout_s,
                allow_redirects=False,
            )
        except requests.RequestException:
            return None
        return answer.status_code
