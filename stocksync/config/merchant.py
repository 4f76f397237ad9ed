"""What a config means, once nothing is wrong with it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from stocksync.channels.settings import Secret, Settings
from stocksync.config.shape import Language, LimitsShape, RuleShape
from stocksync.core.names import ChannelName, LocationName, MerchantName, Sku
from stocksync.core.places import Location


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One channel of a merchant.

    `location` is an own one, where its returns go; `sells_from` is never empty and says
    in which order units are taken. Both are resolved here, also where `settings`, which
    is what the merchant wrote, leaves them out.
    """

    name: ChannelName
    kind: str
    location: LocationName
    sells_from: tuple[LocationName, ...]
    settings: Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One business, as its file says. `digest` changes when the meaning of the file does.

    Comments, order of keys and spelling change no digest; nor do the values of secrets,
    because a digest is stored and shown. `lines` says where the keys of rules and channels
    stand in the file: `rules[0].max`.
    """

    name: MerchantName
    timezone: str
    language: Language
    decimals: int
    locations: Mapping[LocationName, Location]
    channels: Mapping[ChannelName, ChannelConfig]
    bundles: Mapping[Sku, Mapping[Sku, int]]
    rules: tuple[RuleShape, ...]
    limits: LimitsShape
    public_url: str | None
    file: Path
    lines: Mapping[str, int]
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        """Sum the meaning up."""
        said = (
            self.name,
            self.timezone,
            self.language,
            self.decimals,
            self.locations,
            self.channels,
            self.bundles,
            self.rules,
            self.limits,
            self.public_url,
        )
        text = json.dumps(_canonical(said), sort_keys=True, ensure_ascii=True)
        object.__setattr__(self, "digest", sha256(text.encode()).hexdigest())


def _canonical(value: Any) -> Any:
    """Return the value in JSON's few types; a secret is only its origin."""
    match value:
        case None | bool() | int() | str():
            return value
        case Secret():
            return ["secret", value.origin, _canonical(value.not_after)]
        case Settings() | BaseModel():
            return {name: _canonical(getattr(value, name)) for name in type(value).model_fields}
        case Location():
            ships_in = list(value.ships_in or ())
            trust, stale_after = str(value.trust.normalize()), _canonical(value.stale_after)
            return [value.name, value.kind, value.title, trust, ships_in, stale_after]
        case ChannelConfig():
            route = [value.location, *value.sells_from]
            return [value.name, value.kind, route, _canonical(value.settings)]
        case Mapping():
            return {str(key): _canonical(below) for key, below in value.items()}
        case list() | tuple():
            return [_canonical(item) for item in value]
        case set() | frozenset():
            return sorted((_canonical(item) for item in value), key=str)
        case timedelta():
            return ["seconds", value.total_seconds()]
        case datetime():
            return value.isoformat()
        case _:
            return [type(value).__name__, str(value)]
