"""One order with all of its lists, however long they are.

A page of many orders shows the first lines, refunds and fulfilments of each. Where that is not
all, the order is read alone, line page by line page, and so is each refund or fulfilment that
has more lines than an order shows of it.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stocksync.channels.errors import Transient
from stocksync.channels.shopify.api import Api
from stocksync.channels.shopify.documents import (
    FULFILMENT,
    LIST_MAX,
    ORDER,
    REFUND,
    REFUNDS_CUT,
    Document,
)

PAGES_MAX: Final = 100
_TRIES = 3

log = logging.getLogger(__name__)

Order = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A list of an order whose entries have lines of their own, and how to read those."""

    name: str
    lines: str
    one: str
    document: Document


_PARTS = (
    _Part(name="refunds", lines="refundLineItems", one="refund", document=REFUND),
    _Part(
        name="fulfillments", lines="fulfillmentLineItems", one="fulfillment", document=FULFILMENT
    ),
)


def completed(api: Api, order_: Order) -> Order | None:
    """Return an order of a page with all of its lists; None if it is gone by now."""
    cut = goes_on(order_.get("lineItems"))
    for part in _PARTS:
        entries = order_.get(part.name) or []
        cut = cut or len(entries) >= REFUNDS_CUT
        cut = cut or any(goes_on(one.get(part.lines)) for one in entries)
    return order(api, str(order_.get("id"))) if cut else order_


def order(api: Api, order_id: str) -> Order | None:
    """Return one order as it is at one moment, or None if the shop does not show it."""
    for _ in range(_TRIES):
        first = _page(api, order_id, None)
        if first is None:
            return None
        lines = first["lineItems"]
        for _ in range(PAGES_MAX):
            if not goes_on(lines):
                return _with_parts(api, {**first, "lineItems": lines})
            more = _page(api, order_id, lines["pageInfo"].get("endCursor"))
            if more is None or more.get("updatedAt") != first.get("updatedAt"):
                break  # it changed between two pages
            lines = _joined(lines, more["lineItems"])
    raise Transient("moving-order", f"{api.host}: {order_id} changes while it is read")


def goes_on(connection: Any) -> bool:
    """Return whether a list has more than this page of it."""
    page = connection.get("pageInfo") if isinstance(connection, dict) else None
    return isinstance(page, dict) and page.get("hasNextPage") is True


def _page(api: Api, order_id: str, lines_after: str | None) -> dict[str, Any] | None:
    told = api.run(ORDER, {"id": order_id, "linesAfter": lines_after}).data.get("order")
    if told is None:
        return None
    if not isinstance(told, dict) or not _is_page(told.get("lineItems")):
        raise Transient("odd-answer", f"{api.host} answered {order_id} without its lines")
    return told


def _with_parts(api: Api, whole: dict[str, Any]) -> Order:
    for part in _PARTS:
        entries = whole.get(part.name) or []
        if len(entries) >= LIST_MAX:
            facts = {"host": api.host, "order": whole.get("id"), "list": part.name}
            log.warning("an order has more entries than the shop shows", extra=facts)
        whole[part.name] = [_with_lines(api, part, one) for one in entries]
    return whole


def _with_lines(api: Api, part: _Part, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    lines = entry.get(part.lines)
    for _ in range(PAGES_MAX):
        if not goes_on(lines) or not isinstance(lines, dict):
            return {**entry, part.lines: lines}
        after = lines["pageInfo"].get("endCursor")
        told = api.run(part.document, {"id": entry.get("id"), "after": after}).data.get(part.one)
        more = told.get(part.lines) if isinstance(told, dict) else None
        if not _is_page(more):
            break
        lines = _joined(lines, more)
    raise Transient("odd-answer", f"{api.host} does not show all lines of {entry.get('id')}")


def _joined(lines: Mapping[str, Any], more: Any) -> dict[str, Any]:
    return {"nodes": [*lines["nodes"], *more["nodes"]], "pageInfo": more["pageInfo"]}


def _is_page(connection: Any) -> bool:
    return (
        isinstance(connection, dict)
        and isinstance(connection.get("nodes"), list)
        and isinstance(connection.get("pageInfo"), dict)
    )
