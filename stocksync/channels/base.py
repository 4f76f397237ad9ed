"""The one shape of a channel, and the errors that say what happens next.

ChannelError
├── Unauthentic   not from the channel: answer `status`, count it, keep nothing
└── Unreadable    from the channel, not understood: park it, answer `status`
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict

from stocksync.core.facts import Fact
from stocksync.core.names import ChannelName, EventId, LocationName, MerchantName

NO_EVENT = EventId("")
"""The id of a delivery that nobody has looked into yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong with a delivery, where, and in words for its sender."""

    code: str
    detail: str
    pointer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message of a channel: as it came, and after `minimise` as it is kept.

    `headers` have lower-case names. `event_id` and `content` (a hash of what the
    message says) are set by `minimise`; `trouble` marks one that is kept but parked.
    `stated_at` is the sender's own clock, `read_began_at` is set when we read the
    body ourselves. `token` is the secret last part of the path, where one was sent.
    """

    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    token: str | None = None
    event_id: EventId = NO_EVENT
    content: str = ""
    stated_at: datetime | None = None
    read_began_at: datetime | None = None
    trouble: Trouble | None = None


class Stored(StrEnum):
    """What the inbox did with a delivery."""

    NEW = "new"
    DUPLICATE = "duplicate"
    REUSED = "reused"
    """The id is known with other content: kept beside it, parked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the door says to the sender after the commit."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)


class ChannelError(Exception):
    """A channel's message could not be taken in. `detail` is safe to show to its sender."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.status = status
        self.extra = dict(extra or {})
        self.errors = tuple(errors)


class Unauthentic(ChannelError):
    """Not from the channel. Nothing of it is kept but one more on a counter."""


class Unreadable(ChannelError):
    """From the channel, and not understood. `kept` is what may be stored of it, if anything."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        status: int = 200,
        extra: Mapping[str, Any] | None = None,
        errors: Sequence[Trouble] = (),
        kept: Delivery | None = None,
    ) -> None:
        super().__init__(code, detail, status=status, extra=extra, errors=errors)
        self.kept = kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a channel knows of the merchant it belongs to."""

    merchant: MerchantName
    name: ChannelName
    decimals: int = 0
    timezone: str = "UTC"
    locations: frozenset[LocationName] = frozenset()


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


class Settings(BaseModel):
    """What merchants write under one channel in YAML; each kind adds its own keys.

    `later` names the keys that a coming feature will understand: they are refused
    with "not available yet" and not as typing mistakes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    later: ClassVar[frozenset[str]] = frozenset({"buffer", "push", "manual_edits"})

    kind: str
    location: LocationName | None = None
    sells_from: tuple[LocationName, ...] = ()
    locations: Mapping[str, LocationName] = {}


class Channel(Protocol):
    """A place that sells our stock. Built by wiring as `Kind(setting, settings)`.

    `body_max` is the largest body its sender may mean, in bytes.
    """

    body_max: int

    @property
    def name(self) -> ChannelName:
        """Return the name that the merchant gave it."""
        ...

    def verify(self, delivery: Delivery) -> None:
        """Return if the channel itself sent these bytes, or raise `Unauthentic`."""
        ...

    def minimise(self, delivery: Delivery) -> Sequence[Delivery]:
        """Keep what stock needs, one delivery an event; drop every word about the customer.

        Raise `Unreadable` if nothing of it can be understood.
        """
        ...

    def answer(self, deliveries: Sequence[Delivery], stored: Sequence[Stored]) -> Answer:
        """Return what its sender expects to hear once these are committed."""
        ...

    def translate(self, delivery: Delivery) -> Sequence[Fact]:
        """Turn a minimised delivery into facts. Pure: no clock, no network. Or `Unreadable`."""
        ...
