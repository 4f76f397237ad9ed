"""A market on a clock of its own: real channels, sandbox shops over real HTTP, all in one room.

The clock jumps from one thing that is due to the next, so an hour of trade takes seconds, and
one seed always plays the same hour.
"""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from stocksync.channels.base import Channel, Delivery
from stocksync.channels.errors import Unauthentic
from stocksync.core.names import ChannelName
from stocksync.core.plan import Trade
from stocksync.flow import apply, sweep, turn
from stocksync.flow.outgoing import Outgoing
from stocksync.flow.receive import arrival_of
from stocksync.store import inbox, work
from stocksync.store.session import Database

BEAT = timedelta(seconds=1)
_SWEEP = timedelta(seconds=30)
_ROUNDS = 50
_HOLDER = "market"


class Site(Protocol):
    """A shop or till of the sandbox, which does what is due when it is told to."""

    def run_due(self) -> int:
        """Do what is due by its clock."""
        ...

    def next_due(self) -> datetime | None:
        """Return when the next thing is due."""
        ...


@dataclass(slots=True)
class Clock:
    """A clock that stands until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now


@dataclass(slots=True, kw_only=True)
class Market:
    """One merchant, the shops it sells in, and the moments at which people act."""

    database: Database
    trade: Trade
    channels: Mapping[ChannelName, Channel]
    sites: Sequence[Site]
    clock: Clock
    acts: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _beat_at: datetime | None = None
    _sweep_at: datetime | None = None
    _noted: int = 0
    _heard: bool = True

    def hear(self, channel: ChannelName, body: bytes, headers: Mapping[str, str]) -> int:
        """Take in a webhook as the door does; return what its sender is answered."""
        one = self.channels[channel]
        low = {name.lower(): value for name, value in headers.items()}
        delivery = Delivery(body=body, headers=low, received_at=self.clock())
        try:
            one.verify(delivery)
        except Unauthentic as e:
            return e.status
        self._heard = True
        with self.database.begin() as tx:
            inbox.put(tx, [arrival_of(self.trade.name, channel, x) for x in one.minimise(delivery)])
        return 200

    def at(self, moment: datetime, act: Callable[[], object]) -> None:
        """Have somebody do something at a moment."""
        self._noted += 1
        heapq.heappush(self.acts, (moment, self._noted, act))

    def run_until(self, end: datetime) -> None:
        """Let time pass; everything happens when it is due."""
        while True:
            self._step(min([end, self._next_beat(), *self._due()]))
            self.work()
            if self.clock.now >= end:
                return

    def pass_time(self, seconds: timedelta) -> None:
        """Let people and shops go on while a call of ours is under way."""
        end = self.clock.now + seconds
        while True:
            self._step(min([end, *self._due()]))
            if self.clock.now >= end:
                return

    def _step(self, moment: datetime) -> None:
        self.clock.now = max(self.clock.now, moment)
        while self.acts and self.acts[0][0] <= self.clock.now:
            heapq.heappop(self.acts)[2]()
        for site in self.sites:
            site.run_due()

    def work(self) -> None:
        """Apply what came in, and call every channel that has something to do."""
        due = self._apply()
        if self._beat_at is None or self.clock.now >= self._beat_at:
            due |= self._swept()
        for _ in range(_ROUNDS):
            for name in sorted(due):
                done = self.call(name)
                if not done.more:
                    due.remove(name)
            due |= self._apply()
            if not due:
                break
        with self.database.reading() as tx:
            next_due = work.next_due(tx, self.trade.name, self.clock.now)
        soonest = self.clock.now + BEAT
        self._beat_at = max(soonest, next_due) if next_due and not due else soonest

    def _swept(self) -> set[ChannelName]:
        """Do what the clock does every second, the dearer half of it less often."""
        now = self.clock.now
        if self._sweep_at is None or now >= self._sweep_at:
            self._sweep_at = now + _SWEEP
            sweep.sweep(self.database, self.trade, now)
        able = [name for name, one in self.channels.items() if one.reach is not None]
        with self.database.reading() as tx:
            return work.channels_due(tx, self.trade.name, able, now)

    def call(self, name: ChannelName) -> turn.Turned:
        """Take one turn at a channel."""
        done = turn.turn(self.outgoing(name), _HOLDER) or turn.Turned(new=0, more=False)
        self._heard = self._heard or bool(done.new)
        return done

    def outgoing(self, name: ChannelName) -> Outgoing:
        """Return what is needed to call a channel."""
        one = self.channels[name]
        if one.reach is None:
            raise LookupError(f"channel {name} only listens")
        return Outgoing(
            database=self.database,
            trade=self.trade,
            channel=one,
            reach=one.reach,
            clock=self.clock,
        )

    def _apply(self) -> set[ChannelName]:
        """Book what came in; return the channels that have something to do since."""
        awake: set[ChannelName] = set()
        if not self._heard:
            return awake
        self._heard = False
        apply.drain(
            self.database,
            self.trade,
            self.channels,
            self.clock,
            wake=awake.update,
            lingers_most=0,
        )
        return {name for name in awake if self.channels[name].reach is not None}

    def _next_beat(self) -> datetime:
        return self._beat_at or self.clock.now

    def _due(self) -> list[datetime]:
        dues = [site.next_due() for site in self.sites]
        acts = [self.acts[0][0]] if self.acts else []
        return [due for due in dues if due is not None] + acts
