"""Decide what a listing should show: stock, a rule and the moment in, an offer out.

    own      = free and this channel's own soft holds, on the own shelves it sells from
    kept     = max(0, max(0, own) - buffer)
    promise  = what suppliers have, x trust x freshness, at least 0
    quantity = floor((kept + promise) x share) -> at most max -> 0 if at or below zero_at
               -> 0 if below min

All SKUs are sets: a bundle is as many as its scarcest component allows, and a SKU by itself is
a set of one. What a set lacks on our own shelves may come from a supplier.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from stocksync.core.names import LocationName, Sku
from stocksync.core.offers import Offer, Status
from stocksync.core.places import (
    TICK,
    Lent,
    Location,
    LocationKind,
    falls_below,
    lent_units,
)
from stocksync.core.plan import Goods
from stocksync.core.rules import Percent, Rule, Source


class Supply(NamedTuple):
    """What one location has of one SKU. `soft_own` is held there for unpaid checkouts of the
    channel that we decide for; a number without `as_of` never grows old.
    """

    free: int = 0
    soft_own: int = 0
    as_of: datetime | None = None


class Coming(NamedTuple):
    """More is on its way: the day it is expected, and from when on that is no longer so."""

    expected_on: date
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """All that an offer rests on but the moment. `places` are in the order they are sold from.

    A SKU that a place has no supply of is not there.
    """

    goods: Goods
    places: Sequence[Location]
    supply: Mapping[tuple[Sku, LocationName], Supply]
    rule: Rule
    coming: Coming | None = None
    preorder: bool = False


class What(StrEnum):
    """What one step of the arithmetic is about."""

    FREE = "free"
    SOFT_OWN = "soft holds"
    """Units that this channel itself keeps for unpaid checkouts."""
    LENT = "lent"
    """What a supplier's number is worth to us now."""
    OWN = "own"
    BUFFER = "buffer"
    PROMISE = "promise"
    SHARE = "share"
    MAX = "max"
    ZERO_AT = "zero_at"
    MIN = "min"


class Step(NamedTuple):
    """One line of the arithmetic. `after` is the number so far; those of one SKU at one place
    have none, they only go into it. `source` says where a rule was written.
    """

    what: What
    units: int
    after: int | None = None
    sku: Sku | None = None
    location: LocationName | None = None
    source: Source | None = None


def decide(basis: Basis, now: datetime) -> Offer:
    """Return what to show now. The same basis and moment give the same offer.

    It never offers more than the shelf and what suppliers let us promise; a larger buffer
    never offers more.
    """
    here = _Here.of(basis, now)
    reckoned = here.reckoned(0)
    said = here.said(reckoned, 0)
    lasts = here.lasts(reckoned, said)
    return Offer(
        quantity=said.quantity,
        status=said.status,
        ships_in=said.ships_in,
        expected_on=said.expected_on,
        until=None if lasts is None else now + lasts * TICK,
        clipped=said.clipped,
    )


def explain(basis: Basis, now: datetime) -> tuple[Step, ...]:
    """Return the arithmetic behind `decide`, line by line; the last `after` is the quantity.

    A rule that nobody wrote has no line unless it changed the number.
    """
    here = _Here.of(basis, now)
    reckoned = here.reckoned(0)
    steps = [step for part in here.parts for step in part.steps()]
    steps.append(Step(What.OWN, reckoned.own, reckoned.shelf))
    before = reckoned.shelf
    for what, after in (
        (What.BUFFER, reckoned.kept),
        (What.PROMISE, reckoned.total),
        (What.SHARE, reckoned.shared),
        (What.MAX, reckoned.capped),
        (What.ZERO_AT, reckoned.opened),
        (What.MIN, reckoned.quantity),
    ):
        source = basis.rule.sources.get(what)
        if source is not None or after != before:
            steps.append(Step(what, after - before, after, source=source))
        before = after
    return tuple(steps)


class _Part(NamedTuple):
    """One component of a set, `each` units of it, and where it is."""

    sku: Sku
    each: int
    shelves: tuple[tuple[LocationName, Supply], ...]
    lent: tuple[Lent, ...]
    own: int

    @classmethod
    def of(cls, basis: Basis, sku: Sku, each: int, now: datetime) -> "_Part":
        shelves, lent = [], []
        for place in basis.places:
            has = basis.supply.get((sku, place.name))
            if has is None:
                continue
            match place.kind:
                case LocationKind.OWN:
                    shelves.append((place.name, has))
                case LocationKind.SUPPLIER:
                    lent.append(Lent.of(place, has.free, has.as_of, now))
        own = sum(has.free + has.soft_own for _, has in shelves)
        return cls(sku, each, tuple(shelves), tuple(lent), own)

    @property
    def shelf(self) -> int:
        return max(0, self.own)

    def missing(self, sets: int) -> int:
        """Return how many units our shelves lack for so many sets."""
        return sets * self.each - self.shelf

    def steps(self) -> Iterator[Step]:
        for name, has in self.shelves:
            yield Step(What.FREE, has.free, sku=self.sku, location=name)
            if has.soft_own:
                yield Step(What.SOFT_OWN, has.soft_own, sku=self.sku, location=name)
        for lent in self.lent:
            yield Step(What.LENT, lent.units(0), sku=self.sku, location=lent.place.name)


