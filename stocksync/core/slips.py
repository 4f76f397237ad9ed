"""Slips: what became of an order's units, told under ids of their own (DESIGN 4, versions).

The effect of an order is a function of its newest state and of all slips ever heard, whatever
the order of arrival (docs/guides/channels/shopify.md says where the formula comes from).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from stocksync.core.facts import OrderLine, OrderSnapshot, PutBack, Slip, SlipKind

Slips = Mapping[str, Slip]


def union(kept: Slips, told: Iterable[Slip]) -> Slips:
    """Return the union; of one key the newest version holds, and of two alike the larger."""
    known = dict(kept)
    for slip in told:
        kept_one = known.get(slip.key)
        if kept_one is None or _rank(slip) > _rank(kept_one):
            known[slip.key] = slip
    return known


def with_slips(snapshot: OrderSnapshot, slips: Slips, ended_at: datetime | None) -> OrderSnapshot:
    """Return the order as its lines stand after all slips."""
    if not snapshot.tells_slips:
        return snapshot
    of_line: dict[str, list[Slip]] = {}
    for slip in slips.values():
        if slip.units:
            of_line.setdefault(slip.line, []).append(slip)
    lines = tuple(
        _line(line, of_line.get(line.line, ()), ended_at, snapshot) for line in snapshot.lines
    )
    return replace(snapshot, lines=lines)


def _line(
    line: OrderLine, slips: Sequence[Slip], ended_at: datetime | None, snapshot: OrderSnapshot
) -> OrderLine:
    """Return what one line has taken by now; `line.committed` is all that it ever took.

    A write-off does not say whether its units had left, so what is promised is an upper bound.
    """
    units: Counter[SlipKind] = Counter()
    for slip in slips:
        units[slip.kind] += slip.units
    ever = line.committed
    shipped, cancelled = units[SlipKind.SHIPPED], units[SlipKind.CANCELLED]
    kept = ever - cancelled  # below 0: more was put back than was ever taken
    taken = max(0, kept) - units[SlipKind.RETURNED]
    promised = 0 if ended_at else max(0, min(taken, ever - shipped - cancelled))
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
        back=tuple(
            PutBack(units=slip.units, at=slip.at, location=slip.location)
            for slip in sorted(slips, key=lambda slip: slip.key)
            if slip.kind is SlipKind.RETURNED
        ),
    )


def _rank(slip: Slip) -> tuple[str, int]:
    return slip.version, slip.units
