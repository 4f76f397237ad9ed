"""What goes wrong while real sales are played: lost, doubled and late webhooks, a channel away."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, NamedTuple

from stocksync.core.names import ChannelName
from stocksync.lab.street import TILL, Street
from stocksync.sandbox import shopify, woocommerce
from stocksync.sandbox import till as tills
from stocksync.sandbox.till.knobs import Mishap

_LATE_S = 3.0
_MOMENT = r"(?:(\d{4}-\d\d-\d\d)T)?(\d\d:\d\d)"
_DOWN = re.compile(rf"([^:]+):{_MOMENT}-{_MOMENT}")


class Unclear(Exception):
    """A fault is not written as it must be. The message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Down:
    """A channel that is away from one moment of the file to another; without days, every day."""

    channel: ChannelName
    since: time_of_day
    until: time_of_day
    first: date | None = None
    last: date | None = None

    def covers(self, at: datetime) -> bool:
        """Return whether the channel is away at a moment."""
        since = datetime.combine(self.first or at.date(), self.since, at.tzinfo)
        until = datetime.combine(self.last or self.first or at.date(), self.until, at.tzinfo)
        return since <= at < until


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How unkind the street is. `loss` and `duplicates` are shares of all webhooks."""

    loss: float = 0.0
    duplicates: float = 0.0
    reordered: bool = False
    down: Sequence[Down] = ()

    def shop(self) -> woocommerce.Knobs:
        """Return how a WooCommerce-like shop behaves."""
        knobs = woocommerce.Knobs(webhook_loss=self.loss, webhook_doubles=self.duplicates)
        if self.reordered:
            knobs.webhook_delay_s = _LATE_S / 3
            knobs.webhook_spread = woocommerce.Spread.EXPONENTIAL
        return knobs

    def market(self) -> shopify.Knobs:
        """Return how a Shopify-like shop behaves."""
        return shopify.Knobs(
            webhook_loss=self.loss,
            webhook_doubles=self.duplicates,
            webhook_spread_s=_LATE_S if self.reordered else 0.0,
            webhook_shuffle=self.reordered,
        )

    def till(self) -> tills.Knobs:
        """Return how a till behaves."""
        latest = timedelta(seconds=_LATE_S if self.reordered else 0)
        return tills.Knobs(
            webhook_loss=self.loss,
            webhook_copies=self.duplicates,
            webhook_delay=(timedelta(0), latest),
            webhook_shuffle=self.reordered,
        )


class Outages:
    """Takes channels away and brings them back, as the time of the file passes.

    A channel that is away goes on selling: no call of ours is answered, and no webhook of it
    comes through. It stays away for `least_s` by the wall clock, however fast the file is played.
    """

    def __init__(self, street: Street, down: Sequence[Down], least_s: float) -> None:
        self._down = down
        self._least_s = least_s
        self._away: dict[ChannelName, _Away] = {}
        self._knobs: dict[ChannelName, Any] = {
            name: store.shop.knobs for name, store in street.shops.items()
        }
        self._knobs[TILL] = street.till.knobs

    @property
    def away(self) -> set[ChannelName]:
        """Return the channels that are away now."""
        return set(self._away)

    def pass_to(self, at: datetime) -> None:
        """Have those away that are at this moment, and bring back the others."""
        due = {one.channel for one in self._down if one.covers(at)}
        for channel in due - self.away:
            self._take(channel, _broken(channel))
        self._bring_back(self.away - due)

    def pass_out(self) -> None:
        """Bring back all, once the file is over."""
        self._bring_back(self.away)

    def _take(self, channel: ChannelName, broken: Mapping[str, Any]) -> None:
        knobs = self._knobs[channel]
        before = {name: getattr(knobs, name) for name in broken}
        self._away[channel] = _Away(time.monotonic() + self._least_s, before)
        for name, value in broken.items():
            setattr(knobs, name, value)

    def _bring_back(self, channels: set[ChannelName]) -> None:
        for channel in channels:
            if self._away[channel].until <= time.monotonic():
                for name, value in self._away.pop(channel).before.items():
                    setattr(self._knobs[channel], name, value)


class _Away(NamedTuple):
    """Since a channel is away: until when at least, and how its knobs stood before."""

    until: float
    before: Mapping[str, Any]


def _broken(channel: ChannelName) -> Mapping[str, Any]:
    if channel == TILL:
        never = {Mishap.BROKEN_BEFORE: 1.0}
        return {"webhook_loss": 1.0, "push_rates": never, "read_rates": never}
    return {"webhook_loss": 1.0, "broken": 1.0}


def read_share(text: str) -> float:
    """Read a share of all webhooks, as 2% or 0.02, or raise `Unclear`."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share < 1:
        raise Unclear(f"write a share below one, such as 2% or 0.02, not {text}")
    return share


def read_down(text: str) -> Down:
    """Read CHANNEL:FROM-TO, or raise `Unclear`."""
    found = _DOWN.fullmatch(text)
    if found is None:
        raise _unclear(text)
    channel, first, since, last, until = found.groups()
    try:
        down = Down(
            channel=ChannelName(channel),
            since=time_of_day.fromisoformat(since),
            until=time_of_day.fromisoformat(until),
            first=_if_told(date.fromisoformat, first),
            last=_if_told(date.fromisoformat, last),
        )
    except ValueError:
        raise _unclear(text) from None
    last_day = down.last or down.first
    if (down.last and not down.first) or (last_day, down.until) <= (down.first, down.since):
        raise _unclear(text)
    return down


def _if_told(read: Callable[[str], date], text: str | None) -> date | None:
    return None if text is None else read(text)


def _unclear(text: str) -> Unclear:
    return Unclear(
        f"write CHANNEL:FROM-TO in the time of the file, such as shopify:12:00-14:00 or "
        f"shopify:2010-12-06T12:00-2010-12-07T09:00, not {text}"
    )
