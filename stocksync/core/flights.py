"""Flights: what a write of ours does to a belief, from its claim to whatever becomes of it.

What a write may let the channel sell counts before it is sent, and comes back only when it is
sure that it did not land.
"""

from dataclasses import replace
from datetime import datetime

from stocksync.core.belief import Belief, Flight, Reading, Way


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


def finds(belief: Belief) -> int:
    """Return what a write will find: after a compare that failed, what was read since."""
    reading = belief.reading
    if not belief.stale or reading is None or reading.number is None or not reading.real:
        return belief.likely
    return reading.number - reading.sold + reading.back


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
        # A lowering may rest on a number that no order explains yet; a raise would sell it again.
        expected=min(belief.likely, finds(belief)) if number < belief.likely else belief.likely,
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
        # What compares cannot land over sales, so no rise is our own write.
        wrote_since=belief.wrote_since or way is not Way.COMPARED,
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


def refused(belief: Belief, flight_id: int, *, stale: bool = False, kept: bool = False) -> Belief:
    """Take in that the channel did nothing: it compared, or it said no.

    A prompt answer that another number stands there, and was `kept`, is sure like a read: what
    orders do not explain of it may be an edit. A late answer, to a retry, says nothing of the
    first try: that one may have landed and sold.
    """
    flight, left = _without(belief, flight_id)
    sure = stale and kept and flight.waiting and not left
    return replace(
        belief,
        exposure=belief.exposure - (flight.allow if flight.waiting else 0),
        doubt=belief.doubt or not sure,
        flights=left,
        reading=None,
        stale=belief.stale + 1 if stale else belief.stale,
    )


def unsent(belief: Belief, flight_id: int) -> Belief:
    """Take in that the write surely never left: its room is free again.

    An exposure below 0 stays where the claim has lifted it, until a read. Of a retry it says
    nothing of the first try, so the room is kept until a read too.
    """
    flight, left = _without(belief, flight_id)
    freed = flight.allow if flight.waiting else 0
    return replace(belief, exposure=belief.exposure - freed, flights=left)


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


def _without(belief: Belief, flight_id: int) -> tuple[Flight, tuple[Flight, ...]]:
    flight = next(one for one in belief.flights if one.id == flight_id)
    return flight, tuple(one for one in belief.flights if one.id != flight_id)
