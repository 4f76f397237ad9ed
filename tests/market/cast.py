"""A small market as a test plays with it: time, people, and what stands there."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, cast

from stocksync import wiring
from stocksync.channels.base import Batch, Channel, Ended, Page
from stocksync.channels.errors import Transient
from stocksync.config import Merchant
from stocksync.core import belief
from stocksync.core.edits import Verdict
from stocksync.core.facts import Adjusted, PaperLine
from stocksync.core.listing import Listing
from stocksync.core.names import ChannelName, LineId, MerchantName, PaperKey, Sku
from stocksync.core.plan import Trade
from stocksync.flow import activate, office
from stocksync.flow.turn import Turned
from stocksync.lab.market import Market
from stocksync.sandbox.till import Till
from stocksync.sandbox.woocommerce import Fate, Shop
from stocksync.store import beliefs, edits, links, views
from stocksync.store.edits import Edit
from stocksync.store.links import Link

NAME = MerchantName("mugs")
WEB, OUTLET, TILL = ChannelName("web"), ChannelName("outlet"), ChannelName("till")
MUG, LAMP = Sku("MUG-RED"), Sku("LAST-LAMP")


class Died(BaseException):
    """A worker's process ended, as if somebody had pulled the plug."""


class Deadly:
    """A channel in whose next write the worker dies, before or after the write has landed."""

    def __init__(self, channel: Channel, *, landed: bool, revive: Callable[[], None]) -> None:
        self._channel = channel
        self._landed = landed
        self._revive = revive

    def push(self, batch: Batch) -> Sequence[Ended]:
        self._revive()
        if self._landed:
            self._channel.push(batch)
        raise Died

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Unlisted:
    """A channel whose list of orders is broken, and nothing else."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def pull(self, cursor: str, now: datetime) -> Page:
        raise Transient("503", "the list of orders is broken")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


@dataclass(slots=True, kw_only=True)
class Street:
    """The market as a test plays with it."""

    market: Market
    shops: Mapping[ChannelName, Shop]
    tills: Mapping[ChannelName, Till]
    configure: Callable[[Mapping[str, Any]], Merchant]
    config: dict[str, Any]
    _after_read: dict[ChannelName, Callable[[], object]] = field(default_factory=dict)
    _during: dict[ChannelName, Callable[[], object]] = field(default_factory=dict)
    _counted: int = 0

    @property
    def now(self) -> datetime:
        return self.market.clock.now

    @property
    def web(self) -> Shop:
        return self.shops[WEB]

    @property
    def outlet(self) -> Shop:
        return self.shops[OUTLET]

    @property
    def till(self) -> Till:
        return self.tills[TILL]

    # Time

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.market.run_until(self.now + timedelta(seconds=seconds))

    def night(self, hours: float) -> None:
        """Let time pass in which nobody of ours is awake."""
        self.market.clock.now += timedelta(hours=hours)

    def later(self, seconds: float, act: Callable[..., object], *args: Any) -> None:
        """Have somebody do something so many seconds from now."""
        self.market.at(self.now + timedelta(seconds=seconds), partial(act, *args))

    def rest(self, most: float = 600) -> float:
        """Let time pass until nothing is left to do; return the seconds it took."""
        began, step = self.now, 1
        while left := self.left():
            assert (self.now - began).total_seconds() <= most, left
            self.run(step)
            step = min(2 * step, 16)
        return (self.now - began).total_seconds()

    def after_read(self, name: ChannelName, act: Callable[[], object]) -> None:
        """Have something happen once, when a shop has answered the next read of its numbers."""
        self._after_read[name] = act

    def during_call(self, name: ChannelName, act: Callable[[], object]) -> None:
        """Have something happen once, while the next call to a shop is under way."""
        self._during[name] = act

    def pause(self, name: ChannelName, seconds: float) -> None:
        """Be the pause in the middle and at the end of each call to a shop."""
        if seconds:
            self.market.pass_time(timedelta(seconds=seconds))
        self._during.pop(name, lambda: None)()
        calls = self.shops[name].log.calls
        last = calls[-1] if calls else None
        if last is not None and (last.method, last.path) == ("GET", "products"):
            self._after_read.pop(name, lambda: None)()

    # People

    def fail_write(self, name: ChannelName, fate: Fate) -> None:
        """Let the next write to a shop have a fate, and not the read before it."""
        self.after_read(name, lambda: self.shops[name].fate(fate))

    def adjust(self, units: int, sku: Sku = MUG) -> None:
        """Book by hand what was found, or lost, and let everybody hear of it."""
        self.adjust_all(units, [sku])

    def adjust_all(self, units: int, skus: Iterable[Sku]) -> None:
        """Book by hand that so many units of each were found, or lost."""
        self._counted += 1
        lines = tuple(PaperLine(line=LineId(sku), sku=sku, units=units) for sku in skus)
        key = PaperKey(f"by hand {self._counted}")
        paper = Adjusted(key=key, occurred_at=self.now, lines=lines)
        office.book(self.market.database, self.market.trade, [paper], self.now)
        for name in (*self.shops, *self.tills):
            self.turn(name)

    def activate(self, **changed: Any) -> Trade:
        """Make another config the active one, as a restart with it does; return the old one."""
        before = self.market.trade
        self.restart(**changed)
        activate.activate(self.market.database, self.market.trade, self.now)
        return before

    def restart(self, **changed: Any) -> None:
        """Start all workers anew; nothing but the database remembers anything."""
        self.config |= changed
        merchant = self.configure(self.config)
        old = self.market
        self.market = Market(
            database=old.database,
            trade=wiring.trade(merchant),
            channels=wiring.channels(merchant),
            sites=old.sites,
            clock=old.clock,
            acts=old.acts,
        )

    def die_in_push(self, name: ChannelName, *, landed: bool) -> None:
        """Let the worker die in its next write to a channel, and only there."""
        alive = self.market.channels

        def revive() -> None:
            self.market.channels = alive

        deadly = Deadly(alive[name], landed=landed, revive=revive)
        self.market.channels = {**alive, name: cast(Channel, deadly)}

    def break_pulls(self, name: ChannelName) -> None:
        """Let every pull of a channel fail, until it is mended."""
        self.between(name, Unlisted)

    def between(self, name: ChannelName, what: Callable[[Channel], object]) -> None:
        """Put something between us and a channel, until it is mended."""
        put = cast(Channel, what(self.market.channels[name]))
        self.market.channels = {**self.market.channels, name: put}

    def mend(self, name: ChannelName) -> None:
        """Have a channel as its config makes it."""
        made = wiring.channels(self.configure(self.config))
        self.market.channels = {**self.market.channels, name: made[name]}

    def turn(self, name: ChannelName) -> Turned:
        """Take one turn at a channel."""
        return self.market.call(name)

    # What stands there

    def pool(self, sku: Sku = MUG) -> int:
        """Return what can be sold."""
        with self.market.database.reading() as tx:
            return sum(line.available for line in views.stock_lines(tx, NAME, sku))

    def shown(self, sku: Sku = MUG) -> dict[ChannelName, int]:
        """Return what every channel really shows."""
        told = {name: shop.stock(sku) or 0 for name, shop in self.shops.items()}
        return told | {name: int(till.shows(sku)) for name, till in self.tills.items()}

    def rows(self) -> list[Listing]:
        """Return all listings as we keep them."""
        with self.market.database.reading() as tx:
            return beliefs.load(tx, NAME)

    def listing(self, name: ChannelName, sku: Sku = MUG) -> Listing:
        """Return what we keep of one listing."""
        (row,) = [row for row in self.rows() if (row.key.channel, row.sku) == (name, sku)]
        return row

    def link(self, name: ChannelName) -> Link:
        """Return how a channel does."""
        with self.market.database.reading() as tx:
            found = links.load(tx, NAME, name)
        assert found is not None
        return found

    def edits(self, sku: Sku = MUG) -> list[Edit]:
        """Return every number that somebody typed, as we judged it."""
        return [one for one in self._found(sku) if one.verdict is not Verdict.DRIFT]

    def drift(self, sku: Sku = MUG) -> list[tuple[ChannelName, int]]:
        """Return what was found in doubt, and never judged: channel and units."""
        found = self._found(sku)
        return [(x.key.channel, x.residual) for x in found if x.verdict is Verdict.DRIFT]

    def _found(self, sku: Sku) -> list[Edit]:
        with self.market.database.reading() as tx:
            return edits.of_sku(tx, NAME, sku)

    def incidents(self) -> list[tuple[str, str]]:
        """Return the open incidents: kind, and channel or location."""
        with self.market.database.reading() as tx:
            return [(row.kind, row.location) for row in views.open_incidents(tx, NAME)]

    def left(self) -> list[str]:
        """Return what is not at rest yet, in words."""
        with self.market.database.reading() as tx:
            waiting = views.waiting(tx, NAME).pending
            asked = [row.key for row in views.questions(tx, NAME)]
        told = [f"{len(self.market.acts)} things will happen"] if self.market.acts else []
        told += [f"{waiting} deliveries wait"] if waiting else []
        told += [f"order {key} is to be read" for key in asked]
        told += [f"{name} has news" for name, shop in self.shops.items() if shop.waiting]
        told += [f"{name} has news" for name, till in self.tills.items() if till.next_due]
        for row in self.rows():
            if not belief.converged(row.belief, row.wanted or 0):
                told.append(f"{row.key.channel} {row.sku} wants {row.wanted}: {row.belief}")
            elif max(0, self.shown(row.sku)[row.key.channel]) != row.wanted:
                told.append(
                    f"{row.key.channel} {row.sku} wants {row.wanted}, {self.shown(row.sku)}"
                )
        return told

    def agreed(self, sku: Sku = MUG) -> set[int]:
        """Come to rest, and return the numbers that the pool and the channels have then."""
        self.rest()
        return {self.pool(sku), *self.shown(sku).values()}

    def writes(self, name: ChannelName, sku: Sku = MUG) -> list[int]:
        """Return the numbers that were written to one listing, in order."""
        if name in self.tills:
            return [int(one.after or 0) for one in self.tills[name].log.writes if one.sku == sku]
        return [one.after or 0 for one in self.shops[name].log.writes if one.sku == sku]

    def calls(self, name: ChannelName) -> list[str]:
        """Return the calls that a channel has had from us, as `GET products`."""
        if name in self.tills:
            return [f"{one.method} {one.path}" for one in self.tills[name].log.calls]
        return [f"{one.method} {one.path}" for one in self.shops[name].log.calls]

    def forget(self) -> None:
        """Empty the logs of all channels, so that a test sees only what comes now."""
        for shop in self.shops.values():
            shop.log.calls.clear()
            shop.log.writes.clear()
        for till in self.tills.values():
            till.log.calls.clear()
            till.log.writes.clear()
