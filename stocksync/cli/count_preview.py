"""The preview of a count: what would change, and what a person should look at first."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from stocksync.cli import naming
from stocksync.cli.opening import Shop
from stocksync.cli.saying import Column, answer, answer_table, many, talk, visible
from stocksync.config.mistakes import did_you_mean
from stocksync.core import story
from stocksync.core.count_plan import Difference, Line
from stocksync.core.names import Sku
from stocksync.store import history, ledger, lock
from stocksync.store.views import StockLine

_SKUS_WITH_ORDERS = 10
_ORDERS_NAMED = 5
_NEW_COMPARED = 20


def differences(
    tx: Connection, here: Shop, lines: Sequence[Line], stock: Iterable[StockLine]
) -> list[Difference]:
    """Return what each line would change, from stock and ledger as they are in this moment."""
    standing = {(line.sku, line.location): line for line in stock}
    known = {line.sku for line in standing.values()}
    skus = {line.sku for line in lines}
    counts = ledger.counts_of(tx, here.name, skus)
    since = {
        moment: lock.changes_after(tx, here.name, skus, moment)
        for moment in {line.at for line in lines}
    }
    found = []
    for line in lines:
        key = (line.sku, line.location)
        shelf = standing.get(key)
        told = counts.get(key, {}).values()
        on_hand = shelf.on_hand - since[line.at].get(key, 0) if shelf else 0
        found.append(
            Difference(
                sku=line.sku,
                location=line.location,
                at=line.at,
                known=on_hand,
                counted=line.units,
                committed=shelf.committed if shelf else 0,
                is_new=line.sku not in known,
                later=max((c.counted_at for c in told if c.counted_at > line.at), default=None),
            )
        )
    return found


def show(here: Shop, found: Sequence[Difference], known: Sequence[Sku]) -> None:
    """Write the table of what differs, and one line on all of it."""
    new = [d.sku for d in found if d.is_new]
    near = {sku: did_you_mean(sku, known) for sku in new[:_NEW_COMPARED]}
    columns = [
        Column("sku"),
        Column("location"),
        Column("counted at", whole=True),
        *(Column(name, is_number=True) for name in ("known", "counted", "difference", "committed")),
        Column(""),
    ]
    rows = [
        [
            visible(one.sku),
            one.location,
            here.local(one.at),
            here.text(one.known),
            here.text(one.counted),
            f"{'+' if one.units > 0 else ''}{here.text(one.units)}",
            here.text(one.committed),
            _note(here, one, near.get(one.sku, "")),
        ]
        for one in found
        if one.units or one.is_new or one.later
    ]
    if rows:
        answer_table(columns, rows)
    up = sum(max(0, one.units) for one in found)
    down = sum(min(0, one.units) for one in found)
    differ = sum(bool(one.units) for one in found)
    answer(
        f"{many(len(found), 'SKU')} counted: {differ} not as known "
        f"(+{here.text(up)}, {here.text(down)} units)"
    )


def say_promised(tx: Connection, here: Shop, found: Sequence[Difference]) -> None:
    """Ask whether the parcels of open orders still stand on the shelf, as a count takes it."""
    promised = [one for one in found if one.committed and one.later is None]
    if not promised:
        return
    talk("these are promised to open orders, and taken as counted with the rest:")
    for one in promised[:_SKUS_WITH_ORDERS]:
        told = story.tell(history.movements_of(tx, here.name, one.sku), {})
        orders = next((s.committed for s in told if s.location == one.location), {})
        named = [
            f"{naming.paper(paper)} ({here.text(promise.units)}, {here.local(promise.since)})"
            for paper, promise in list(orders.items())[:_ORDERS_NAMED]
        ]
        more = len(orders) - _ORDERS_NAMED
        talk(f"  {visible(one.sku)}: {', '.join(named)}{f' and {more} more' if more > 0 else ''}")
    if len(promised) > _SKUS_WITH_ORDERS:
        talk(f"  and {len(promised) - _SKUS_WITH_ORDERS} SKUs more")
    talk("has one of these parcels left the shelf? mark it as shipped in its shop, then count")


def plain(here: Shop, one: Difference) -> dict[str, Any]:
    """Return a difference for JSON."""
    return {
        "sku": one.sku,
        "location": one.location,
        "counted_at": one.at,
        "known": here.number(one.known),
        "counted": here.number(one.counted),
        "difference": here.number(one.units),
        "committed": here.number(one.committed),
        "new": one.is_new,
        "later_count_at": one.later,
    }


def _note(here: Shop, one: Difference, near: str) -> str:
    if one.later is not None:
        return f"the later count of {here.local(one.later)} stands"
    return f"new{near}" if one.is_new else ""
