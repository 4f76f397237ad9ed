"""One look at the street: what every channel shows, what we believe of it and want it to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stocksync.core import belief
from stocksync.core.names import ChannelName, Sku
from stocksync.lab.street import Street


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One channel, in units of all its goods together; `lag_s` is of the newest number."""

    channel: ChannelName
    shown: int
    believed: int
    wanted: int
    lag_s: float | None
    sold: int
    calls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """One SKU: what our books say is left, and what each channel shows and should show."""

    sku: Sku
    pool: int
    shown: Mapping[ChannelName, int]
    wanted: Mapping[ChannelName, int]

    @property
    def apart(self) -> int:
        """Return how many channels show something else than they should."""
        return sum(self.shown[name] != units for name, units in self.wanted.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """All that the table shows. `unsure` numbers are to be read once more, or written."""

    standings: Sequence[Standing]
    shelves: Sequence[Shelf]
    unsure: int
    refused: int
    worst: int

    @property
    def apart(self) -> int:
        """Return how many numbers are not what they should be."""
        return sum(shelf.apart for shelf in self.shelves)


def look(street: Street, calls_before: Mapping[ChannelName, int]) -> Look:
    """Look at every shelf of every channel, and at our own books."""
    rows, pool, lags_s = street.listings(), street.pool(), street.lags_s()
    shown = {
        name: {sku: max(0, street.shown(name, sku)) for sku in street.stock}
        for name in street.channels
    }
    wanted: dict[ChannelName, dict[Sku, int]] = {name: {} for name in street.channels}
    believed: dict[ChannelName, int] = dict.fromkeys(street.channels, 0)
    for row in rows:
        wanted[row.key.channel][row.sku] = row.wanted or 0
        believed[row.key.channel] += max(0, row.belief.likely)
    return Look(
        standings=[
            Standing(
                channel=name,
                shown=sum(shown[name].values()),
                believed=believed[name],
                wanted=sum(wanted[name].values()),
                lag_s=lags_s[name][-1] if lags_s[name] else None,
                sold=street.sold[name] - street.cancelled[name],
                calls=street.calls(name) - calls_before[name],
            )
            for name in street.channels
        ],
        shelves=[
            Shelf(
                sku=sku,
                pool=pool.get(sku, 0),
                shown={name: shown[name][sku] for name in street.channels},
                wanted={name: wanted[name].get(sku, 0) for name in street.channels},
            )
            for sku in street.stock
        ],
        unsure=sum(not belief.converged(row.belief, row.wanted or 0) for row in rows),
        refused=street.refused,
        worst=street.worst(),
    )
