"""What a merchant wants shown of a SKU on a channel: the most specific rule wins, key by key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from stocksync.core.names import ChannelName, Sku

WHOLE = Decimal(1)


class ManualEdits(StrEnum):
    """What becomes of a number that somebody typed into a channel."""

    ADOPT = "adopt"
    """It is believed: the difference enters the stock, with an alert."""
    OVERWRITE = "overwrite"
    ALERT = "alert"
    """Nothing is moved or written until a person decides."""


@dataclass(frozen=True, slots=True)
class Percent:
    """A part of a whole, 0 to 1."""

    part: Decimal

    def __post_init__(self) -> None:
        """Refuse what is no part of a whole."""
        if not 0 <= self.part <= 1:
            raise ValueError(f"a part lies between 0 and 1, not at {self.part}")

    def of(self, units: int) -> int:
        """Return this part of so many units, rounded up."""
        over, under = self.part.as_integer_ratio()
        return -(-units * over // under)


Buffer = int | Percent
"""What is kept back from a channel: units, or a part of what stands on our shelves."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the merchant wrote something: `rules[2].buffer`, and `config/stocksync.yaml:14`."""

    path: str
    line: str = ""

    def __str__(self) -> str:
        """Return it as an answer names it."""
        return self.line or self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What holds for one SKU on one channel, in units.

    `sources` says where each key was written; one that is not among them has its default.
    """

    buffer: Buffer = 0
    share: Decimal = WHOLE
    max: int | None = None
    min: int = 0
    zero_at: int = 0
    manual_edits: ManualEdits = ManualEdits.ADOPT
    sources: Mapping[str, Source] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """One rule as it was written, for the SKUs and the channel that it names (None: all).

    In `sku` a `*` stands for any text. A key that is None says nothing.
    """

    sku: str | None = None
    channel: ChannelName | None = None
    buffer: Buffer | None = None
    share: Decimal | None = None
    max: int | None = None
    min: int | None = None
    zero_at: int | None = None
    manual_edits: ManualEdits | None = None
    sources: Mapping[str, Source] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[bool, bool, int, bool]:
        """Return how specific it is; a longer literal part is, and then one without a `*`."""
        literal = (self.sku or "").replace("*", "")
        return (
            self.sku is not None,
            self.channel is not None,
            len(literal),
            literal == self.sku,
        )


KEYS = ("buffer", "share", "max", "min", "zero_at", "manual_edits")
"""What a rule may say."""


class Rules:
    """All rules of a merchant.

    For each key by itself the most specific rule that says it wins: of a SKU and a channel,
    of a SKU, of a channel; then the longest literal part of `sku`, then the first written.
    """

    def __init__(self, stated: Iterable[Stated] = ()) -> None:
        self._stated = tuple(sorted(stated, key=lambda one: one.rank, reverse=True))
        self._channels: dict[ChannelName, _OfChannel] = {}

    def for_(self, sku: Sku, channel: ChannelName) -> Rule:
        """Return what holds for one SKU on one channel."""
        here = self._channels.get(channel)
        if here is None:
            here = self._channels[channel] = _OfChannel(
                [one for one in self._stated if one.channel in (None, channel)]
            )
        return here.rule(sku)


class _OfChannel:
    """The rules that one channel can meet, most specific first.

    Few different sets of them meet in one SKU, so each set is resolved once.
    """

    def __init__(self, stated: list[Stated]) -> None:
        self._stated = stated
        self._named: dict[str, list[int]] = {}
        self._patterns: list[tuple[int, _Pattern]] = []
        self._always: list[int] = []
        self._resolved: dict[tuple[int, ...], Rule] = {}
        for at, one in enumerate(stated):
            if one.sku is None:
                self._always.append(at)
            elif "*" in one.sku:
                self._patterns.append((at, _Pattern(one.sku)))
            else:
                self._named.setdefault(one.sku, []).append(at)

    def rule(self, sku: Sku) -> Rule:
        meeting = [at for at, pattern in self._patterns if pattern.fits(sku)]
        named = self._named.get(sku)
        if named is not None:
            meeting = sorted(meeting + named)
        which = (*meeting, *self._always)
        rule = self._resolved.get(which)
        if rule is None:
            rule = self._resolved[which] = _resolved([self._stated[at] for at in which])
        return rule


class _Pattern:
    """A text in which each `*` stands for any text, also for none."""

    __slots__ = ("_first", "_last", "_middle", "_shortest")

    def __init__(self, written: str) -> None:
        self._first, *self._middle, self._last = written.split("*")
        self._shortest = len(written) - written.count("*")

    def fits(self, text: str) -> bool:
        if not text.startswith(self._first) or not text.endswith(self._last):
            return False
        if len(text) < self._shortest:
            return False
        at, end = len(self._first), len(text) - len(self._last)
        for part in self._middle:
            at = text.find(part, at, end)
            if at < 0:
                return False
            at += len(part)
        return True


def _resolved(stated: list[Stated]) -> Rule:
    values: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for one in stated:
        for key in KEYS:
            value = getattr(one, key)
            if value is not None and key not in values:
                values[key] = value
                if key in one.sources:
                    sources[key] = one.sources[key]
    return Rule(**values, sources=sources)
