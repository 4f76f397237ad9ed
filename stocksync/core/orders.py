"""Orders are states: book the difference between what a line has taken and what is booked.

The movements are those of DESIGN 2. Where the units came from is remembered in the
line's parts, so that giving back reaches the same shelves, the last location first.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from stocksync.core.facts import OrderLine
from stocksync.core.ledger import Ledger
from stocksync.core.lines import BookedLine, Part
from stocksync.core.names import LocationName, Sku
from stocksync.core.plan import Plan
from stocksync.core.stock import Account, Cause, Place, Reason

Way = tuple[Account, Account]


@dataclass(slots=True)
class _Component:
    """One component of one line while it is being booked.

    `sent` are the units that are known to have left which place.
    """

    ledger: Ledger
    plan: Plan
    cause: Cause
    sku: Sku
    parts: list[Part]
    placed_at: datetime
    sent: Mapping[LocationName, int]

    def at(self, location: LocationName) -> Part:
        for part in self.parts:
            if part.location == location:
                return part
        part = Part(sku=self.sku, location=location)
        self.parts.append(part)
        return part

    def total(self, account: str) -> int:
        return sum([getattr(part, account) for part in self.parts])

    def move(
        self,
        units: int,
        source: Place,
        target: Place,
        reason: Reason,
        at: datetime | None = None,
    ) -> None:
        self.ledger.move(self.sku, units, source, target, reason, self.cause, at or self.placed_at)

    def spread(self, parts: Iterable[Part], account: str, units: int) -> Iterator[tuple[Part, int]]:
        """Take units out of an account of these parts, one part after the other."""
        for part in parts:
            some = min(getattr(part, account), units)
            if some > 0:
                setattr(part, account, getattr(part, account) - some)
                units -= some
                yield part, some

    def move_at(
        self, part: Part, units: int, way: Way, reason: Reason, at: datetime | None = None
    ) -> None:
        """Move units between two accounts of one part's location."""
        source, target = (Place(account, part.location) for account in way)
        self.move(units, source, target, reason, at)

    def take(self, units: int, where: LocationName | None) -> None:
        """free or soft held -> committed: first where units were sent from, then as it may be."""
        for location, missing in self._missing():
            some = min(missing, units)
            self._take(some, location)
            units -= some
        self._take(units, where)

    def _missing(self) -> list[tuple[LocationName, int]]:
        """Return where more was sent from than the parts have there, and by how much."""
        if not self.sent:
            return []
        have = {part.location: part.committed + part.gone for part in self.parts}
        lacks = {place: units - have.get(place, 0) for place, units in self.sent.items()}
        return [(place, units) for place, units in sorted(lacks.items()) if units > 0]

    def _take(self, units: int, where: LocationName | None) -> None:
        """free or soft held -> committed: what the shop kept for this order goes first."""
        here = [part for part in self.parts if where in (None, part.location)]
        for part, kept in self.spread(here, "soft", units):
            self.move_at(part, kept, (Account.HELD, Account.COMMITTED), Reason.ORDERED)
            part.committed += kept
            units -= kept
        for location, some in self.split(units, where):
            part = self.at(location)
            self.move_at(part, some, (Account.FREE, Account.COMMITTED), Reason.ORDERED)
            part.committed += some

    def split(self, units: int, where: LocationName | None) -> list[tuple[LocationName, int]]:
        """Return where so many units come from."""
        if units <= 0:
            return []
        if where is not None:
            return [(where, units)]
        return self.plan.split(self.ledger, self.sku, units)

    def release(self, units: int) -> None:
        """committed -> free, from the last location first."""
        for part, some in self.spread(reversed(self.parts), "committed", units):
            self.move_at(part, some, (Account.COMMITTED, Account.FREE), Reason.CANCELLED)

    def follow(self) -> None:
        """Have the units where they were sent from, whatever place they were booked at."""
        for location, missing in self._missing():
            left = missing
            for part in reversed(self.parts):
                some = min(left, self._spare(part))
                self._give_back(part, some, Reason.SENT_ELSEWHERE)
                left -= some
            self._take(missing - left, location)

    def send(self, gone: int, at: datetime | None) -> None:
        """committed <-> gone: what was sent from a known place, the rest from the first on."""
        if not self.sent and gone == self.total("gone"):
            return
        known = {part.location: self.sent.get(part.location, 0) for part in self.parts}
        more = gone - sum(max(part.gone, known[part.location]) for part in self.parts)
        for part in reversed(self.parts):
            some = max(0, min(-more, part.gone - known[part.location]))
            self._reopen(part, some)
            more += some
        for part in self.parts:
            must = max(0, known[part.location] - part.gone)
            some = max(0, min(more, part.committed - must))
            more -= some
            self._ship(part, must + some, at)

    def _spare(self, part: Part) -> int:
        """Return how many units of a part may as well be elsewhere."""
        return max(0, part.committed + part.gone - self.sent.get(part.location, 0))

    def _give_back(self, part: Part, units: int, reason: Reason) -> None:
        """committed, or else gone -> free, where they were booked."""
        self._reopen(part, units - part.committed)
        if units > 0:
            part.committed -= units
            self.move_at(part, units, (Account.COMMITTED, Account.FREE), reason)

    def _ship(self, part: Part, units: int, at: datetime | None) -> None:
        """committed -> gone."""
        if units <= 0:
            return
        assert at is not None, "what is gone has the moment at which it left"
        self._redate(part, at)
        self.move_at(part, units, (Account.COMMITTED, Account.GONE), Reason.SHIPPED, at)
        part.committed -= units
        part.gone += units

    def _reopen(self, part: Part, units: int) -> None:
        """gone -> committed: said to have left, and has not."""
        if units > 0:
            way = Account.GONE, Account.COMMITTED
            self.move_at(part, units, way, Reason.REOPENED, part.gone_at)
            part.gone -= units
            part.committed += units

    def restock(self, units: int) -> None:
        """gone -> free, dated when they left: in doubt, what raises was before the count.

        Never onto a supplier's shelf: what comes back comes to us.
        """
        for part, some in self.spread(reversed(self.parts), "gone", units):
            here = part.location
            home = here if self.plan.is_own(here) else self.plan.location
            source, target = Place(Account.GONE, here), Place(Account.FREE, home)
            self.move(some, source, target, Reason.RESTOCKED, part.gone_at)

    def redate(self, at: datetime | None) -> None:
        """Follow the newest word on when units left, so that any count sees the same past."""
        for part in self.parts:
            if part.gone and at is not None:
                self._redate(part, at)

    def _redate(self, part: Part, at: datetime) -> None:
        if part.gone and part.gone_at != at:
            back, again = (Account.GONE, Account.COMMITTED), (Account.COMMITTED, Account.GONE)
            self.move_at(part, part.gone, back, Reason.CORRECTED, part.gone_at)
            self.move_at(part, part.gone, again, Reason.CORRECTED, at)
        part.gone_at = at

    def put_back(self, wanted: int, where: LocationName | None) -> None:
        """adjusted <-> free: what a shop put back over what it ever took."""
        missing = wanted - self.total("beyond")
        if missing > 0:
            part = self.at(where or self.plan.location)
            way = Account.ADJUSTED, Account.FREE
            self.move_at(part, missing, way, Reason.PUT_BACK_BEYOND)
            part.beyond += missing
        for part, some in self.spread(reversed(self.parts), "beyond", -missing):
            self.move_at(part, some, (Account.FREE, Account.ADJUSTED), Reason.CORRECTED)

    def keep_soft(self, wanted: int, where: LocationName | None) -> None:
        """free <-> held in the shop's name, up to what is there: no checkout makes us short."""
        missing = wanted - self.total("soft")
        for location, some in self.split(missing, where):
            there = min(some, max(0, self.ledger.shelf(self.sku, location).free))
            if there:
                part = self.at(location)
                self.move_at(part, there, (Account.FREE, Account.HELD), Reason.SOFT_HELD)
                part.soft += there
        for part, some in self.spread(reversed(self.parts), "soft", -missing):
            self.move_at(part, some, (Account.HELD, Account.FREE), Reason.SOFT_RELEASED)

    def leave_other_places(self, where: LocationName) -> None:
        """Give back what stands elsewhere: the channel says where its units come from."""
        here = [part for part in self.parts if part.location == where]
        elsewhere = [part for part in self.parts if part.location != where]
        for part in elsewhere:
            self._give_back(part, self._spare(part), Reason.CANCELLED)
        self.parts = elsewhere
        self.put_back(0, None)
        self.keep_soft(0, None)
        self.parts = [*here, *(part for part in elsewhere if not part.empty)]


