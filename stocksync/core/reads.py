"""Reads: a number of the channel, settled once its orders are known, and what none explains.

A read alone changes nothing: a channel that shows 0 may have sold two units that nobody told.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from stocksync.core.belief import Belief, Reading, Suspicion

LOOKS = 4
"""So many looks, far apart, end the wait for one that finds a listing at rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settled reading says: the belief after it, and what no order explains.

    `agreed` if shown and believed are surely one number now; then `drift` is by how much it had
    been set right in doubt until that. `residual` is 0 if booked sales and restocks explain the
    number. If not, `belief` has still the old number, and an exposure that holds for the old and
    for the new: room that an edit may have taken is nobody's until whoever judges it calls
    `accept`. `quiet` if nothing was booked while the reading waited.
    """

    belief: Belief
    number: int
    read_at: datetime
    residual: int
    agreed: bool
    drift: int = 0
    quiet: bool = True


def asked(belief: Belief, now: datetime) -> Belief:
    """Begin a read, before the channel is asked: what is booked from here on explains it."""
    reading = Reading(began_at=now, believed=belief.believed, allow=belief.alive)
    return replace(belief, reading=reading)


def answered(belief: Belief, began_at: datetime, number: int, now: datetime) -> Belief:
    """Keep the number of a read, unless a write or a newer read has replaced it meanwhile."""
    reading = belief.reading
    if reading is None or reading.began_at != began_at or not reading.real:
        return belief
    return replace(belief, reading=replace(reading, number=number, answered_at=now))


def unread(belief: Belief) -> Belief:
    """Forget a read that came to nothing."""
    return replace(belief, reading=None)


def can_settle(belief: Belief) -> bool:
    """Return whether a reading waits for nothing but the channel's orders."""
    reading = belief.reading
    return reading is not None and reading.number is not None and not belief.waiting


def settle(belief: Belief) -> Settled:
    """Compare a reading with what is booked, once a pull begun after it is booked as well.

    Sales and restocks booked since the read began explain any number between
    `believed - sold` and `believed + back` of that moment. A suspicion outlasts an explanation
    that is not exact: many sales would explain any edit away.
    """
    reading = belief.reading
    assert reading is not None, "there is a reading to settle"
    assert reading.number is not None, "the channel has answered it"
    assert not belief.waiting, "a number read while a write is in the air says nothing"
    number, most = reading.number, max(reading.number, 0) + reading.back + reading.allow
    least = number - reading.sold if reading.real else belief.exposure
    exposure = min(max(belief.exposure, least), most)
    quiet = not (reading.sold or reading.back)

    if belief.doubt or belief.flights:
        known = quiet and not belief.flights and reading.real
        believed = number if known else number - reading.sold + reading.back
        drift = belief.drift + believed - belief.believed
        after = replace(
            belief,
            believed=believed,
            exposure=exposure,
            stale=0 if reading.real else belief.stale,
            doubt=not known,
            reading=None,
            suspicion=None,
            sold_since=0 if known else belief.sold_since,
            bypassed_since=0 if known else belief.bypassed_since,
            wrote_since=belief.wrote_since and not known,
            drift=0 if known else drift,
        )
        return Settled(
            belief=after,
            number=number,
            read_at=reading.began_at,
            residual=0,
            agreed=known,
            drift=drift if known else 0,
        )

    low, high = reading.believed - reading.sold, reading.believed + reading.back
    if low <= number <= high:
        exact = number == belief.believed  # all that was booked happened before the read
        after = replace(
            belief,
            exposure=exposure,
            reading=None,
            suspicion=None if exact else belief.suspicion,
            sold_since=0 if exact else belief.sold_since,
            bypassed_since=0 if exact else belief.bypassed_since,
            wrote_since=belief.wrote_since and not exact,
            stale=0,
        )
        return Settled(
            belief=after, number=number, read_at=reading.began_at, residual=0, agreed=exact
        )

    residual = number - high if number > high else number - low
    counted = max(0, belief.likely - belief.believed)
    more = min(max(belief.exposure + residual - counted, least), most)
    exposure = more if residual > 0 else exposure - residual
    after = replace(belief, exposure=exposure, reading=None)
    return Settled(
        belief=after,
        number=number,
        read_at=reading.began_at,
        residual=residual,
        agreed=False,
        quiet=quiet,
    )


def suspect(belief: Belief, settled: Settled, again_at: datetime, pool: int) -> Belief:
    """Wait for a second look at a number that nothing explains; one too early waits no longer.

    `pool` is what it would show if all were right.
    """
    first = Suspicion(
        residual=settled.residual,
        number=settled.number,
        booked=belief.booked,
        seen_at=settled.read_at,
        again_at=again_at,
        apart_at=again_at,
        as_pool=settled.number == pool,
    )
    before = belief.suspicion
    if before is None:
        return replace(belief, suspicion=first)
    alike = before.residual == settled.residual
    apart = settled.read_at >= before.apart_at
    once_more = replace(
        first,
        again_at=before.again_at if alike and before.booked == belief.booked else again_at,
        apart_at=again_at if apart else before.apart_at,
        looks=before.looks + 1,
        apart=before.apart + apart,
        alike=before.alike + (apart and settled.quiet) if alike else 1,
        as_pool=first.as_pool and before.as_pool,
    )
    return replace(belief, suspicion=once_more)


def seen_twice(belief: Belief, settled: Settled) -> bool:
    """Return whether a second look shows what the first did, with nothing booked between.

    Where something is booked all the time, several looks must show just the same: many sales
    that nobody told yet would explain one of them away.
    """
    first = belief.suspicion
    if first is None or first.residual != settled.residual:
        return False
    if first.booked == belief.booked:
        return settled.read_at >= first.again_at
    return first.alike + 1 >= LOOKS and settled.quiet and settled.read_at >= first.apart_at


def forget(belief: Belief) -> Belief:
    """Look at a suspect listing anew: what was booked since may be all that nobody explained."""
    return replace(belief, suspicion=None)


def accept(belief: Belief, residual: int) -> Belief:
    """Believe an edit, whoever's stock it becomes; a read under way began with it as well."""
    reading = belief.reading
    return replace(
        belief,
        reading=reading and replace(reading, believed=reading.believed + residual),
        believed=belief.believed + residual,
        exposure=belief.exposure + min(0, residual),
        suspicion=None,
        sold_since=0,
        bypassed_since=0,
        wrote_since=False,
        stale=0,
    )
