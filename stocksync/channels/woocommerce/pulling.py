"""The orders that changed, page by page, so that none is lost while the shop sells.

A cursor walks by time and never by page number: an order that changes moves to the end of
the list, and everything behind it moves up. Each page begins with the second in which the
one before ended. Only a second with more orders than fit on a page is read by page number:
sorted by id, and again from its start whenever one has left it meanwhile.

The list of orders leaves out the trash, so a deep pull walks two lists. What was changed
behind the walk is later than its end, and the next pull begins before that.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stocksync.channels.errors import Refused, Transient
from stocksync.channels.http import Params
from stocksync.channels.woocommerce.api import PAGE, Api, Said
from stocksync.channels.woocommerce.bodies import ORDER_FIELDS
from stocksync.core.names import PaperKey

FIELDS = ("_fields", ",".join(ORDER_FIELDS))
DEEP_EVERY = timedelta(seconds=55)
QUICK_OVERLAP = timedelta(seconds=15)
SINGLY = 2
"""Up to so many orders are asked for one by one, which finds them in the trash too."""

_OPEN = [
    ("status", "pending,processing,on-hold,failed,checkout-draft"),
    ("orderby", "id"),
    ("order", "desc"),
]
_WALKS_MAX = 4
_SECOND = timedelta(seconds=1)
_INVALID_ID = "woocommerce_rest_shop_order_invalid_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a pull stands. Times are the shop's, in whole seconds.

    It began with what changed at `start`; the list at hand is read from `since` on. `newest`
    is the newest change seen in the main list, also by the pull before. `page` is above 0 only
    within a crowded second, which had `total` orders when its last page, of `size`, was read.
    `deep_at` is when the last deep pull began, by our clock; a `quick` one walks less.
    """

    start: str
    since: str = ""
    newest: str = ""
    deep_at: str = ""
    quick: bool = False
    trash: bool = False
    page: int = 0
    size: int = 0
    total: int | None = None

    def text(self) -> str:
        """Return it as the opaque text that `read` takes."""
        told = {name: value for name, value in asdict(self).items() if value}
        return json.dumps(told, separators=(",", ":"))


def cursor_at(moment: datetime, overlap: timedelta) -> Cursor:
    """Return the start of a pull of what changed after `moment`, and somewhat before."""
    return Cursor(start=_text(moment - overlap))


def read(cursor: str) -> Cursor:
    """Return a cursor from its text, or raise `Refused`."""
    try:
        at = Cursor(**json.loads(cursor))
        for moment in filter(None, (at.start, at.since, at.newest, at.deep_at)):
            _utc(moment)
    except (TypeError, ValueError) as e:
        raise Refused("odd-cursor", "this is no cursor of a WooCommerce shop") from e
    return at


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """One page of orders as the shop wrote them, and where the walk goes on."""

    orders: Sequence[Mapping[str, Any]]
    cursor: Cursor
    complete: bool
    asked_at: datetime | None


def walk(api: Api, at: Cursor, overlap: timedelta, size: int, now: datetime) -> Walked:
    """Read one page of the pull, of at most `size` orders."""
    at = at if at.since else _begun(at, now)
    if not at.page:
        at = replace(at, size=size)
    elif size < at.size:  # its page numbers mean nothing any more
        at = replace(at, page=1, total=None, size=size)
    said = api.rows("orders", _query(at), at.size)
    times = sorted(filter(None, (_changed(order) for order in said.value)))
    if any(time < _moved(at.since, -_SECOND) for time in times):
        raise Transient(
            "stale-list",
            "the shop answered with orders older than those asked for; exempt /wp-json/ from its "
            "page cache",
        )
    if not at.page and not times and said.more(at.size):
        raise Transient("odd-list", "the orders of the shop have no date_modified_gmt")
    if not at.trash and times:
        at = replace(at, newest=max(at.newest, _not_after(times[-1], said)))
    if at.page and at.total is not None and said.total is not None and said.total < at.total:
        # One has left this second, and those behind it moved up past us.
        after, ends = replace(at, page=1, total=None), False
    else:
        after, ends = _after(at, times, said)
    if ends:
        if not at.trash and not at.quick:
            after, ends = replace(at, trash=True, since=at.start, page=0, total=None), False
        else:
            start = max(at.start, _moved(at.newest, -overlap))
            after = Cursor(start=start, newest=at.newest, deep_at=at.deep_at)
    return Walked(orders=said.value, cursor=after, complete=ends, asked_at=said.asked_at)