def book_line(
    ledger: Ledger,
    plan: Plan,
    cause: Cause,
    booked: BookedLine,
    target: OrderLine,
    placed_at: datetime,
    where: LocationName | None,
    sent: Mapping[LocationName, int],
) -> BookedLine:
    """Move what stands between what is booked of a line and what it has taken by now.

    `booked.sku` and `booked.goods` are set; `where` is the place that its units come from, if
    the channel says so, but for those that were `sent` from another. Return the line as it is
    booked now.
    """
    parts: list[Part] = []
    for sku, count in booked.goods:
        mine = [replace(part) for part in booked.parts if part.sku == sku]
        left = {place: units * count for place, units in sent.items()}
        left = _at_most(target.gone * count, left)
        component = _Component(ledger, plan, cause, sku, mine, placed_at, left)
        if where is not None:
            component.leave_other_places(where)
        _book_component(component, target, count, where)
        parts.extend(part for part in component.parts if not part.empty)
    return replace(
        booked,
        committed=target.committed,
        gone=target.gone,
        beyond=target.beyond,
        soft=target.soft,
        parts=tuple(parts),
        parked=None,
    )


def _at_most(units: int, sent: Mapping[LocationName, int]) -> dict[LocationName, int]:
    """Return what was sent from where, cut to so many units in all."""
    if not sent:
        return {}
    left: dict[LocationName, int] = {}
    for place, some in sorted(sent.items()):
        left[place] = min(some, units - sum(left.values()))
    return left


def _book_component(
    component: _Component, target: OrderLine, count: int, where: LocationName | None
) -> None:
    committed, gone = target.committed * count, target.gone * count
    more = committed + gone - component.total("committed") - component.total("gone")
    if more > 0:
        component.take(more, where)
    elif more < 0:
        returned = min(-more, max(0, component.total("gone") - gone))
        component.restock(returned)
        component.release(-more - returned)
    component.follow()
    component.send(gone, target.gone_at)
    component.redate(target.gone_at)
    component.put_back(target.beyond * count, where)
    component.keep_soft(target.soft * count, where)
