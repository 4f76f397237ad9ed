"""What a test, a simulation or the command line can turn while the shop runs."""

import dataclasses
import types
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs


class Spread(StrEnum):
    """How a time differs from one case to the next."""

    FIXED = "fixed"
    EXPONENTIAL = "exponential"  # the knob is its middle: half are quicker


class BadKnob(ValueError):
    """Raised for a knob that is not there, or a value that does not fit it."""


ALL_SCOPES = (
    "read_inventory",
    "write_inventory",
    "read_products",
    "read_locations",
    "read_orders",
    "read_merchant_managed_fulfillment_orders",
)


@dataclass(slots=True, kw_only=True)
class Knobs(DeliveryKnobs):
    """Everything unkind that the shop can do; shares are from 0 to 1, times in seconds.

    Those that begin with `webhook_` are the deliveries' own.
    """

    # The API
    latency_s: float = 0.0
    latency_spread: Spread = Spread.FIXED
    throttled: float = 0.0
    too_many: float = 0.0  # 429
    retry_after_s: float | None = 2.0
    broken: float = 0.0
    broken_status: int = 503
    broken_applies: bool = False  # a 5xx after the call was done
    timed_out: float = 0.0  # the call is done, the answer never comes
    late: float = 0.0  # the answer never comes, and the write lands later
    lands_after_s: float = 5.0
    cut_before: float = 0.0  # the line is cut, and nothing was done
    cut_after: float = 0.0  # the line is cut, and all was done
    html: float = 0.0  # 200, and a page in place of JSON
    empty: float = 0.0  # 200, and nothing
    partial: float = 0.0  # data and errors together
    hangs_s: float = 0.5  # how long a line without an answer is held before it is cut
    shut: int = 0  # every call gets this status: 401, 402, 403, 404, 423
    uninstalled: bool = False
    token_life_s: float = 86_399.0
    old_tokens_die: bool = False  # at a new grant
    scopes: tuple[str, ...] = ALL_SCOPES
    plan: str = "Basic"
    bucket_points: float = 2000.0
    restore_points: float = 100.0  # a second
    query_points_max: float = 1000.0
    idempotency_life_s: float = 86_400.0
    stale_field: str = "changeFromQuantity"  # what a stale swap names; "" names nothing
    order_index_lag_s: float = 0.0
    sku_index_lag_s: float = 0.0
    order_horizon_days: float = 60.0
    bulk_takes_s: float = 0.0
    bulk_fails: bool = False  # and leaves a part of its file
    bulk_link_lives_s: float = 604_800.0

    # The shop itself
    oversell: float = 0.0  # the share of shoppers who slip past the stock check
    cancel_takes_s: float = 0.0  # from `cancelled_at` to the refund that puts units back
    edits_refund: bool = False  # removals by an edit are also shown as a refund
    bypassed_restock: bool = False  # units that a BYPASS order never took are put back

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
        "webhook_forged",
        "webhook_reserialised",
        "webhook_level_twice",
        "webhook_optional_dropped",
        "throttled",
        "too_many",
        "broken",
        "timed_out",
        "late",
        "cut_before",
        "cut_after",
        "html",
        "empty",
        "partial",
        "oversell",
    }
)


def _fitting(name: str, value: Any, hint: Any) -> Any:
    bad = BadKnob(f"{name} cannot be {value!r}")
    if isinstance(hint, types.UnionType):
        if value is None:
            return None
        hint = next(one for one in get_args(hint) if one is not type(None))
    if hint in (float, int):
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise bad
        if (name in SHARES and value > 1) or (hint is int and not isinstance(value, int)):
            raise bad
        return hint(value)
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
