"""Everything that a process needs, built once from its environment."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from stocksync.channels import kind
from stocksync.channels.base import Channel, Setting
from stocksync.config import Merchant, load
from stocksync.core.names import ChannelName, LocationName, MerchantName
from stocksync.core.places import LocationKind
from stocksync.core.plan import OFFICE, Limits, Plan, Trade
from stocksync.core.rules import KEYS, Buffer, Percent, Rules, Source, Stated
from stocksync.doorbell import Bells, Doorbell, connect, embedded_redis_url
from stocksync.flow.outgoing import Outgoing
from stocksync.store.session import Database


def utc_now() -> datetime:
    """Return the moment, read once at the edge and passed down."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """The merchants of one installation, and the means to serve them."""

    merchants: Mapping[MerchantName, Merchant]
    trades: Mapping[MerchantName, Trade]
    channels: Mapping[tuple[MerchantName, ChannelName], Channel]
    database: Database
    doorbell: Bells

    def channels_of(self, merchant: MerchantName) -> dict[ChannelName, Channel]:
        """Return one merchant's channels by name."""
        return {name: one for (owner, name), one in self.channels.items() if owner == merchant}


def from_environment(environ: Mapping[str, str] | None = None) -> System:
    """Build the system that the environment names. `ConfigRefused` if the config is wrong.

    STOCKSYNC_CONFIG and STOCKSYNC_STATE are folders (./config and ./var); DATABASE_URL and
    REDIS_URL replace the embedded database and queue.
    """
    told = os.environ if environ is None else environ
    data = Path(told.get("STOCKSYNC_STATE") or "var").resolve()
    merchants = load(Path(told.get("STOCKSYNC_CONFIG") or "config"), told)
    return System(
        merchants={merchant.name: merchant for merchant in merchants},
        trades={merchant.name: trade(merchant) for merchant in merchants},
        channels={
            (merchant.name, name): channel
            for merchant in merchants
            for name, channel in channels(merchant).items()
        },
        database=Database(told.get("DATABASE_URL") or f"sqlite:///{data / 'stocksync.db'}"),
        doorbell=Doorbell(connect(told.get("REDIS_URL") or embedded_redis_url(data))),
    )


def outgoing(
    system: System,
    merchant: MerchantName,
    channel: ChannelName,
    clock: Callable[[], datetime] = utc_now,
) -> Outgoing | None:
    """Return what is needed to call one channel; None if it only ever tells us."""
    one = system.channels[merchant, channel]
    if one.reach is None:
        return None
    return Outgoing(
        database=system.database,
        trade=system.trades[merchant],
        channel=one,
        reach=one.reach,
        clock=clock,
    )


def trade(merchant: Merchant) -> Trade:
    """Return a merchant as the accounting sees it."""
    plans = {
        name: Plan(
            channel=name,
            location=channel.location,
            sells_from=tuple(merchant.locations[place] for place in channel.sells_from),
            places=merchant.locations,
            names=channel.settings.locations,
            fold=getattr(channel.settings, "sku_match", "exact") == "casefold",
            shadow=channel.settings.push == "shadow",
        )
        for name, channel in merchant.channels.items()
    }
    first = _first_own(merchant)
    plans[OFFICE] = Plan(
        channel=OFFICE,
        location=first,
        sells_from=(merchant.locations[first],),
        places=merchant.locations,
    )
    return Trade(
        name=merchant.name,
        places=merchant.locations,
        plans=plans,
        bundles={sku: tuple(parts.items()) for sku, parts in merchant.bundles.items()},
        rules=Rules((*_rules(merchant), *_rules_of_channels(merchant))),
        limits=Limits(
            zero_share=merchant.limits.zero_share,
            skus_in_10m=merchant.limits.skus_in_10m,
            units_a_day=_units(merchant, merchant.limits.units_a_day),
        ),
        public_url=merchant.public_url,
        decimals=merchant.decimals,
        digest=merchant.digest,
    )


def _rules(merchant: Merchant) -> Iterator[Stated]:
    for at, said in enumerate(merchant.rules):
        yield Stated(
            sku=said.sku,
            channel=None if said.channel is None else ChannelName(said.channel),
            buffer=_buffer(merchant, said.buffer),
            share=said.share,
            max=_units(merchant, said.max),
            min=_units(merchant, said.min),
            zero_at=_units(merchant, said.zero_at),
            manual_edits=said.manual_edits,
            sources=_sources(merchant, f"rules[{at}]"),
        )


def _rules_of_channels(merchant: Merchant) -> Iterator[Stated]:
    """Yield what channels say of themselves: after the rules, since it may be a default."""
    for name, channel in merchant.channels.items():
        yield Stated(
            channel=name,
            buffer=_buffer(merchant, channel.settings.buffer),
            manual_edits=channel.settings.manual_edits,
            sources=_sources(merchant, f"channels.{name}"),
        )


def _sources(merchant: Merchant, trail: str) -> dict[str, Source]:
    lines = ((key, merchant.lines.get(f"{trail}.{key}")) for key in KEYS)
    return {
        key: Source(path=f"{trail}.{key}", line=f"{merchant.file}:{line}")
        for key, line in lines
        if line is not None
    }


def _buffer(merchant: Merchant, said: Decimal | Percent | None) -> Buffer | None:
    return said if isinstance(said, Percent) else _units(merchant, said)


def _units(merchant: Merchant, amount: Decimal | None) -> int | None:
    """Return an amount of goods in the units that the books count."""
    return None if amount is None else int(amount.scaleb(merchant.decimals))


def channels(merchant: Merchant) -> dict[ChannelName, Channel]:
    """Build a merchant's channels."""
    return {name: _channel(merchant, name) for name in merchant.channels}


def _channel(merchant: Merchant, name: ChannelName) -> Any:
    config = merchant.channels[name]
    setting = Setting(
        merchant=merchant.name,
        name=name,
        decimals=merchant.decimals,
        timezone=merchant.timezone,
        locations=frozenset(merchant.locations),
    )
    return kind(config.kind)(setting, config.settings)


def _first_own(merchant: Merchant) -> LocationName:
    return next(
        name for name, place in merchant.locations.items() if place.kind is LocationKind.OWN
    )
