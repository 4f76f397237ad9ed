"""Rows of beliefs: a listing and its flights as the tables keep them, and what a row means."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from sqlalchemy import Row

from stocksync.core.belief import Belief, Flight, Reading, Suspicion, Way
from stocksync.core.listing import Listing, ListingKey
from stocksync.core.names import LocationName, MerchantName, Sku
from stocksync.core.offers import Offer, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a new flight carries beside its numbers: it may not leave after its deadline, and
    cannot land any more after `dies_at`.
    """

    batch: str
    deadline: datetime
    dies_at: datetime


def plain(merchant: MerchantName, row: Listing) -> dict[str, Any]:
    """Return the row of a listing, but for its flights."""
    belief = row.belief
    return {
        "merchant": merchant,
        **row.key._asdict(),
        "sku": row.sku,
        "location": row.location,
        "wanted": row.wanted,
        "version": row.version,
        "wanted_at": row.wanted_at,
        "offer": _offer_text(row),
        "until": row.offer.until if row.offer else None,
        "believed": belief.believed,
        "exposure": belief.exposure,
        "doubt": belief.doubt,
        "reading": _text(belief.reading),
        "awaits": belief.reading is not None and belief.reading.real,
        "suspicion": _text(belief.suspicion),
        "booked": belief.booked,
        "sold_since": belief.sold_since,
        "bypassed_since": belief.bypassed_since,
        "wrote_since": belief.wrote_since,
        "drift": belief.drift,
        "stale": belief.stale,
        "hint": row.hint,
        "moved_at": row.moved_at,
        "removed": row.removed,
        "check_at": row.check_at,
        "asked_at": row.asked_at,
        "checks": row.checks,
        "due": row.differs and row.parked is None,
        "push_at": row.push_at,
        "tries": row.tries,
        "parked": row.parked,
        "paused_until": row.paused_until,
        "rewrites": orjson.dumps(row.rewrites).decode(),
        "opened_at": row.opened_at,
        "agreed_at": row.agreed_at,
        "settled_at": row.settled_at,
        "confirmed": row.confirmed,
        "confirmed_at": row.confirmed_at,
    }


def listing(key: ListingKey, row: Row[Any], flying: tuple[Flight, ...]) -> Listing:
    """Return the listing of a row, with the flights that are stored for it."""
    told = orjson.loads(row.offer) if row.offer else None
    return Listing(
        key=key,
        sku=Sku(row.sku),
        belief=Belief(
            believed=row.believed,
            exposure=row.exposure,
            doubt=row.doubt,
            flights=flying,
            reading=reading(row.reading),
            suspicion=_suspicion(row.suspicion),
            booked=row.booked,
            sold_since=row.sold_since,
            bypassed_since=row.bypassed_since,
            wrote_since=row.wrote_since,
            drift=row.drift,
            stale=row.stale,
        ),
        opened_at=row.opened_at,
        agreed_at=row.agreed_at,
        settled_at=row.settled_at,
        location=None if row.location is None else LocationName(row.location),
        offer=_offer(row, told) if told else None,
        pool=told["pool"] if told else 0,
        version=row.version,
        wanted_at=row.wanted_at,
        hint=row.hint,
        moved_at=row.moved_at,
        removed=row.removed,
        check_at=row.check_at,
        asked_at=row.asked_at,
        checks=row.checks,
        push_at=row.push_at,
        tries=row.tries,
        parked=row.parked,
        paused_until=row.paused_until,
        rewrites=tuple(datetime.fromisoformat(at) for at in orjson.loads(row.rewrites)),
        confirmed=row.confirmed,
        confirmed_at=row.confirmed_at,
    )


def plain_flight(
    merchant: MerchantName, key: ListingKey, flight: Flight, launch: Launch
) -> dict[str, Any]:
    """Return the row of a flight that is new."""
    return {
        "merchant": merchant,
        **key._asdict(),
        "id": flight.id,
        "batch": launch.batch,
        "way": flight.way,
        "expected": flight.expected,
        "number": flight.number,
        "allow": flight.allow,
        "around": flight.around,
        "sent_at": flight.sent_at,
        "deadline": launch.deadline,
        "dies_at": launch.dies_at,
        "waiting": flight.waiting,
    }


def flight(row: Row[Any]) -> Flight:
    """Return the flight of a row."""
    return Flight(
        id=row.id,
        way=Way(row.way),
        expected=row.expected,
        number=row.number,
        allow=row.allow,
        sent_at=row.sent_at,
        waiting=row.waiting,
        around=row.around,
    )


def reading(text: str | None) -> Reading | None:
    """Return the reading that a row keeps, if it keeps one."""
    if text is None:
        return None
    told = orjson.loads(text)
    for name in ("began_at", "answered_at"):
        if told[name] is not None:
            told[name] = datetime.fromisoformat(told[name])
    return Reading(**told)


def _suspicion(text: str | None) -> Suspicion | None:
    if text is None:
        return None
    told = orjson.loads(text)
    moments = {
        name: datetime.fromisoformat(told[name]) for name in ("seen_at", "again_at", "apart_at")
    }
    return Suspicion(**{**told, **moments})


def _offer_text(row: Listing) -> str:
    offer = row.offer
    if offer is None:
        return ""
    return orjson.dumps(
        {
            "status": offer.status,
            "ships_in": offer.ships_in,
            "expected_on": offer.expected_on,
            "clipped": offer.clipped,
            "pool": row.pool,
        }
    ).decode()


def _offer(row: Row[Any], told: Mapping[str, Any]) -> Offer:
    expected_on = told["expected_on"]
    return Offer(
        quantity=row.wanted,
        status=Status(told["status"]),
        ships_in=None if told["ships_in"] is None else tuple(told["ships_in"]),
        expected_on=None if expected_on is None else date.fromisoformat(expected_on),
        until=row.until,
        clipped=told["clipped"],
    )


def _text(value: Reading | Suspicion | None) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
