"""What we believe a listing shows, and the most units we may still hear of from it.

The rules are those of docs/concepts/belief.md, event by event; each weaker wording of one
oversells, counts twice or never comes to rest, and a test named after it says how. Here is
what the channel does by itself; `flights`, `reads` and `gate` hold what we do.

`exposure` bounds what the channel shows plus what it has sold and we have not booked. It may
go below 0: a sale can be heard before the restock that fed it. Only uses clamp it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Way(StrEnum):
    """How a channel takes a number."""

    COMPARED = "compared"
    """Set only if it still shows what we expect."""
    DELTA = "delta"
    """Changed by a difference; the answer names the number after."""
    ABSOLUTE = "absolute"
    """Set, whatever it showed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flight:
    """One write on its way, or one whose answer never came.

    `allow` is what it may let the channel sell beyond the exposure before it. Of an absolute
    write, `around` are the allowances of the flights alive when it was launched plus the
    restocks booked since: what its answer must leave room for.
    """

    id: int
    way: Way
    expected: int
    number: int
    allow: int
    sent_at: datetime
    waiting: bool = True
    around: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A number of the channel that waits until its orders are known up to the read.

    `number` is None until the channel has answered, at `answered_at`. `believed` and `allow`
    (of the flights not dead) are from the moment the read began; `sold` and `back` were booked
    since. The answer of an absolute write counts as a reading that is not `real`.
    """

    began_at: datetime
    believed: int
    allow: int
    number: int | None = None
    answered_at: datetime | None = None
    sold: int = 0
    back: int = 0
    real: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A number that no order explains, until a second look at `again_at` or later.

    `seen_at` is when the last read of it began, `looks` counts the settled reads that were
    suspect in a row. `booked` is the belief's own count of bookings then: one more of them,
    and the two looks begin again. On a listing that never rests `apart` counts the looks that
    were far enough apart, the next of them from `apart_at` on; in the last `alike` of these no
    order explained just the same. `as_pool` if it was the pool's own number at every look.
    """

    residual: int
    number: int
    booked: int
    seen_at: datetime
    again_at: datetime
    apart_at: datetime
    looks: int = 1
    apart: int = 1
    alike: int = 1
    as_pool: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What one listing is believed to show. All quantities are units of the listing.

    `doubt`: a difference may be of our own making, and is never called an edit. `booked`
    counts bookings; `sold_since` are the units sold and booked since shown and believed last
    agreed, `bypassed_since` those of them that may never have moved its number, `wrote_since`
    tells of a write of ours in that time. `drift` are the units by which
    believed was set right in doubt since then: what neither orders nor answered writes explain.
    `stale` counts compares that failed in a row.
    """

    believed: int
    exposure: int
    doubt: bool = False
    flights: tuple[Flight, ...] = ()
    reading: Reading | None = None
    suspicion: Suspicion | None = None
    booked: int = 0
    sold_since: int = 0
    bypassed_since: int = 0
    wrote_since: bool = False
    drift: int = 0
    stale: int = 0

    @property
    def waiting(self) -> bool:
        """Return whether a write is on its way and somebody waits for its answer."""
        return any(flight.waiting for flight in self.flights)

    @property
    def likely(self) -> int:
        """Return what a write will find: the number believed, and what nobody explains yet."""
        return self.believed + (self.suspicion.residual if self.suspicion else 0)

    @property
    def alive(self) -> int:
        """Return what all flights that may still land can add to what is shown now.

        A delta that was sent from below 0 may land on 0 or more, and then counts in full.
        """
        return sum(
            max(flight.allow, flight.number - flight.expected)
            if flight.way is Way.DELTA
            else flight.allow
            for flight in self.flights
        )

    @property
    def at_rest(self) -> bool:
        """Return whether nothing about it is open: no doubt, no flight, no suspicion."""
        return not (self.doubt or self.flights or self.suspicion)


def opened(number: int) -> Belief:
    """Return the belief in a listing whose number and orders were read together."""
    return Belief(believed=number, exposure=number)


def sold(belief: Belief, units: int, *, bypasses: bool = False) -> Belief:
    """Book a sale by which the channel lowered its own number, or perhaps did not."""
    reading = belief.reading
    return replace(
        belief,
        believed=belief.believed - units,
        exposure=belief.exposure - units,
        reading=reading and replace(reading, sold=reading.sold + units),
        booked=belief.booked + 1,
        sold_since=belief.sold_since + units,
        bypassed_since=belief.bypassed_since + (units if bypasses else 0),
    )


def put_back(belief: Belief, units: int) -> Belief:
    """Book units that the channel put back into its own number."""
    return replace(
        _make_room(belief, units),
        believed=belief.believed + units,
        exposure=belief.exposure + units,
        booked=belief.booked + 1,
    )


def passed(belief: Belief, units: int) -> Belief:
    """Note units that may have been sold and put back before we first heard of the order."""
    reading = belief.reading
    if reading is not None:
        belief = replace(belief, reading=replace(reading, sold=reading.sold + units))
    return replace(_make_room(belief, units), booked=belief.booked + 1)


def _make_room(belief: Belief, units: int) -> Belief:
    reading = belief.reading
    return replace(
        belief,
        reading=reading and replace(reading, back=reading.back + units),
        flights=tuple(
            replace(flight, around=flight.around + units) if flight.way is Way.ABSOLUTE else flight
            for flight in belief.flights
        ),
    )


def doubted(belief: Belief) -> Belief:
    """Doubt what is believed: something happened there that nobody told in numbers."""
    return replace(belief, doubt=True)


def needs_check(belief: Belief) -> bool:
    """Return whether a read and a pull are due, apart from the clock.

    An exposure that the number does not use would lock the other channels out for ever, and
    too many stale compares would lock out this one.
    """
    unused = max(belief.exposure, 0) != max(belief.believed, 0) and not belief.flights
    unsure = belief.doubt or belief.suspicion is not None or belief.stale > 0
    return unsure or unused


def converged(belief: Belief, wanted: int) -> bool:
    """Return whether nothing is left to do: wanted, believed and exposure are one number."""
    shown = max(belief.believed, 0)
    return belief.at_rest and shown == wanted and max(belief.exposure, 0) == shown
