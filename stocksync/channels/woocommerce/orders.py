"""What an order has taken from the shop's stock: its lines say so themselves.

`_reduced_stock` is what a line has taken and not given back, whatever the status says:
a failed, refunded or trashed order keeps its units in the shop, and so it does here.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from stocksync.channels.webhooks import NotUnderstood
from stocksync.channels.woocommerce.bodies import PUT_BACK, TAKEN
from stocksync.core.facts import AskAgain, Flag, Ignored, OrderLine, OrderSnapshot
from stocksync.core.names import LineId, ListingId, PaperKey

TAKES = frozenset({"processing", "on-hold", "completed"})
"""The statuses by which a shop takes the units of an order."""
LEFT = frozenset({"completed", "refunded"})
"""The statuses whose units are off the shelf, unless the shop put them back."""
UNPAID = frozenset({"pending", "checkout-draft"})
CHECKOUTS = frozenset({"checkout", "store-api"})
"""How orders are made when a shopper stands at the payment step, and no program."""
DRAFT_HOLD = timedelta(minutes=10)
"""How long a shop before 9.2 keeps the units of an opened checkout; later ones not at all."""


class _Unsaid(Exception):
    """What this line took cannot be told; the others can."""


def snapshot(order: Mapping[str, Any], decimals: int, unpaid: timedelta) -> OrderSnapshot:
    """Return the order as a state, unpaid checkouts kept for `unpaid`; or raise `NotUnderstood`."""
    needed = ("id", "status", "date_created_gmt", "date_modified_gmt")
    absent = [key for key in needed if not order[key]]
    if absent:
        raise NotUnderstood(
            "order-incomplete", f"order {order['id']}: no {' and no '.join(absent)} of the shop's"
        )
    _refuse_odd_lines(order)

    status = order["status"]
    silent = not any(_tells(line) for line in order["line_items"])
    kept_for = _kept_for(order, unpaid) if silent else timedelta(0)
    lines = tuple(
        _line(line, order, decimals, computed=silent and status in TAKES, soft=bool(kept_for))
        for line in order["line_items"]
    )

    flags = set()
    if any(line.committed or line.gone for line in lines):
        flags |= {Flag.UNTOLD} if silent else set()
        flags |= {Flag(status)} if status in ("failed", "refunded", "trash") else set()
    # The shop keeps units from the payment step on, which is the last thing that touched an
    # unpaid order; the opening of the checkout may lie hours before it.
    until = _utc(order["date_modified_gmt"]) + kept_for
    return OrderSnapshot(
        order=PaperKey(str(order["id"])),
        version=order["date_modified_gmt"],
        complete=True,
        placed_at=_utc(order["date_created_gmt"]),
        lines=lines,
        soft_until=until if any(line.soft for line in lines) else None,
        changed_at=_utc(order["date_modified_gmt"]),
        flags=frozenset(flags),
    )


def deleted(said: Mapping[str, Any], topic: str) -> AskAgain | Ignored:
    """Say what `{"id": 41}` means. Only the unsigned topic tells of what: it books nothing."""
    what = topic.partition(".")[0]
    if what == "order" and said["id"]:
        return AskAgain(
            order=PaperKey(str(said["id"])),
            why=f"order {said['id']} went to the trash, where the shop keeps its units taken",
            flag=Flag.TRASH,
        )
    if what not in ("", "order"):
        return Ignored(reason=f"{what} {said['id']} was deleted")
    raise NotUnderstood(
        "deleted-unknown", f"{said['id']} was deleted: id and topic do not say what"
    )


def _refuse_odd_lines(order: Mapping[str, Any]) -> None:
    ids = [line and line["id"] for line in order["line_items"]]
    if not all(ids) or len(set(ids)) != len(ids):
        raise NotUnderstood(
            "order-lines", f"order {order['id']}: a line has no id, or the id of another line"
        )


def _tells(line: Mapping[str, Any]) -> bool:
    metas = line["meta_data"]
    return metas is None or any(meta["key"] == TAKEN for meta in metas)


def _kept_for(order: Mapping[str, Any], unpaid: timedelta) -> timedelta:
    if order["status"] not in UNPAID or order["created_via"] not in CHECKOUTS:
        return timedelta(0)
    return min(unpaid, DRAFT_HOLD) if order["status"] == "checkout-draft" else unpaid


def _line(
    line: Mapping[str, Any],
    order: Mapping[str, Any],
    decimals: int,
    *,
    computed: bool,
    soft: bool,
) -> OrderLine:
    entry = line["variation_id"] or line["product_id"]
    listing = ListingId(str(entry)) if entry else None
    named = OrderLine(line=LineId(str(line["id"])), sku=line["sku"], listing=listing)
    named = replace(named, passed=_passed(line, order, decimals))
    try:
        taken = _meta(line, TAKEN, decimals)
        if taken is None and order["status"] in TAKES:
            taken = _untold(line, listing, decimals, computed=computed)
        waits = soft and taken is None and listing is not None
        waiting = _units("quantity", line["quantity"], decimals) if waits else 0
    except _Unsaid as e:
        return replace(named, trouble=f"line {line['id']}: {e}")
    if taken is None:
        return replace(named, soft=max(0, waiting))
    if taken > 0 and order["status"] in LEFT:
        left_at = order["date_completed_gmt"] or order["date_modified_gmt"]
        guessed = not order["date_completed_gmt"]
        return replace(named, gone=taken, gone_at=_utc(left_at), gone_guessed=guessed)
    return replace(named, committed=max(0, taken), beyond=max(0, -taken))


def _passed(line: Mapping[str, Any], order: Mapping[str, Any], decimals: int) -> int:
    """Return what this line may have taken and put back by now, as far as its body shows."""
    try:
        ordered = max(0, _units("quantity", line["quantity"], decimals))
        taken = _meta(line, TAKEN, decimals)
    except _Unsaid:
        return 0
    if taken is not None:
        return max(0, ordered - max(0, taken))
    set_back = order["status"] == "pending" and order["created_via"] not in CHECKOUTS
    return ordered if set_back or order["status"] == "cancelled" else 0


def _untold(
    line: Mapping[str, Any], listing: ListingId | None, decimals: int, *, computed: bool
) -> int:
    """Return what a line without `_reduced_stock` took from the stock it names."""
    if listing is None:
        raise _Unsaid("it names no product of the shop; see the order there")
    if not computed:
        return 0  # the shop cut stock for the other lines, and keeps no number for this one
    back = _meta(line, PUT_BACK, decimals) or 0
    return max(0, _units("quantity", line["quantity"], decimals) - max(0, back))


def _meta(line: Mapping[str, Any], key: str, decimals: int) -> int | None:
    if line["meta_data"] is None:
        raise _Unsaid("its meta_data is not a list")
    said = {one["value"] for one in line["meta_data"] if one["key"] == key}
    if len(said) > 1:
        raise _Unsaid(f"its {key} stands there twice, with two numbers")
    return _units(key, said.pop(), decimals) if said else None


def _units(what: str, value: str | None, decimals: int) -> int:
    if value is None:
        raise _Unsaid(f"its {what} is not a number")
    units = Decimal(value).scaleb(decimals)
    if units != units.to_integral_value():
        raise _Unsaid(f"its {what} is {value}, finer than this merchant counts")
    return int(units)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
