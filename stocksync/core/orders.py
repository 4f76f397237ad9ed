"""Orders are states: book the difference between what a line has taken and what is booked.

The movements are those of DESIGN 2. Where the units came from is remembered in the
line's parts, so that giving back reaches the same shelves, the last location first.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from stocksync.core.facts import OrderLine
from stocksync.core.ledger import Ledger
from stocksync.core.lines import BookedLine, Part
from stocksync.core.names import LocationName, Sku
from stocksync.core.plan import Plan
from stocksync.core.stock import Account, Cause, Place, Reason


@dataclass(slots=True)
class _Component:
    """One component of one line while it is being booked."""

    ledger: Ledger
    plan: Plan
    cause: Cause
    sku: Sku
    parts: list[Part]
    placed_at: datetime

    def at(self, location: LocationName) -> Part:
        for part in self.parts:
            if part.location == location:
                return part
        part = Part(sku=self.sku, location=location)
        self.parts.append(part)
        return part

    def total(self, account: str) -> int:
        return sum(getattr(part, account) for part in self.parts)

    def move(
        self,
        units: int,
        source: Place,
        target: Place,
        reason: Reason,
        at: datetime | None = None,
    ) -> None:
        self.ledger.move(self.sku, units, source, target, reason, self.cause, at or self.placed_at)

    def take(self, units: int, where: LocationName | None) -> None:
        """free or soft held -> committed: what the shop kept for this order goes first."""
        for part in self.parts:
            kept = min(part.soft, units) if where in (None, part.location) else 0
            if kept:
                here = part.location
                self.move(
                    kept, Place(Account.HELD, here), Place(Account.COMMITTED, here), Reason.ORDERED
                )
                part.soft -= kept
                part.committed += kept
                units -= kept
        if units == 0:
            return
        split = [(where, units)] if where else self.plan.split(self.ledger, self.sku, units)
        for location, some in split:
            self.move(
                some,
                Place(Account.FREE, location),
                Place(Account.COMMITTED, location),
                Reason.ORDERED,
            )
            self.at(location).committed += some

    def release(self, units: int) -> None:
        """committed -> free, from the last location first."""
        for part in reversed(self.parts):
            some = min(part.committed, units)
            if some:
                here = part.location
                self.move(
                    some,
                    Place(Account.COMMITTED, here),
                    Place(Account.FREE, here),
                    Reason.CANCELLED,
                )
                part.committed -= some
                units -= some

    def ship(self, units: int, at: datetime) -> None:
        """committed -> gone, from the first location first."""
        for part in self.parts:
            some = min(part.committed, units)
            if some:
                self._redate(part, at)
                here = part.location
                self.move(
                    some,
                    Place(Account.COMMITTED, here),
                    Place(Account.GONE, here),
                    Reason.SHIPPED,
                    at,
                )
                part.committed -= some
                part.gone += some
                part.gone_at = at
                units -= some

    def reopen(self, units: int) -> None:
        """gone -> committed: said to have left, and has not."""
        for part in reversed(self.parts):
            some = min(part.gone, units)
            if some:
                here = part.location
                self.move(
                    some,
                    Place(Account.GONE, here),
                    Place(Account.COMMITTED, here),
                    Reason.REOPENED,
                    part.gone_at,
                )
                part.gone -= some
                part.committed += some
                units -= some

    def restock(self, units: int) -> None:
        """gone -> free, dated when they left: in doubt, what raises was before the count.

        Never onto a supplier's shelf: what comes back comes to us.
        """
        for part in reversed(self.parts):
            some = min(part.gone, units)
            if some:
                here = part.location
                home = here if self.plan.is_own(here) else self.plan.location
                self.move(
                    some,
                    Place(Account.GONE, here),
                    Place(Account.FREE, home),
                    Reason.RESTOCKED,
                    part.gone_at,
                )
                part.gone -= some
                units -= some

    def redate(self, at: datetime | None) -> None:
        """Follow the newest word on when units left, so that any count sees the same past."""
        for part in self.parts:
            if part.gone and at is not None:
                self._redate(part, at)

    def _redate(self, part: Part, at: datetime) -> None:
        if part.gone and part.gone_at != at:
            gone, kept = Place(Account.GONE, part.location), Place(Account.COMMITTED, part.location)
            self.move(part.gone, gone, kept, Reason.CORRECTED, part.gone_at)
            self.move(part.gone, kept, gone, Reason.CORRECTED, at)
        part.gone_at = at

    def put_back(self, wanted: int, where: LocationName | None) -> None:
        """adjusted <-> free: what a shop put back over what it ever took."""
        missing = wanted - self.total("beyond")
        if missing > 0:
            home = where or self.plan.location
            self.move(
                missing,
                Place(Account.ADJUSTED, home),
                Place(Account.FREE, home),
                Reason.PUT_BACK_BEYOND,
            )
            self.at(home).beyond += missing
        for part in reversed(self.parts):
            some = min(part.beyond, -missing)
            if some > 0:
                here = part.location
                self.move(
                    some, Place(Account.FREE, here), Place(Account.ADJUSTED, here), Reason.CORRECTED
                )
                part.beyond -= some
                missing += some

    def keep_soft(self, wanted: int, where: LocationName | None) -> None:
        """free <-> held in the shop's name, up to what is there: no checkout makes us short."""
        missing = wanted - self.total("soft")
        if missing > 0:
            split = [(where, missing)] if where else self.plan.split(self.ledger, self.sku, missing)
            for location, some in split:
                there = min(some, max(0, self.ledger.shelf(self.sku, location).free))
                if there:
                    self.move(
                        there,
                        Place(Account.FREE, location),
                        Place(Account.HELD, location),
                        Reason.SOFT_HELD,
                    )
                    self.at(location).soft += there
        for part in reversed(self.parts):
            some = min(part.soft, -missing)
            if some > 0:
                here = part.location
                self.move(
                    some, Place(Account.HELD, here), Place(Account.FREE, here), Reason.SOFT_RELEASED
                )
                part.soft -= some
                missing += some

    def leave_other_places(self, where: LocationName) -> None:
        """Give back what stands elsewhere: the channel says where its units come from."""
        elsewhere = [part for part in self.parts if part.location != where]
        here = [part for part in self.parts if part.location == where]
        self.parts = elsewhere
        self.release(self.total("committed"))
        self.restock(self.total("gone"))
        self.put_back(0, None)
        self.keep_soft(0, None)
        self.parts = [*here, *(part for part in self.parts if not part.empty)]


def book_line(
    ledger: Ledger,
    plan: Plan,
    cause: Cause,
    booked: BookedLine,
    target: OrderLine,
    placed_at: datetime,
    where: LocationName | None,
) -> BookedLine:
    """Move what stands between what is booked of a line and what it has taken by now.

    `booked.sku` and `booked.goods` are set. Return the line as it is booked now.
    """
    parts: list[Part] = []
    for sku, count in booked.goods:
        mine = [replace(part) for part in booked.parts if part.sku == sku]
        component = _Component(ledger, plan, cause, sku, mine, placed_at)
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
    left = gone - component.total("gone")
    if left > 0:
        assert target.gone_at is not None
        component.ship(left, target.gone_at)
    elif left < 0:
        component.reopen(-left)
    component.redate(target.gone_at)
    component.put_back(target.beyond * count, where)
    component.keep_soft(target.soft * count, where)
