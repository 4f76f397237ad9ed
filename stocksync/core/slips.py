"""Slips: what became of an order's units, told under ids of their own (DESIGN 4, versions).

The effect of an order is a function of its newest state and of all slips ever heard, whatever
the order of arrival (docs/guides/channels/shopify.md says where the formula comes from).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from stocksync.core.facts import (
    OrderLine,
    OrderSnapshot,
    PutBack,
    Removal,
    Sent,
    Slip,
    SlipKind,
    SlipRules,
)

Slips = Mapping[str, Slip]

SETTLES = timedelta(minutes=10)
"""How long after its end an order may still tell what it puts back (shopify.md, E26)."""


def union(kept: Slips, told: Iterable[Slip]) -> Slips:
    """Return the union; of one key the newest version holds, and of two alike the larger."""
    known = dict(kept)
    for slip in told:
        kept_one = known.get(slip.key)
        if kept_one is None or _rank(slip) > _rank(kept_one):
            known[slip.key] = slip
    return known


def with_slips(snapshot: OrderSnapshot, slips: Slips, ended_at: datetime | None) -> OrderSnapshot:
    """Return the order as its lines stand after all slips, once they have settled."""
    rules = snapshot.slip_rules
    if rules is None:
        return snapshot
    of_line: dict[str, list[Slip]] = {}
    for slip in slips.values():
        if slip.units:
            of_line.setdefault(slip.line, []).append(slip)
    lines = tuple(
        _line(line, of_line.get(line.line, ()), ended_at, snapshot, rules)
        for line in snapshot.lines
    )
    return replace(snapshot, lines=lines)


def settled(snapshot: OrderSnapshot, ended_at: datetime | None, now: datetime) -> OrderSnapshot:
    """Return the order with what it lost: nobody is asked, and nothing put back, too early."""
    rules = snapshot.slip_rules
    if rules is None or ended_at is None:
        return snapshot
    if now < ended_at + SETTLES:
        return replace(snapshot, lines=tuple(replace(line, lost=0) for line in snapshot.lines))
    if not rules.restocks_lost:
        return snapshot
    return replace(snapshot, lines=tuple(_put_back(line) for line in snapshot.lines))


def settles_at(
    snapshot: OrderSnapshot, slips: Slips, ended_at: datetime | None, now: datetime
) -> datetime | None:
    """Return when units that an ended order lost are dealt with, if that is still to come."""
    if ended_at is None or now >= ended_at + SETTLES:
        return None
    lost = any(line.lost for line in with_slips(snapshot, slips, ended_at).lines)
    return ended_at + SETTLES if lost else None


def _put_back(line: OrderLine) -> OrderLine:
    """Return a line whose lost units are free again, while its channel's number lacks them."""
    gone = line.gone - line.lost
    gone_at = line.gone_at if gone else None
    return replace(line, gone=gone, gone_at=gone_at, lost=0, ignored=line.ignored + line.lost)


def _line(
    line: OrderLine,
    slips: Sequence[Slip],
    ended_at: datetime | None,
    snapshot: OrderSnapshot,
    rules: SlipRules,
) -> OrderLine:
    """Return what one line has taken by now; `line.committed` is all that it ever took.

    A write-off does not say whether its units had left, so what is promised is an upper bound.
    What the channel dropped and no refund tells of was removed by an edit of the order.
    """
    units: Counter[SlipKind] = Counter()
    for slip in slips:
        units[slip.kind] += slip.units
    ever = line.committed
    shipped, cancelled = units[SlipKind.SHIPPED], units[SlipKind.CANCELLED]
    refunded = cancelled + units[SlipKind.RETURNED] + units[SlipKind.WRITTEN_OFF]
    removed = max(0, line.dropped - refunded)
    kept = ever - cancelled  # below 0: more was put back than was ever taken
    if rules.removal is Removal.RESTOCK:
        kept -= removed
    taken = max(0, kept) - units[SlipKind.RETURNED]
    promised = 0 if ended_at else max(0, min(taken, ever - shipped - cancelled - removed))
    gone = max(0, kept) - promised
    left = [slip.at for slip in slips if slip.kind is SlipKind.SHIPPED]
    if ended_at is not None:
        left.append(ended_at)
    gone_at = max(left, default=snapshot.changed_at or snapshot.placed_at)
    return replace(
        line,
        committed=promised,
        gone=gone,
        gone_at=gone_at if gone else None,
        beyond=line.beyond + max(0, -kept),
        lost=max(0, taken - shipped) if ended_at else 0,
        removed=removed if rules.removal is Removal.VERIFY else 0,
        sent=_sent(slips),
        back=tuple(
            PutBack(units=slip.units, at=slip.at, location=slip.location)
            for slip in sorted(slips, key=lambda slip: slip.key)
            if slip.kind is SlipKind.RETURNED
        ),
    )


def _sent(slips: Iterable[Slip]) -> tuple[Sent, ...]:
    units: Counter[str] = Counter()
    for slip in slips:
        if slip.kind is SlipKind.SHIPPED and slip.location is not None:
            units[slip.location] += slip.units
    return tuple(Sent(units=left, location=place) for place, left in sorted(units.items()) if left)


def _rank(slip: Slip) -> tuple[str, int]:
    return slip.version, slip.units
