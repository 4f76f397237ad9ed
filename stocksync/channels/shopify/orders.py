"""What an order of Shopify has taken: its newest state, and slips for all that became of it.

A line ever took its `quantity`, less what an order edit removed. Refund lines and fulfilments
are slips with ids of their own: told again with every body, in any order, they count once.
Neither `current_quantity` (a refund lowers it whether or not goods came back) nor
`fulfillable_quantity` (0 while an order is on hold) says what is taken.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from stocksync.channels.shopify import fields
from stocksync.channels.shopify.bodies import RESTOCKS
from stocksync.channels.shopify.gids import gid
from stocksync.channels.webhooks import NotUnderstood
from stocksync.core.facts import (
    AskAgain,
    Ignored,
    OrderLine,
    OrderSlips,
    OrderSnapshot,
    Slip,
    SlipKind,
    SlipRules,
)
from stocksync.core.names import LineId, ListingId, PaperKey

TRIAL = 820982911946154508
"""The order that every test notification of the admin names."""
READ = "read"
"""The version of a refund line whose restocking was read, and is not what its kind says."""

Beside = tuple[OrderSlips | AskAgain | Ignored]
"""What a paper beside the order says: its slips, a question, or nothing of concern."""


_TAKES_STOCK = frozenset({"web", "pos", "shopify_draft_order", "iphone", "android"})
"""Who makes orders that always take their units from the shop's own number: Shopify itself.

