"""Write rule: whether a wanted number may be written now; what lowers it hardly ever waits."""

from stocksync.core import flights, gate, reads, standing
from stocksync.core.belief import Way
from stocksync.core.listing import Listing
from stocksync.flow.outgoing import Outgoing
from stocksync.store.links import Link

_PART = 5
"""In doubt a number is lowered if a fifth of it, or more, is not there any more."""
_SOME = 3
"""So often an unexpected number is read to the end before it is lowered all the same."""


def may_write(one: Outgoing, link: Link, row: Listing, shown: int | None) -> bool:
    """Return whether the write rule lets this number go; `shown` was read just before."""
    wanted, belief, now = row.wanted, row.belief, one.clock()
    if wanted is None or not row.differs or row.parked is not None or belief.waiting:
        return False
    if wanted > max(belief.likely, 0):
        if not standing.wants_push(row, now):
            return False  # a clipped offer is not topped up at each sale
        surely = shown is None or shown == belief.likely
        return surely and gate.may_raise(belief) and one.is_fresh(link, now)
    if not gate.may_lower(belief, one.reach.way, wanted):
        return False
    odd = belief.suspicion
    if odd is not None and wanted >= belief.believed and odd.apart < reads.LOOKS:
        return False  # only what somebody typed stands above it: that is looked at again first
    if belief.stale and odd is None:
        return _may_cut(one, row, wanted, shown)
    emergency = _is_emergency(wanted, belief.likely)
    if shown is None:
        return belief.at_rest or emergency
    if shown == belief.likely and belief.at_rest:
        return True
    # A number we did not expect is read to the end first; only if that keeps happening, because
    # the shop sells all the time, it is lowered all the same.
    return (
        emergency
        and wanted < shown
        and belief.suspicion is None
        and (belief.doubt or row.tries >= _SOME)
    )


def _may_cut(one: Outgoing, row: Listing, wanted: int, shown: int | None) -> bool:
    """Return whether a number is lowered although it was another one than we thought.

    First it is read to the end; in an emergency only read.
    """
    if one.reach.way is not Way.COMPARED and shown is None:
        return _is_emergency(wanted, row.belief.likely)
    found = flights.finds(row.belief) if shown is None else shown
    return wanted < found <= row.belief.likely and _is_emergency(wanted, found)


def _is_emergency(wanted: int, likely: int) -> bool:
    """Return whether so much more is shown than there is that it is lowered even in doubt."""
    return wanted == 0 or (likely - wanted) * _PART >= likely
