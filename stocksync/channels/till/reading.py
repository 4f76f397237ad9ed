"""Asking a till: what it shows now, and what happened there since."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from stocksync.channels.base import Page
from stocksync.channels.errors import Refused, Transient
from stocksync.channels.till import intake, jsontext, moments, shape
from stocksync.channels.till.caller import Caller, Heard
from stocksync.channels.till.settings import TillSettings
from stocksync.core.texts import clean

PAGES_MAX = 1000
OVERLAP = timedelta(minutes=2)
"""How far a pull goes back behind the newest event that was seen."""
_CLOCK_OFF = timedelta(seconds=5)
"""A till's clock that differs by more is off; less may be the road."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads the levels and the movements of one till."""

    caller: Caller
    settings: TillSettings
    decimals: int

    def levels(self, location: str) -> Iterator[Mapping[str, int]]:
        """Yield what each SKU of a location shows, in units, a page at a time."""
        url, cursor = str(self.settings.levels_url), None
        for _ in range(PAGES_MAX):
            params = [("location", location), *([("cursor", cursor)] if cursor else [])]
            said = _said(self.caller.get(url, params), "levels_url")
            items = said.get("items") if isinstance(said, dict) else None
            if not isinstance(items, list):
                raise Transient("unreadable", "levels_url answered without a list of `items`")
            yield self._shown(items, location)
            following = _cursor(said)
            if following is None:
                return
            if following == cursor:
                break
            cursor = following
        raise _endless("levels_url", cursor)

    def movements(self, cursor: str, now: datetime) -> Page:
        """Return one page of the events that were written down since the cursor."""
        place = _Place.read(cursor)
        params = [("since", place.since), *([("cursor", place.page)] if place.page else [])]
        heard = self.caller.get(str(self.settings.movements_url), params)
        clock = heard.clock(now)
        said = _said(heard, "movements_url")
        events = _events(said)
        following = _cursor(said) if isinstance(said, dict) else None
        if following is not None and following == place.page:
            raise _endless("movements_url", following)
        stated_at = clock if abs(clock - now) > _CLOCK_OFF else None
        taken = (intake.take_pulled(event, self.settings, now, stated_at) for event in events)
        newest = max([place.newest, *(self._written_at(event, clock) for event in events)])
        return Page(
            deliveries=[one for one in taken if one is not None],
            cursor=place.after(newest, following).written(),
            complete=following is None,
            clock=clock,
        )

    def _shown(self, items: Sequence[Any], location: str) -> dict[str, int]:
        shown: dict[str, int] = {}
        doubtful = set()
        for item in items:
            told = item if isinstance(item, dict) else {}
            sku, quantity = told.get("sku"), shape.quantity(told.get("quantity"))
            if not isinstance(sku, str) or told.get("location", location) != location:
                continue
            number = None if quantity is None else quantity.scaleb(self.decimals)
            if number is None or number != int(number) or shown.get(clean(sku), number) != number:
                doubtful.add(clean(sku))
            else:
                shown[clean(sku)] = int(number)
        return {sku: number for sku, number in shown.items() if sku not in doubtful}

    def _written_at(self, event: Any, latest: datetime) -> datetime:
        """Return when an event was written down; never in the future, never unknown."""
        told = event.get("timestamp") if isinstance(event, dict) else None
        try:
            return min(moments.read(told, self.settings.zone).at, latest)
        except (moments.NotATime, moments.Naive):
            return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a pull stands: since when it asks, the newest event it saw, and the next page."""

    since: str
    newest: datetime
    page: str | None = None

    @classmethod
    def read(cls, cursor: str) -> "_Place":
        try:
            told = json.loads(cursor)
            return cls(
                since=told["since"],
                newest=datetime.fromisoformat(told["newest"]),
                page=told.get("page"),
            )
        except (ValueError, KeyError, TypeError) as e:
            raise Refused("odd-cursor", "this is no cursor of a till") from e

    def after(self, newest: datetime, page: str | None) -> "_Place":
        if page is not None:
            return _Place(since=self.since, newest=newest, page=page)
        back = max(newest - OVERLAP, datetime.fromisoformat(self.since))
        return _Place(since=back.isoformat(), newest=newest)

    def written(self) -> str:
        told = {"since": self.since, "newest": self.newest.isoformat()}
        return json.dumps(told if self.page is None else {**told, "page": self.page})


def cursor_at(moment: datetime) -> str:
    """Return the cursor of a pull that begins with what was written down at `moment`."""
    return _Place(since=moment.astimezone(UTC).isoformat(), newest=moment).written()


def _said(heard: Heard, name: str) -> Any:
    answer = heard.answer
    try:
        return jsontext.read(answer.body, answer.headers.get("content-type", ""))
    except jsontext.Malformed as e:
        raise Transient("unreadable", f"{name} answered {answer.status}, and that is {e}") from None


def _cursor(said: Mapping[str, Any]) -> str | None:
    told = said.get("next_cursor")
    return str(told) if isinstance(told, (str, int)) and str(told) else None


def _events(said: Any) -> list[Any]:
    told = said.get("events") if isinstance(said, dict) else said
    if not isinstance(told, list):
        raise Transient("unreadable", "movements_url answered without a list of events")
    return told


def _endless(name: str, cursor: str | None) -> Refused:
    return Refused("endless", f"{name} never ends: after many pages `next_cursor` is {cursor!r}")
