"""How a delivery leaves the shop."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import requests
from requests.structures import CaseInsensitiveDict


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
    """Send a delivery as the shop does: a new connection, no redirects, no proxy."""
    began = time.monotonic()
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                post.url,
                data=post.body,
                headers=post.headers,
                timeout=(post.connect_s, post.answer_s),
                allow_redirects=False,
            )
        except requests.RequestException:
            return None
    if time.monotonic() - began > post.answer_s:  # it came drop by drop
        return None
    return answer.status_code