class _Reckoned(NamedTuple):
    """Every number of the arithmetic. `own` may be below 0, `shelf` is what it is worth."""

    own: int
    shelf: int
    kept: int
    total: int
    shared: int
    capped: int
    opened: int
    quantity: int


class _Said(NamedTuple):
    """What an offer says, apart from how long it holds."""

    quantity: int
    status: Status
    ships_in: tuple[int, int] | None
    expected_on: date | None
    clipped: bool


class _Here(NamedTuple):
    """A basis at one moment. From there on time is counted in ticks."""

    basis: Basis
    now: datetime
    parts: tuple[_Part, ...]

    @classmethod
    def of(cls, basis: Basis, now: datetime) -> "_Here":
        parts = (_Part.of(basis, sku, each, now) for sku, each in basis.goods)
        return cls(basis, now, tuple(parts))

    def reckoned(self, at: int) -> _Reckoned:
        """Do the arithmetic."""
        rule = self.basis.rule
        own = min(part.own // part.each for part in self.parts)
        shelf = max(0, own)
        buffer = rule.buffer.of(shelf) if isinstance(rule.buffer, Percent) else rule.buffer
        kept = max(0, shelf - buffer)
        sets = min((part.shelf + lent_units(part.lent, at)) // part.each for part in self.parts)
        total = kept + sets - shelf
        over, under = rule.share.as_integer_ratio()
        shared = total * over // under
        capped = shared if rule.max is None else min(shared, rule.max)
        opened = 0 if capped <= rule.zero_at else capped
        quantity = 0 if opened < rule.min else opened
        return _Reckoned(own, shelf, kept, total, shared, capped, opened, quantity)

    def said(self, reckoned: _Reckoned, at: int) -> _Said:
        """Return the number with its word for the next unit."""
        coming = self.basis.coming
        status, ships_in, expected_on = Status.OUT, None, None
        if reckoned.quantity > 0 and reckoned.kept > 0:
            status = Status.IN_STOCK
        elif reckoned.quantity > 0:
            status, ships_in = Status.SHIPS_IN, self._slowest(reckoned.shelf, at)
        elif reckoned.total > 0:
            pass  # a rule withholds what is there: to the buyer it is out
        elif coming is not None and self.now + at * TICK < coming.ends_at:
            status, expected_on = Status.ON_ITS_WAY, coming.expected_on
        elif self.basis.preorder:
            status = Status.PREORDER
        # Numbers that a supplier or a rule has a part in say nothing about the shelf.
        clipped = reckoned.total > reckoned.kept or reckoned.quantity != reckoned.kept
        return _Said(reckoned.quantity, status, ships_in, expected_on, clipped)

    def lasts(self, reckoned: _Reckoned, said: _Said) -> int | None:
        """Return after how many ticks something else is said; None if never.

        Time only takes from what suppliers are worth, so each number falls and each supplier
        leaves once: at no other ticks than these can anything change.
        """
        for at in sorted({at for at in self._turns(reckoned, said) if at}):
            if self.said(self.reckoned(at), at) != said:
                return at
        return None

    def _turns(self, reckoned: _Reckoned, said: _Said) -> Iterator[int | None]:
        if self.basis.coming is not None:
            yield max(0, (self.basis.coming.ends_at - self.now) // TICK)
        beyond = reckoned.shelf + 1
        sets = {beyond}
        if said.quantity > 0:
            over, under = self.basis.rule.share.as_integer_ratio()
            least = -(-said.quantity * under // over)
            sets.add(least + reckoned.shelf - reckoned.kept)
        for part in self.parts:
            for count in sets:
                yield falls_below(part.lent, part.missing(count))
            if said.status is Status.SHIPS_IN and len(part.lent) > 1:
                having = [lent for lent in part.lent if lent.over > 0]
                for at, lent in enumerate(having, start=1):
                    yield falls_below([lent], 1)
                    yield falls_below(having[:at], part.missing(beyond))

    def _slowest(self, shelf: int, at: int) -> tuple[int, int] | None:
        """Return how long the first set takes that our shelves cannot fill; None if unknown."""
        waits = [place.ships_in for part in self.parts for place in _asked(part, shelf + 1, at)]
        known = [wait for wait in waits if wait is not None]
        if len(known) < len(waits):
            return None
        return max(least for least, _ in known), max(most for _, most in known)


def _asked(part: _Part, sets: int, at: int) -> Iterator[Location]:
    """Yield the suppliers, in order, that so many sets need for one component."""
    missing = part.missing(sets)
    for lent in part.lent:
        units = lent.units(at)
        if missing > 0 and units > 0:
            yield lent.place
            missing -= units