def _begun(at: Cursor, now: datetime) -> Cursor:
    """Begin a pull: a deep one now and then, between them quick ones.

    A quick one skips the trash, whose orders moved no stock by going there, and goes back
    just far enough for orders that come late into the list.
    """
    newest = at.newest or at.start
    if at.deep_at and now - _utc(at.deep_at) < DEEP_EVERY:
        since = max(at.start, _moved(newest, -QUICK_OVERLAP))
        return replace(at, since=since, newest=newest, quick=True)
    return replace(at, since=at.start, newest=newest, deep_at=_text(now), quick=False)


def _after(at: Cursor, times: Sequence[str], said: Said) -> tuple[Cursor, bool]:
    """Return where this list goes on, and whether it is at its end."""
    if at.page and said.value:
        return replace(at, page=at.page + 1, total=said.total), False
    if at.page:
        return replace(at, since=_moved(at.since, _SECOND), page=0, total=None), False
    if not said.more(at.size):
        return at, True
    if times[-1] > at.since:
        return replace(at, since=times[-1]), False
    return replace(at, page=1), False


def _query(at: Cursor) -> Params:
    # "After" leaves out the second itself.
    window = [("modified_after", _moved(at.since, -_SECOND)), ("dates_are_gmt", "true")]
    if at.page:
        window += [
            ("modified_before", _moved(at.since, _SECOND)),
            ("orderby", "id"),
            ("page", str(at.page)),
        ]
    else:
        window += [("orderby", "modified")]
    trash = [("status", "trash")] if at.trash else []
    return [*window, ("order", "asc"), *trash, FIELDS]


def _not_after(time: str, said: Said) -> str:
    """Return the time, but not one in the shop's future: it would hide all until then."""
    return min(time, _text(said.asked_at)) if said.asked_at else time


def _changed(order: Mapping[str, Any]) -> str | None:
    time = order.get("date_modified_gmt")
    try:
        return _text(_utc(time)) if isinstance(time, str) else None
    except ValueError:
        return None


def fetch(
    api: Api, orders: Sequence[PaperKey]
) -> tuple[Sequence[Mapping[str, Any]], Sequence[PaperKey]]:
    """Return these orders as they are now, and those that are gone for good."""
    wanted = sorted({key for key in orders if key.isascii() and key.isdecimal()}, key=int)
    found: dict[PaperKey, Mapping[str, Any]] = {}
    if len(wanted) > SINGLY:
        for at in range(0, len(wanted), PAGE):
            _find(api, wanted[at : at + PAGE], found)
    gone = []
    for key in wanted:
        if key in found:
            continue
        try:
            found[key] = api.row(f"orders/{key}", [FIELDS])
        except Refused as e:
            if e.code != _INVALID_ID:
                raise
            gone.append(key)
    return list(found.values()), gone


def open_orders(api: Api) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Yield the orders that have not ended, newest first.

    One that ends meanwhile moves those behind it up past us, so the list is walked again
    until a walk shows nothing that is new.
    """
    seen: set[object] = set()
    for _ in range(_WALKS_MAX):
        before, page = len(seen), 1
        while True:
            said = api.rows("orders", [*_OPEN, ("page", str(page)), FIELDS])
            fresh = [order for order in said.value if order.get("id") not in seen]
            seen |= {order.get("id") for order in fresh}
            if fresh:
                yield fresh
            if not said.more(PAGE, page):
                break
            page += 1
        if len(seen) == before or page == 1:
            return


def _find(api: Api, wanted: Sequence[PaperKey], found: dict[PaperKey, Mapping[str, Any]]) -> None:
    for status in ([], [("status", "trash")]):
        absent = [key for key in wanted if key not in found]
        if absent:
            said = api.rows("orders", [("include", ",".join(absent)), *status, FIELDS])
            found |= {PaperKey(str(order.get("id"))): order for order in said.value}


def _moved(text: str, by: timedelta) -> str:
    return _text(_utc(text) + by)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
