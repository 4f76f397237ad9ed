"""What a snapshot of an order says: beside an earlier one, at a moment, as a fingerprint."""

from dataclasses import replace
from datetime import datetime
from hashlib import sha256

from stocksync.core.facts import OrderLine, OrderSnapshot


def as_of(line: OrderLine, snapshot: OrderSnapshot, now: datetime) -> OrderLine:
    """Let soft units end by the clock alone."""
    if line.soft and snapshot.soft_until is not None and now >= snapshot.soft_until:
        return replace(line, soft=0)
    return line


def merged(kept: OrderSnapshot | None, newer: OrderSnapshot) -> OrderSnapshot:
    """Return the newest snapshot; one that is not complete keeps the lines it lacks."""
    if kept is None or newer.complete:
        return newer
    mine = {line.line for line in newer.lines}
    rest = tuple(line for line in kept.lines if line.line not in mine)
    return replace(newer, lines=newer.lines + rest, complete=kept.complete)


def fingerprint(snapshot: OrderSnapshot) -> str:
    """Return a hash of what an order says about stock: its lines, soft units, flags and slips.

    Names are left out: a shop forgets them when a product is deleted.
    """
    told = [
        (x.line, x.committed, x.gone, x.beyond, x.soft, x.location, x.gone_at, x.trouble)
        for x in sorted(snapshot.lines, key=lambda x: x.line)
    ]
    whole: tuple[object, ...] = (
        told,
        snapshot.complete,
        snapshot.soft_until,
        sorted(snapshot.flags),
    )
    if snapshot.slip_rules is not None:
        slips = sorted(snapshot.slips, key=lambda slip: slip.key)
        dropped = sorted((x.line, x.dropped) for x in snapshot.lines)
        whole = (*whole, slips, dropped, snapshot.ended_at, snapshot.ignored)
    return sha256(repr(whole).encode()).hexdigest()
