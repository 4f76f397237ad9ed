"""What a test, a simulation or the command line can turn while the shop runs."""

import dataclasses
import types
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints


class Spread(StrEnum):
    """How a time differs from one case to the next."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"  # the knob is its middle: half are quicker


class BadKnob(ValueError):
    """Raised for a knob that is not there, or a value that does not fit it."""


@dataclass(slots=True, kw_only=True)
class Knobs:
    """Everything unkind that the shop can do; shares are from 0 to 1, times in seconds."""

    # Webhooks
    webhook_delay_s: float = 0.0
    webhook_spread: Spread = Spread.FIXED
    topic_delay_s: dict[str, float] = field(default_factory=dict)  # more, for some topics
    webhook_loss: float = 0.0
    lost_topics: tuple[str, ...] = ()  # these are always lost
    webhook_doubles: float = 0.0
    doubled_after_s: float = 2.0
    webhook_stale: float = 0.0  # the body is built in time, and sent too late
    stale_by_s: float = 5.0
    webhook_error_bodies: float = 0.0
    error_body: str = "woocommerce_rest_shop_order_invalid_id"
    webhook_forged: float = 0.0  # one byte is changed after signing
    webhook_reserialised: float = 0.0  # `/` for `\/` after signing
    until_poked: bool = False  # WP-Cron: nothing runs until somebody opens a page
    poke_gap_s: float = 60.0
    poke_takes_s: float = 0.2
    one_delivery_id: bool = False  # all deliveries of a webhook have the same id
    webhook_timeout_s: float = 60.0

    # REST
    latency_s: float = 0.0
    latency_spread: Spread = Spread.FIXED
    item_latency_s: float = 0.0  # and for each item of a batch
    throttled: float = 0.0
    retry_after_s: int | None = 2
    broken: float = 0.0
    broken_status: int = 503
    broken_applies: bool = False  # a 5xx after the write was done
    timed_out: float = 0.0  # the write is done, the answer never comes
    late: float = 0.0  # the answer never comes, and the write lands later
    lands_after_s: float = 5.0
    half_done: float = 0.0  # a batch is done in part, and the answer never comes
    half_done_items: int = 10
    html: float = 0.0  # 200, and a page in place of JSON
    hangs_s: float = 0.5  # how long a line without an answer is held before it is cut
    batch_max: int = 100
    auth_lost: bool = False
    maintenance: bool = False
    drops_authorization: bool = False  # the host does not hand the header to PHP
    behind_tls: bool = False
    scope: str = "read_write"
    order_index_lag_s: float = 0.0

    # The shop itself
    hold_stock_minutes: int = 60
    oversell: float = 0.0  # the share of shoppers who slip past the stock check

    def turn(self, told: Any) -> None:
        """Change the named knobs, all or none, or raise `BadKnob`."""
        if not isinstance(told, dict):
            raise BadKnob("send one JSON object: names of knobs and their values")
        hints = get_type_hints(Knobs)
        ready = {}
        for name, value in told.items():
            if name not in hints:
                raise BadKnob(f"no knob is called {name}; there are {', '.join(sorted(hints))}")
            ready[name] = _fitting(name, value, hints[name])
        for name, value in ready.items():
            setattr(self, name, value)

    def shown(self) -> dict[str, Any]:
        """Return every knob with its value, as JSON can hold it."""
        return dataclasses.asdict(self)


SHARES = frozenset(
    {
        "webhook_loss",
        "webhook_doubles",
        "webhook_stale",
        "webhook_error_bodies",
        "webhook_forged",
        "webhook_reserialised",
        "throttled",
        "broken",
        "timed_out",
        "late",
        "half_done",
        "html",
        "oversell",
    }
)


def _fitting(name: str, value: Any, hint: Any) -> Any:
    bad = BadKnob(f"{name} cannot be {value!r}")
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise bad
        if name in SHARES and value > 1:
            raise bad
        return float(value)
    if hint is int:
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise bad
        return value
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if value not in list(hint):
            raise bad
        return hint(value)
    if get_origin(hint) is tuple:
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            raise bad
        return tuple(value)
    if get_origin(hint) is dict:
        if not isinstance(value, dict):
            raise bad
        return {str(key): _fitting(name, one, float) for key, one in value.items()}
    if not isinstance(value, hint):
        raise bad
    return value
