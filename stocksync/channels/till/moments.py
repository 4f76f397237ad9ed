"""The times a till writes: RFC 3339, or a local time where the channel has a zone."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from stocksync.core.facts import EXACT

_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt ]([0-9]{2}):([0-9]{2})"
    r"(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):?([0-9]{2}))?"
)


class NotATime(ValueError):
    """This text names no moment."""


class Naive(ValueError):
    """This text names a local time, and nobody said where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One moment in UTC, and the calendar day it had where the till stands.

    `doubt` is how much later it may really have been: a local time in the hour that
    clocks repeat is taken as the first one.
    """

    at: datetime
    day: date
    doubt: timedelta = EXACT


def read(text: object, zone: ZoneInfo | None) -> Moment:
    """Return the moment that a till's text names, or raise `NotATime` or `Naive`."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise NotATime
    *numbers, fraction, zulu, sign, ahead_h, ahead_m = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    microsecond = int((fraction or "").ljust(6, "0")[:6])
    try:
        # A leap second is a second that no calendar of ours has: the one before it.
        second = 59 if second == 60 else second
        offset = UTC if zulu else _offset(sign, ahead_h, ahead_m)
        told = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=offset)
        if offset is None and zone is not None:
            return _local(told.replace(tzinfo=zone))
        if offset is not None:
            return _placed(told, zone)
    except (ValueError, OverflowError):
        raise NotATime from None
    raise Naive


def _offset(sign: str | None, hours: str, minutes: str) -> timezone | None:
    if sign is None:
        return None
    ahead = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(ahead if sign == "+" else -ahead)


def _placed(told: datetime, zone: ZoneInfo | None) -> Moment:
    at = told.astimezone(UTC)
    return Moment(at=at, day=(at.astimezone(zone) if zone else told).date())


def _local(told: datetime) -> Moment:
    # An hour that clocks skip is read with the offset before the jump, so it lands after it.
    first = told.replace(fold=0).astimezone(UTC)
    second = told.replace(fold=1).astimezone(UTC)
    return Moment(at=first, day=told.date(), doubt=max(EXACT, second - first))
