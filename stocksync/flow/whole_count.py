"""A count of a whole location: what it does not list counts as zero, within reason.

A file that was cut off, or a till that lists one shelf, must not empty the shop: the
count is parked for a person if it would zero more than a quarter of what stands there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from stocksync.core.facts import Counted, Fact, PaperLine
from stocksync.core.names import LineId, Sku
from stocksync.core.plan import Trade, Unmapped
from stocksync.flow.books import Told
from stocksync.store import goods, papers, views
from stocksync.store.inbox import Ending, State, Stored

ZEROED_PART = 4
"""One in this many of the SKUs of a location may be zeroed without asking."""
_UNLISTED = "unlisted "


def is_told(facts: Sequence[Fact]) -> bool:
    """Return whether one of these facts is a count of a whole location."""
    return any(isinstance(fact, Counted) and fact.whole for fact in facts)


def complete(
    tx: Connection,
    trade: Trade,
    told: list[tuple[Stored, Told]],
    endings: dict[int, Ending],
    now: datetime,
) -> None:
    """Add the unlisted SKUs as zero to each whole count, or park it as quarantined."""
    for place, (row, one) in enumerate(told):
        fact = one.fact
        if not isinstance(fact, Counted) or not fact.whole:
            continue
        location = trade.plans[one.channel].place(fact.location)
        if location is None:
            unknown = (
                f"count {fact.key} is of the whole of {fact.location}, which is unknown; "
                f"map it under channels.{one.channel}.locations"
            )
            endings[row.id] = Ending(
                id=row.id, state=State.PARKED, code="unknown-location", reason=unknown
            )
            continue
        zeros = _known_zeros(tx, trade, one, fact, now)
        if zeros is None:
            there = views.on_hand_at(tx, trade.name, location)
            listed = _listed(tx, trade, one, fact)
            missing = [sku for sku in there if sku not in listed]
            reason = _why_not(fact, missing, there)
            if reason is not None and row.headers.get("x-approved") != "yes":
                endings[row.id] = Ending(
                    id=row.id, state=State.PARKED, code="quarantined", reason=reason
                )
                continue
            zeros = tuple(
                PaperLine(line=LineId(f"{_UNLISTED}{sku}"), sku=sku, units=0) for sku in missing
            )
        told[place] = (row, replace(one, fact=replace(fact, lines=fact.lines + zeros)))


def _known_zeros(
    tx: Connection, trade: Trade, one: Told, fact: Counted, now: datetime
) -> tuple[PaperLine, ...] | None:
    """Return the zeros of a count that is heard again: what it emptied stands there no more."""
    kept = papers.lock(tx, trade.name, [one.paper], now)[one.paper].parts.get("whole")
    if kept is None or kept.revision != fact.revision:
        return None
    zeros = tuple(line for line in kept.lines if line.line.startswith(_UNLISTED))
    own = tuple(line for line in kept.lines if line not in zeros)
    return zeros if own == fact.lines else None


def _listed(tx: Connection, trade: Trade, one: Told, fact: Counted) -> set[Sku]:
    """Return the SKUs that the lines of a count may mean."""
    plan = trade.plans[one.channel]
    texts = {line.sku for line in fact.lines}
    catalogue = goods.catalogue(tx, trade.name, texts, {}, trade.bundles)
    listed: set[Sku] = set()
    for text in texts:
        found = catalogue.find(plan, None, text)
        if not isinstance(found, Unmapped):
            listed.add(found)
        elif plan.fold:
            listed |= set(catalogue.folded.get(text.casefold(), ()))
    return listed


def _why_not(fact: Counted, missing: Sequence[Sku], there: Mapping[Sku, int]) -> str | None:
    emptied = [sku for sku in missing if there[sku]]
    standing = sum(1 for units in there.values() if units)
    if len(emptied) * ZEROED_PART <= standing:
        return None
    more = "..." if len(emptied) > 3 else ""
    return (
        f"count {fact.key} of the whole location would zero {len(emptied)} of {standing} SKUs "
        f"({', '.join(emptied[:3])}{more}); if it is right: stocksync parked --approve ID"
    )
