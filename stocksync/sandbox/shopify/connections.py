"""Pages of a list: by cursors that name a place in the order, which things may leave meanwhile."""

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from stocksync.sandbox.shopify.api_errors import ApiError
from stocksync.sandbox.shopify.asking import Asking

PAGE_MAX = 250
Key = tuple[str | int, ...]
Thing = TypeVar("Thing")


def connection(
    asking: Asking,
    things: Iterable[tuple[Key, Thing]],
    view: Callable[[Thing], Mapping[str, Any]],
    *,
    first: int | None = None,
    after: str | None = None,
    reverse: bool = False,
) -> dict[str, Any]:
    """Return one page of things that stand in the order of their keys.

    A bulk operation gets them all; a call has to say how many it wants.
    """
    if first is None and not asking.bulk:
        raise ApiError("BAD_REQUEST", "you must provide one of first or last")
    if first is not None and not 0 <= first <= PAGE_MAX:
        raise ApiError("BAD_REQUEST", f"first must be between 0 and {PAGE_MAX}, and is {first}")
    rows = sorted(things, key=lambda row: row[0], reverse=reverse)
    place = None if after is None else _place(after)
    if place is not None:
        rows = [row for row in rows if (row[0] < place if reverse else row[0] > place)]
    page = rows if first is None else rows[:first]
    edges = [{"cursor": _cursor(key), "node": view(thing)} for key, thing in page]
    return {
        "edges": edges,
        "nodes": [edge["node"] for edge in edges],
        "pageInfo": {
            "hasNextPage": len(rows) > len(page),
            "hasPreviousPage": after is not None,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        },
    }


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _place(cursor: str) -> Key:
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(cursor)))
    except (ValueError, TypeError) as e:
        raise ApiError(
            "BAD_REQUEST", f"Invalid cursor for current pagination sort: {cursor}"
        ) from e
