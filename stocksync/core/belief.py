"""What we believe a listing shows, and the most units we may still hear of from it.

The rules are those of docs/concepts/belief.md, event by event; each weaker wording of one
oversells, counts twice or never comes to rest, and a test named after it says how.

`exposure` bounds what the channel shows plus what it has sold and we have not booked. It may
go below 0: a sale can be heard before the restock that fed it. Only uses clamp it.
"""

from collections.abc import Iterable
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
    and the looks begin again.
    """

    residual: int
    number: int
    booked: int
    seen_at: datetime
    again_at: datetime
    looks: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """What one listing is believed to show. All quantities are units of the listing.

    `doubt`: a difference may be of our own making, and is never called an edit. `booked`
    counts bookings; `sold_since` are the units sold and booked since shown and believed last
    agreed, `wrote_since` tells of a write of ours in that time. `drift` are the units by which
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


def sold(belief: Belief, units: int) -> Belief:
    """Book a sale by which the channel lowered its own number."""
    reading = belief.reading
    return replace(
        belief,
        believed=belief.believed - units,
        exposure=belief.exposure - units,
        reading=reading and replace(reading, sold=reading.sold + units),
        booked=belief.booked + 1,
        sold_since=belief.sold_since + units,
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


def allowance(belief: Belief, way: Way, number: int) -> int:
    """Return by how much a write raises the most that may be sold unheard.

    A number below 0 sells nothing, so a raise from -2 to 1 grants one unit. An absolute
    write grants again whatever was sold unseen before it lands: all of it.
    """
    match way:
        case Way.ABSOLUTE:
            return max(0, number)
        case Way.COMPARED | Way.DELTA:
            return max(0, number - max(0, belief.likely))


def claim(belief: Belief, flight_id: int, way: Way, number: int, now: datetime) -> Belief:
    """Put a write on its way: what it may sell counts before anything is sent.

    A raise counts on top of 0, never on top of a debt, as in the gate: a unit that paid for
    one would be granted to another channel again. A reading that waited is thrown away,
    because the write may change what it read.
    """
    assert not belief.waiting, "one write of a listing waits for its answer at a time"
    assert way is not Way.DELTA or not (belief.doubt or belief.flights), "two deltas would add up"
    floor = belief.alive if number > belief.likely else belief.exposure
    flight = Flight(
        id=flight_id,
        way=way,
        expected=belief.likely,
        number=number,
        allow=allowance(belief, way, number),
        sent_at=now,
        around=belief.alive,
    )
    return replace(
        belief,
        exposure=max(belief.exposure, floor) + flight.allow,
        flights=(*belief.flights, flight),
        reading=None,
        wrote_since=True,
    )


def confirmed(belief: Belief, flight_id: int, now: datetime, after: int | None = None) -> Belief:
    """Take in that the channel did it; `after` is the number a delta's answer named.

    A sale may have been booked since the launch, so believed moves by what was written. An
    absolute answer is one more reading: its sales and restocks are not known yet. A late answer,
    to a retry, only ends the flight: a reading since then may have counted its write already.
    """
    flight, left = _without(belief, flight_id)
    if not flight.waiting:
        return replace(belief, doubt=True, flights=left, reading=None)
    change = flight.number - flight.expected
    match flight.way:
        case Way.COMPARED:
            return replace(
                belief,
                believed=belief.believed + change,
                exposure=belief.exposure - max(0, -change),
                flights=left,
                reading=None,
                stale=0,
            )
        case Way.DELTA:
            assert after is not None, "the answer of a delta names the number after it"
            really = max(0, after) - max(0, after - change)
            return replace(
                belief,
                believed=belief.believed + change,
                exposure=belief.exposure + min(0, really - flight.allow),
                flights=left,
                reading=None,
                stale=0,
            )
        case Way.ABSOLUTE:
            reading = Reading(
                began_at=now,
                believed=belief.believed,
                allow=flight.around,
                number=flight.number,
                answered_at=now,
                real=False,
            )
            return replace(
                belief,
                believed=flight.number,
                doubt=True,
                flights=left,
                reading=reading,
                drift=belief.drift + flight.number - (belief.believed + change),
                stale=0,
            )


def refused(belief: Belief, flight_id: int, *, stale: bool = False) -> Belief:
    """Take in that the channel did nothing: it compared, or it said no."""
    flight, left = _without(belief, flight_id)
    return replace(
        belief,
        exposure=belief.exposure - flight.allow,
        doubt=True,
        flights=left,
        reading=None,
        stale=belief.stale + 1 if stale else belief.stale,
    )


def unsent(belief: Belief, flight_id: int) -> Belief:
    """Take in that the write surely never left: as if it had not been claimed."""
    flight, left = _without(belief, flight_id)
    return replace(belief, exposure=belief.exposure - flight.allow, flights=left)


def unanswered(belief: Belief, flight_id: int) -> Belief:
    """Take in that no clear answer came: it may have landed, or land later."""
    flights = tuple(
        replace(flight, waiting=False) if flight.id == flight_id else flight
        for flight in belief.flights
    )
    return replace(belief, flights=flights, doubt=True)


def died(belief: Belief, flight_id: int) -> Belief:
    """Take in that a flight is past the longest life of a request: it cannot land any more.

    Its allowance stays in the exposure until a read that begins after this settles it.
    """
    _, left = _without(belief, flight_id)
    return replace(belief, flights=left, doubt=True, reading=None)


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


def doubted(belief: Belief) -> Belief:
    """Doubt what is believed: something happened there that nobody told in numbers."""
    return replace(belief, doubt=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a settled reading says: the belief after it, and what no order explains.

    `agreed` if shown and believed are surely one number now; then `drift` is by how much it had
    been set right in doubt until that. `residual` is 0 if booked sales
    and restocks explain the number. If not, `belief` has still the old number, and an exposure
    that holds for the old and for the new: room that an edit may have taken is nobody's until
    whoever judges it calls `accept`.
    """

    belief: Belief
    number: int
    read_at: datetime
    residual: int
    agreed: bool
    drift: int = 0


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
            doubt=not known,
            reading=None,
            suspicion=None,
            sold_since=0 if known else belief.sold_since,
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
        belief=after, number=number, read_at=reading.began_at, residual=residual, agreed=False
    )


def suspect(belief: Belief, settled: Settled, again_at: datetime) -> Belief:
    """Wait for a second look at a number that nothing explains; one too early waits no longer."""
    before = belief.suspicion
    same = before and (before.residual, before.booked) == (settled.residual, belief.booked)
    return replace(
        belief,
        suspicion=Suspicion(
            residual=settled.residual,
            number=settled.number,
            booked=belief.booked,
            seen_at=settled.read_at,
            again_at=before.again_at if before and same else again_at,
            looks=before.looks + 1 if before else 1,
        ),
    )


def accept(belief: Belief, residual: int) -> Belief:
    """Believe an edit, whoever's stock it becomes."""
    return replace(
        belief,
        believed=belief.believed + residual,
        exposure=belief.exposure + min(0, residual),
        suspicion=None,
        sold_since=0,
        wrote_since=False,
    )


def seen_twice(belief: Belief, settled: Settled, began_at: datetime) -> bool:
    """Return whether a second look shows what the first did, with nothing booked between."""
    first = belief.suspicion
    return (
        first is not None
        and began_at >= first.again_at
        and first.residual == settled.residual
        and first.booked == belief.booked
    )


def passes(exposures: Iterable[int], allow: int, reserve: int, sellable: int) -> bool:
    """Return whether the gate lets a write go: nothing can be sold twice, however late we are.

    What allows nothing new is never refused.
    """
    return allow == 0 or sum(max(0, one) for one in exposures) + allow + reserve <= sellable


def worst_case(exposures: Iterable[int], sellable: int) -> int:
    """Return how many units could be oversold if every channel sold out unheard."""
    return max(0, sum(max(0, one) for one in exposures) - sellable)


def may_raise(belief: Belief) -> bool:
    """Return whether a raise is allowed: only onto a number that we are sure of."""
    return belief.at_rest and belief.stale < STALE_MAX


STALE_MAX = 3
"""After so many stale compares in a row only lowering is tried, until a settled read agrees."""


def may_lower(belief: Belief, way: Way, number: int) -> bool:
    """Return whether a lowering is allowed now.

    Of a suspect listing only to 0, or below the number read by more than what nobody
    explains, or after two settled looks.
    """
    if belief.waiting or (way is Way.DELTA and (belief.doubt or belief.flights)):
        return False
    odd = belief.suspicion
    if odd is None:
        return True
    if number >= belief.likely:
        return False
    return number == 0 or odd.looks >= 2 or number < odd.number - abs(odd.residual)


def needs_check(belief: Belief) -> bool:
    """Return whether a read and a pull are due, apart from the clock.

    An exposure that the number does not use would lock the other channels out for ever, and
    too many stale compares would lock out this one.
    """
    unused = max(belief.exposure, 0) != max(belief.believed, 0) and not belief.flights
    unsure = belief.doubt or belief.suspicion is not None or belief.stale >= STALE_MAX
    return unsure or unused


def converged(belief: Belief, wanted: int) -> bool:
    """Return whether nothing is left to do: wanted, believed and exposure are one number."""
    shown = max(belief.believed, 0)
    return belief.at_rest and shown == wanted and max(belief.exposure, 0) == shown


def _without(belief: Belief, flight_id: int) -> tuple[Flight, tuple[Flight, ...]]:
    flight = next(one for one in belief.flights if one.id == flight_id)
    return flight, tuple(one for one in belief.flights if one.id != flight_id)
