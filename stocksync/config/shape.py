"""The keys of a merchant's file. What each kind of channel adds, its own Settings say."""

import re
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from stocksync.channels.settings import Amount, Duration, Kept, Part
from stocksync.config.mistakes import did_you_mean, shown
from stocksync.core.places import LocationKind
from stocksync.core.rules import KEYS, ManualEdits

LATER_KINDS = frozenset(
    {"amazon", "clover", "ebay", "etsy", "lightspeed", "loyverse", "square", "zettle"}
)
"""The kinds of channel that a coming feature brings."""

_NAME = r"[A-Za-z0-9._-]{1,64}"
_SHIPS_IN = r"(\d{1,3})(?:-(\d{1,3}))?"
_AN_ADDRESS = "must be an address such as https://sync.example.com"


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


def _pattern(value: Any) -> Any:
    text = _sku(value)
    if not text:
        raise ValueError("write a SKU, or a pattern such as MUG-*")
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


def _https(value: Any) -> Any:
    text = _text(value)
    try:
        address = urlsplit(text if re.fullmatch(r"[!-~]+", text) else "")
        host = address.hostname if address.port != 0 else None
    except ValueError as e:
        raise ValueError(_AN_ADDRESS) from e
    if not host:
        raise ValueError(_AN_ADDRESS)
    # A shop on this machine rings without leaving it.
    near = host in {"localhost", "::1"} or host.startswith("127.")
    if address.scheme != "https" and not (near and address.scheme == "http"):
        raise ValueError("must begin with https://: shops send their sales there")
    if address.username is not None or address.query or address.fragment:
        raise ValueError("is the address alone, without user, `?` or `#`")
    return text.rstrip("/")


def _text(value: Any) -> str:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("must be text")  # noqa: TRY004 pydantic wants a ValueError
    return value


def _nothing_is_none(value: Any) -> Any:
    return {} if value is None else value


def _nothing_is_no_rule(value: Any) -> Any:
    return () if value is None else value


def _or_off(reads: TypeAdapter[Any], otherwise: str) -> BeforeValidator:
    """Return a reader that takes `off` too, as None, and says so."""

    def read(value: Any) -> Any:
        if value == "off":
            return None
        try:
            return reads.validate_python(value)
        except ValidationError as e:
            raise ValueError(f"write {otherwise}, or off") from e

    return BeforeValidator(read)


Name = Annotated[
    str, BeforeValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_NAME}$"})
]
SkuText = Annotated[str, BeforeValidator(_sku), WithJsonSchema({"type": "string", "minLength": 1})]
SkuPattern = Annotated[
    str,
    BeforeValidator(_pattern),
    WithJsonSchema({"type": ["string", "number"], "minLength": 1}),
]
Title = Annotated[
    str, BeforeValidator(_title), WithJsonSchema({"type": "string", "maxLength": 200})
]
Zone = Annotated[str, BeforeValidator(_zone), WithJsonSchema({"type": "string"})]
Days = Annotated[
    tuple[int, int],
    BeforeValidator(_ships_in),
    WithJsonSchema({"type": ["string", "integer"], "pattern": f"^{_SHIPS_IN}$", "minimum": 0}),
]
Address = Annotated[
    str, BeforeValidator(_https), WithJsonSchema({"type": "string", "pattern": "^https?://"})
]
Count = Annotated[int, Field(strict=True, ge=1, le=1_000_000)]

_OFF = {"const": "off"}
PartOrOff = Annotated[
    Decimal | None,
    _or_off(TypeAdapter(Part), "a percentage such as 25%"),
    WithJsonSchema({"anyOf": [{"type": "string", "pattern": "%$"}, _OFF]}),
]
CountOrOff = Annotated[
    int | None,
    _or_off(TypeAdapter(Count), "a whole number such as 50"),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 1, "maximum": 1_000_000}, _OFF]}),
]
AmountOrOff = Annotated[
    Decimal | None,
    _or_off(TypeAdapter(Amount), "units such as 500"),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, _OFF]}),
]


class _Shape(BaseModel):
    """Keys that are all known; `later` are those of features not built yet."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    later: ClassVar[frozenset[str]] = frozenset()


class LocationShape(_Shape):
    """What stands under one location."""

    later: ClassVar[frozenset[str]] = frozenset({"feed"})

    kind: LocationKind
    name: Title | None = None
    ships_in: Days | None = None
    trust: Part | None = None
    stale_after: Duration | None = None

    @field_validator("stale_after")
    @classmethod
    def _some_time_passes(cls, value: timedelta | None) -> timedelta | None:
        if value == timedelta(0):
            raise ValueError("must be longer than 0; a number that never grows old needs no line")
        return value

    @field_validator("ships_in", "trust", "stale_after")
    @classmethod
    def _own_shelves_are_here(cls, value: Any, info: ValidationInfo) -> Any:
        if value is not None and info.data.get("kind") is LocationKind.OWN:
            raise ValueError("is for suppliers only; delete it, or write `kind: supplier`")
        return value


class RuleShape(_Shape):
    """What stands under one entry of `rules`."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"low_stock", "protection", "reserve", "risk", "status"}
    )

    sku: SkuPattern | None = None
    channel: Name | None = None
    buffer: Kept | None = None
    share: Part | None = None
    max: Amount | None = None
    min: Amount | None = None
    zero_at: Amount | None = None
    manual_edits: ManualEdits | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_written(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("is empty; write a value, or delete it")
        return value

    @model_validator(mode="after")
    def _says_something_of_something(self) -> Self:
        if self.sku is None and self.channel is None:
            raise ValueError("names neither `sku` nor `channel`; add one, or both")
        if all(getattr(self, key) is None for key in KEYS):
            raise ValueError("changes nothing; add one such as `buffer: 2` or `max: 3`")
        return self


class LimitsShape(_Shape):
    """What stands under `limits`: how far typed numbers may go before a person looks."""

    zero_share: PartOrOff = Decimal("0.25")
    skus_in_10m: CountOrOff = 50
    units_a_day: AmountOrOff = Decimal(500)


class MerchantShape(_Shape):
    """What stands in one file. A channel's own keys are checked by its kind."""

    later: ClassVar[frozenset[str]] = frozenset(
        {"alerts", "holds", "low_stock", "peaks", "protection", "status", "suppliers"}
    )

    merchant: Name
    timezone: Zone = "UTC"
    language: Language = Language.ENGLISH
    decimals: Annotated[int, Field(strict=True, ge=0, le=5)] = 0
    locations: dict[Name, LocationShape]
    channels: Annotated[dict[Name, dict[str, Any]], BeforeValidator(_nothing_is_none)] = {}
    rules: Annotated[tuple[RuleShape, ...], BeforeValidator(_nothing_is_no_rule)] = ()
    limits: Annotated[LimitsShape, BeforeValidator(_nothing_is_none)] = LimitsShape()
    public_url: Address | None = None
    bundles: Annotated[
        dict[SkuText, Annotated[dict[SkuText, Count], Field(min_length=1)]],
        BeforeValidator(_nothing_is_none),
    ] = {}