An app may leave it as it was: `inventoryBehaviour: BYPASS` (docs/guides/channels/shopify.md).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a merchant wants orders understood; sources in small letters."""

    decimals: int
    rules: SlipRules
    ignored_sources: frozenset[str]

    def units(self, count: int) -> int:
        """Return a count of pieces in the units that the books count."""
        return fields.units(count, self.decimals)


def told(
    order: Mapping[str, Any], policy: Policy, *, ours: bool
) -> tuple[OrderSnapshot | AskAgain | Ignored]:
    """Return the order as a state; what a webhook told badly is read from the shop.

    Raise `NotUnderstood` if that is just what we read (`ours`).
    """
    key = PaperKey(str(order["id"]))
    if order["test"] or order["id"] == TRIAL:
        return (Ignored(reason=f"order {key} is a test"),)
    try:
        return (_snapshot(order, policy),)
    except NotUnderstood as e:
        if ours:
            raise
        return (AskAgain(order=key, why=e.detail),)


def refunded(refund: Mapping[str, Any], policy: Policy) -> Beside:
    """Return what a refund tells by itself; money alone is of no concern."""
    return _beside(refund, lambda: list(_of_refund(refund, policy)), "a refund of money alone")


def shipped(fulfilment: Mapping[str, Any], policy: Policy) -> Beside:
    """Return what a fulfilment tells by itself."""
    return _beside(fulfilment, lambda: list(_of_fulfilment(fulfilment, policy)), "nothing shipped")


def edited(edit: Mapping[str, Any]) -> Beside:
    """Return a question: an edit tells differences, and no state to trust."""
    order = edit["order_id"]
    if order == TRIAL:
        return (Ignored(reason=f"order {order} is a test"),)
    return (AskAgain(order=PaperKey(str(order)), why=f"order {order} was edited"),)


def _beside(paper: Mapping[str, Any], read: Callable[[], list[Slip]], nothing: str) -> Beside:
    """Return the slips of a paper beside its order, whose state is asked for if they fail."""
    order = PaperKey(str(paper["order_id"]))
    if paper["order_id"] == TRIAL:
        return (Ignored(reason=f"order {order} is a test"),)
    try:
        slips = read()
    except NotUnderstood as e:
        return (AskAgain(order=order, why=e.detail),)
    if not slips:
        return (Ignored(reason=f"{nothing}, order {order}"),)
    return (OrderSlips(order=order, slips=_sorted(slips)),)


def _snapshot(order: Mapping[str, Any], policy: Policy) -> OrderSnapshot:
    needed = ("created_at", "updated_at", "line_items", "refunds")
    lacks = [key for key in needed if order[key] is None]
    if lacks:
        raise NotUnderstood(
            "order-incomplete", f"order {order['id']}: no {' and no '.join(lacks)} in its body"
        )
    lines = order["line_items"]
    ids = [line["id"] for line in lines]
    if not all(ids) or len(set(ids)) != len(ids):
        raise NotUnderstood(
            "order-lines", f"order {order['id']}: a line has no id, or the id of another line"
        )
    slips = [
        *(slip for one in order["refunds"] for slip in _of_refund(one, policy)),
        *(slip for one in order["fulfillments"] or () for slip in _of_fulfilment(one, policy)),
    ]
    effectless = {line["id"] for line in lines if _is_no_goods(line)}
    return OrderSnapshot(
        order=PaperKey(str(order["id"])),
        version=order["updated_at"],
        complete=bool(lines),  # removed lines stay: none at all is no word on any
        placed_at=_at(order["created_at"]),
        lines=tuple(
            _line(line, order, policy) for line in sorted(lines, key=lambda line: int(line["id"]))
        ),
        changed_at=_at(order["updated_at"]),
        slips=_sorted(slip for slip in slips if int(slip.line) not in effectless),
        ended_at=None if order["cancelled_at"] is None else _at(order["cancelled_at"]),
        slip_rules=policy.rules,
        ignored=order["source_name"] in policy.ignored_sources,
        bypasses=order["source_name"] not in _TAKES_STOCK,
    )


def _is_no_goods(line: Mapping[str, Any]) -> bool:
    """Return whether it is a gift card that nobody counts: it takes nothing from a shelf."""
    return bool(line["gift_card"] and not line["tracked"])


def _line(line: Mapping[str, Any], order: Mapping[str, Any], policy: Policy) -> OrderLine:
    variant = line["variant_id"]
    taken, dropped, trouble = 0, 0, None
    if line["quantity"] is None:
        trouble = f"line {line['id']}: its quantity is not a whole number"
    elif not _is_no_goods(line):
        taken = line["quantity"]
        if line["current_quantity"] is not None:
            dropped = max(0, taken - line["current_quantity"])
    return OrderLine(
        line=LineId(str(line["id"])),
        sku=line["sku"],
        listing=None if variant is None else ListingId(str(variant)),
        committed=policy.units(taken),
        dropped=policy.units(dropped),
        location=_place(order["location_id"]),
        trouble=trouble,
    )


def _of_refund(refund: Mapping[str, Any], policy: Policy) -> Iterable[Slip]:
    if refund["refund_line_items"] is None or refund["created_at"] is None:
        raise NotUnderstood("refund-incomplete", f"refund {refund['id']}: no lines, or no time")
    for line in refund["refund_line_items"]:
        if None in (line["id"], line["line_item_id"], line["quantity"]):
            raise NotUnderstood(
                "refund-lines",
                f"refund {refund['id']}: a line lacks its id, its order line or units",
            )
        meant = line["restock_type"] in RESTOCKS
        yield Slip(
            key=f"refund:{line['id']}",
            line=LineId(str(line["line_item_id"])),
            kind=_kind(line),
            units=policy.units(line["quantity"]),
            at=_at(refund["created_at"]),
            # What was read outranks what the kind of refund only lets expect.
            version="" if line["restocked"] == meant else READ,
            location=_place(line["location_id"]),
        )


def _kind(line: Mapping[str, Any]) -> SlipKind:
    if not line["restocked"]:
        return SlipKind.WRITTEN_OFF
    return SlipKind.CANCELLED if line["restock_type"] == "cancel" else SlipKind.RETURNED


def _of_fulfilment(fulfilment: Mapping[str, Any], policy: Policy) -> Iterable[Slip]:
    number, lines = fulfilment["id"], fulfilment["line_items"]
    if number is None or lines is None or fulfilment["created_at"] is None:
        raise NotUnderstood("fulfilment-incomplete", f"fulfilment {number}: no lines, or no time")
    left = fulfilment["status"] == "success"
    units = Counter[int]()
    for line in lines:
        if line["id"] is not None and line["quantity"] is not None:
            units[line["id"]] += line["quantity"]
    for line_id, count in units.items():
        yield Slip(
            key=f"shipped:{number}:{line_id}",
            line=LineId(str(line_id)),
            kind=SlipKind.SHIPPED,
            units=policy.units(count) if left else 0,
            at=_at(fulfilment["created_at"]),
            version=fulfilment["updated_at"] or "",
            location=_place(fulfilment["location_id"]),
        )


def _sorted(slips: Iterable[Slip]) -> tuple[Slip, ...]:
    return tuple(sorted(slips, key=lambda slip: slip.key))


def _place(number: int | None) -> str | None:
    """Return a location as the config names it."""
    return None if number is None else gid("Location", number)


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
