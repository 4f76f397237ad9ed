"""What merchants write under a channel, and the kinds of fields that it is made of."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from stocksync.core.names import LocationName
from stocksync.core.rules import ManualEdits, Percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret that the config named by reference. Its value never shows in any output."""

    value: str = field(repr=False)
    origin: str
    not_after: datetime | None = None

    def live(self, now: datetime) -> bool:
        """Return whether it still opens the door at `now`."""
        return self.not_after is None or now <= self.not_after


def _secret(value: Any) -> Any:
    if not isinstance(value, Secret):
        raise ValueError("a secret is written by reference: {env: NAME} or {file: PATH}")  # noqa: TRY004 pydantic wants a ValueError
    return value


def _secrets(value: Any) -> Any:
    listed = value if isinstance(value, (list, tuple)) else [value]
    if not 1 <= len(listed) <= 4:
        raise ValueError("write one secret, or a list of 2 to 4 while rotating")
    return tuple(_secret(one) for one in listed)


_DURATION = re.compile(r"(\d{1,6})(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value
    if value == 0 or value == "0":
        return timedelta(0)
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write a time such as 30s, 15m, 6h or 2d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


OneSecret = Annotated[Any, BeforeValidator(_secret)]
"""A field that holds one `Secret`."""
Secrets = Annotated[Any, BeforeValidator(_secrets)]
"""A field that holds a tuple of `Secret`: one, or several while rotating."""
Duration = Annotated[timedelta, BeforeValidator(_duration)]
"""A field that is written as 30s, 15m, 6h or 2d."""
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,2})?)%")
_AMOUNT_MAX = 9_999_999


def _percent(value: Any) -> Any:
    found = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if found is None or Decimal(found[1]) > 100:
        raise ValueError("write a percentage from 0% to 100%, such as 80%")
    return (Decimal(found[1]) / 100).normalize()


def _amount(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise ValueError("must be a number of units, such as 2")  # noqa: TRY004 pydantic wants a ValueError
    if value < 0:
        raise ValueError(f"must be 0 or more, not {value}")
    if value > _AMOUNT_MAX:
        raise ValueError(f"must be {_AMOUNT_MAX} or less, not {value}")
    return Decimal(value).normalize()


def _buffer(value: Any) -> Any:
    if not isinstance(value, str):
        return _amount(value)
    if value.endswith("%"):
        return Percent(_percent(value))
    if re.fullmatch(r"auto|x\d+", value):
        raise ValueError(f"{value} is not available yet; write units such as 2, or 10%")
    raise ValueError("write units such as 2, or a percentage such as 10%")


Part = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": f"^{_PERCENT.pattern}$"}),
]
"""A field that is written as a percentage, 0 to 1."""
Amount = Annotated[
    Decimal,
    BeforeValidator(_amount),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": _AMOUNT_MAX}),
]
"""A field that is written in units, with a point where the merchant has decimals."""
Kept = Annotated[
    Decimal | Percent,
    BeforeValidator(_buffer),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": _AMOUNT_MAX},
                {"type": "string", "pattern": f"^{_PERCENT.pattern}$"},
            ]
        }
    ),
]
"""A field that is written in units or as a percentage of the shelf."""


def at_least(written: timedelta, least: timedelta) -> timedelta:
    """Return a time that is long enough, or raise `ValueError`."""
    if written < least:
        raise ValueError(f"must be {least.seconds}s or more")
    return written


def never_or_at_least(written: timedelta, least: timedelta) -> timedelta:
    """Return a pause that is long enough, or 0 for never; or raise `ValueError`."""
    return at_least(written, least) if written else written


def is_a_key(value: str) -> bool:
    """Return whether this may be a key that was copied whole: something, and no space in it."""
    return value.isascii() and value.isprintable() and bool(value) and " " not in value


def refuse_empty(secret: Secret) -> None:
    """Raise `ValueError` for a secret that signs messages and is empty."""
    if not secret.value.strip():
        raise ValueError(f"{secret.origin} is empty, so anybody could sign; give it a value")


class Settings(BaseModel):
    """What merchants write under one channel in YAML; each kind adds its own keys.

    `later` names the keys that a coming feature will understand: they are refused
    with "not available yet" and not as typing mistakes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset()

    kind: str
    location: LocationName | None = None
    sells_from: tuple[LocationName, ...] = ()
    locations: Mapping[str, LocationName] = {}
    buffer: Kept = Decimal(0)
    push: Literal["on", "shadow"] = "on"
    manual_edits: ManualEdits = ManualEdits.ADOPT
