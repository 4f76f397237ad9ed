"""The keys of a merchant's file. What each kind of channel adds, its own Settings say."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
)

from stocksync.config.mistakes import did_you_mean, shown
from stocksync.core.places import LocationKind

LATER_KINDS = frozenset(
    {"amazon", "clover", "ebay", "etsy", "lightspeed", "loyverse", "shopify", "square", "zettle"}
)
"""The kinds of channel that a coming feature brings."""

_NAME = r"[A-Za-z0-9._-]{1,64}"
_SHIPS_IN = r"(\d{1,3})(?:-(\d{1,3}))?"
_TRUST = r"(\d{1,3}(?:\.\d{1,2})?)%"


class Language(StrEnum):
    """The languages in which we speak to a merchant."""

    HEBREW = "he"
    ENGLISH = "en"


def _name(value: Any) -> Any:
    text = _text(value)
    if not re.fullmatch(_NAME, text) or not text.strip("."):
        raise ValueError("a name is 1 to 64 letters (a-z), digits, `-`, `_` or `.`")
    return text


def _sku(value: Any) -> Any:
    text = _text(value)
    if text != text.strip() or not text.isprintable():
        raise ValueError("a SKU has no spaces around it and no control characters")
    return text


def _title(value: Any) -> Any:
    text = _text(value)
    if not text.strip() or len(text) > 200 or not text.isprintable():
        raise ValueError("must be one line of 1 to 200 characters")
    return text


def _zone(value: Any) -> Any:
    text = _text(value)
    zones = available_timezones()
    if text not in zones:
        hint = did_you_mean(text, zones) or "; write one such as Asia/Jerusalem or UTC"
        raise ValueError(f"no such timezone: {shown(text)}{hint}")
    return text


def _ships_in(value: Any) -> Any:
    days = re.fullmatch(_SHIPS_IN, str(value)) if isinstance(value, (str, int)) else None
    if days is None:
        raise ValueError("write days such as 5-9")
    least, most = int(days[1]), int(days[2] or days[1])
    if least > most:
        raise ValueError(f"write the smaller number of days first: {most}-{least}")
    return (least, most)


def _trust(value: Any) -> Any:
    percent = re.fullmatch(_TRUST, value) if isinstance(value, str) else None
    if percent is None or Decimal(percent[1]) > 100:
        raise ValueError("write a percentage from 0% to 100%, such as 80%")
    return Decimal(percent[1]) / 100


def _text(value: Any) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 pydantic wants a ValueError
    return value


def _nothing_is_none(value: Any) -> Any:
    return {} if value is None else value


Name = Annotated[
    str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})
]
SkuText = Annotated[str, BeforeValidator(_sku), WithJsonSchema({"type": "string", "minLength": 1})]
Title = Annotated[
    str, BeforeValidator(_title), WithJsonSchema({"type": "string", "maxLength": 200})
]
Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string"})]
Days = Annotated[
    tuple[int, int],
    BeforeValidator(_ships_in),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_SHIPS_IN}$", "minimum": 0}),
]
Trust = Annotated[
    Decimal, BeforeValidator(_trust), WithJsonSchema({"type": "string", "pattern": f"^{_TRUST}$"})
]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]


class _Shape(BaseModel):
    """Keys that are all known; `later` are those of features not built yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    later: ClassVar[frozenset[str]] = frozenset()


class LocationShape(_Shape):
    """What stands under one location."""

    later: ClassVar[frozenset[str]] = frozenset({"feed", "stale_after"})

    kind: LocationKind
    name: Title | None = None
    ships_in: Days | None = None
    trust: Trust | None = None

    @field_validator("ships_in", "trust")
    @classmethod
    def _own_shelves_are_here(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("kind") is LocationKind.OWN:
            raise ValueError("is for suppliers only; delete it, or write `kind: supplier`")
        return value


class MerchantShape(_Shape):
    """What stands in one file. A channel's own keys are checked by its kind."""

    later: ClassVar[frozenset[str]] = frozenset({"rules", "peaks", "alerts", "suppliers", "holds"})

    merchant: Name
    timezone: Zone = "UTC"
    language: Language = Language.ENGLISH
    decimals: Annotated[int, Field(strict=True, ge=0, le=5)] = 0
    locations: dict[Name, LocationShape]
    channels: Annotated[dict[Name, dict[str, Any]], BeforeValidator(_nothing_is_none)] = {}
    bundles: Annotated[
        dict[SkuText, Annotated[dict[SkuText, Count], Field(min_length=1)]],
        BeforeValidator(_nothing_is_none),
    ] = {}
