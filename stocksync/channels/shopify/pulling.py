"""The orders that changed, page by page, so that none is lost while the shop sells.

The list is sorted by the time of the change, and its cursors are values, not places: an order
that changes meanwhile moves to the end and is met again there. What the shop's search learns
late lies in the past then, so every walk begins some time before the newest change that was
seen: a deep one by the whole overlap, the quick ones between them by a minute. An order whose
lists are longer than a page shows is read anew, alone and whole.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from stocksync.channels.errors import Refused, Transient
from stocksync.channels.shopify import whole
from stocksync.channels.shopify.api import Api, Said
from stocksync.channels.shopify.documents import OLDEST_ORDER, ORDERS
from stocksync.channels.shopify.gids import gid, number
from stocksync.channels.shopify.whole import Order
from stocksync.core.names import PaperKey

HORIZON: Final = timedelta(days=60)
"""Older orders are not shown to an app without the scope read_all_orders."""
DEEP_EVERY: Final = timedelta(minutes=5)
QUICK_OVERLAP: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a pull stands. Times are UTC in whole seconds.

    A deep walk begins at `start`. The walk at hand began at `since` and goes on behind `after`.
    `newest` is the newest change that was seen, `deep_at` when the last deep walk began, by our
    clock; a `quick` one walks less.
    """

    start: str
    newest: str = ""
    deep_at: str = ""
    since: str = ""
    after: str = ""
    quick: bool = False

    def text(self) -> str:
        """Return it as the opaque text that `read` takes."""
        told = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(told, separators=(",", ":"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One page of orders as the shop shows them, each whole, and where the walk goes on."""

    orders: Sequence[Order]
    cursor: Cursor
    complete: bool
    asked_at: datetime | None


def cursor_at(moment: datetime, overlap: timedelta) -> Cursor:
    """Return the start of a pull of what changed after `moment`, and somewhat before."""
    return Cursor(start=_text(moment - overlap))


def read(cursor: str) -> Cursor:
    """Return a cursor from its text, or raise `Refused`."""
    try:
        at = Cursor(**json.loads(cursor))
        for moment in filter(None, (at.start, at.newest, at.deep_at, at.since)):
            _utc(moment)
    except (TypeError, ValueError) as e:
        raise Refused("odd-cursor", "this is no cursor of a Shopify shop") from e
    return at


def walk(api: Api, at: Cursor, overlap: timedelta, now: datetime) -> Walked:
    """Read one page of the pull. Its cursor may be kept once its orders are."""
    at = at if at.since else _begun(at, now)
    said = _page(api, at)
    orders, after = _listed(api, said)
    newest = max([at.newest or at.start, *filter(None, map(_changed, orders))])
    if said.asked_at is not None:
        # One in the shop's future would hide all that changes until then.
        newest = max(at.newest, min(newest, _text(said.asked_at)))
    at = replace(at, newest=newest, after=after or "")
    if after is None:
        start = at.start if at.quick else max(at.start, _text(_utc(newest) - overlap))
        at = Cursor(start=start, newest=newest, deep_at=at.deep_at)
    return Walked(
        orders=[
            one for one in (whole.completed(api, order) for order in orders) if one is not None
        ],
        cursor=at,
        complete=after is None,
        asked_at=said.asked_at,
    )


def fetch(api: Api, orders: Sequence[PaperKey]) -> tuple[Sequence[Order], Sequence[PaperKey]]:
    """Return these orders as they are now, and those that were deleted.

    What is older than the oldest order that the shop shows is neither: it may be there still.
    """
    found, missing = list[Order](), list[PaperKey]()
    for key in dict.fromkeys(orders):
        if not re.fullmatch(r"[1-9][0-9]{0,18}", key):
            continue
        one = whole.order(api, gid("Order", int(key)))
        if one is None:
            missing.append(key)
        else:
            found.append(one)
    oldest = _oldest(api) if missing else None
    return found, [key for key in missing if oldest is not None and int(key) > oldest]


def _oldest(api: Api) -> int | None:
    """Return the number of the oldest order within the shop's horizon; ids grow with time."""
    listed = api.run(OLDEST_ORDER).data.get("orders")
    nodes = listed.get("nodes") if isinstance(listed, dict) else None
    first = nodes[0] if isinstance(nodes, list) and nodes else None
    return number("Order", first.get("id")) if isinstance(first, dict) else None


def open_orders(api: Api, now: datetime) -> Iterator[Sequence[Order]]:
    """Yield the orders of the last 60 days that may still hold units on the shelf."""
    at = Cursor(start="", since=_text(now - HORIZON))
    seen: set[object] = set()
    while True:
        orders, after = _listed(api, _page(api, at))
        fresh = [one for one in orders if one.get("id") not in seen and _is_open(one)]
        seen |= {one.get("id") for one in fresh}
        page = [one for one in (whole.completed(api, order) for order in fresh) if one is not None]
        if page:
            yield page
        if after is None:
            return
        at = replace(at, after=after)


def _begun(at: Cursor, now: datetime) -> Cursor:
    if at.deep_at and timedelta(0) <= now - _utc(at.deep_at) < DEEP_EVERY:
        since = max(at.start, _text(_utc(at.newest or at.start) - QUICK_OVERLAP))
        return replace(at, since=since, quick=True)
    return replace(at, since=at.start, deep_at=_text(now), quick=False)


def _page(api: Api, at: Cursor) -> Said:
    asked = {"q": f"updated_at:>='{at.since}Z'", "after": at.after or None}
    try:
        return api.run(ORDERS, asked)
    except Refused:
        if not at.after:
            raise
        # A cursor that it does not know any more: what it told of is met again.
        return api.run(ORDERS, {**asked, "after": None})


def _listed(api: Api, said: Said) -> tuple[list[Order], str | None]:
    """Return the orders of a page, and the cursor behind it if there is more."""
    listed = said.data.get("orders")
    nodes = listed.get("nodes") if isinstance(listed, dict) else None
    page = listed.get("pageInfo") if isinstance(listed, dict) else None
    if not isinstance(nodes, list) or not isinstance(page, dict):
        raise Transient("odd-answer", f"{api.host} answered without a list of orders")
    more, end = page.get("hasNextPage"), page.get("endCursor")
    if more and not (isinstance(end, str) and end):
        raise Transient("odd-answer", f"{api.host} has more orders and does not say where")
    return [one for one in nodes if isinstance(one, dict)], end if more else None


def _is_open(order: Order) -> bool:
    if order.get("cancelledAt") is not None:
        return False
    lines = order.get("lineItems")
    nodes = lines.get("nodes") if isinstance(lines, dict) else None
    return whole.goes_on(lines) or any(one.get("unfulfilledQuantity") != 0 for one in nodes or ())


def _changed(order: Order) -> str | None:
    told = order.get("updatedAt")
    try:
        return _text(datetime.fromisoformat(told)) if isinstance(told, str) else None
    except ValueError:
        return None


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
