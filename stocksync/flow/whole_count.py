"""A count of a whole location: what it does not list counts as zero, within reason.

A file that was cut off, or a till that lists one shelf, must not empty the shop: the
count is parked for a person if it would zero more than a quarter of what stands there.
"""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from stocksync.core.facts import Counted, PaperLine
from stocksync.core.names import LineId
from stocksync.core.plan import Trade
from stocksync.flow.books import Told
from stocksync.store import views
from stocksync.store.inbox import Ending, State, Stored

ZEROED_PART = 4
"""One in this many of the SKUs of a location may be zeroed without asking."""


def complete(
    tx: Connection,
    trade: Trade,
    told: list[tuple[Stored, Told]],
    endings: dict[int, Ending],
) -> None:
    """Add the unlisted SKUs as zero to each whole count, or park it as quarantined."""
    for place, (row, one) in enumerate(told):
        fact = one.fact
        if not isinstance(fact, Counted) or not fact.whole:
            continue
        location = trade.plans[one.channel].place(fact.location)
        if location is None:
            continue
        there = views.skus_standing_at(tx, trade.name, location)
        listed = {line.sku for line in fact.lines}
        missing = sorted(sku for sku in there if sku not in listed)
        if len(missing) * ZEROED_PART > len(there) and row.headers.get("x-approved") != "yes":
            endings[row.id] = Ending(
                id=row.id, state=State.PARKED, code="quarantined", reason=_why(fact, missing, there)
            )
            continue
        zeros = tuple(
            PaperLine(line=LineId(f"unlisted {sku}"), sku=sku, units=0) for sku in missing
        )
        told[place] = (row, replace(one, fact=replace(fact, lines=fact.lines + zeros)))


def _why(fact: Counted, missing: Sequence[str], there: Sequence[str]) -> str:
    return (
        f"count {fact.key} of the whole location would zero {len(missing)} of {len(there)} SKUs "
        f"({', '.join(missing[:3])}...); if it is right: stocksync parked --approve ID"
    )
