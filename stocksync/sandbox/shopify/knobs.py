"""What a test, a simulation or the command line can turn while the shop runs."""

from dataclasses import dataclass

from stocksync.sandbox.knobs import Share, Spread
from stocksync.sandbox.shopify.delivery_knobs import DeliveryKnobs

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
    """Everything unkind that the shop can do; times in seconds.

    Those that begin with `webhook_` are the deliveries' own.
    """

    # The API
    latency_s: float = 0.0
    latency_spread: Spread = Spread.FIXED
    throttled: Share = 0.0
    too_many: Share = 0.0  # 429
    retry_after_s: float | None = 2.0
    broken: Share = 0.0
    broken_status: int = 503
    broken_applies: bool = False  # a 5xx after the call was done
    timed_out: Share = 0.0  # the call is done, the answer never comes
    late: Share = 0.0  # the answer never comes, and the write lands later
    lands_after_s: float = 5.0
    cut_before: Share = 0.0  # the line is cut, and nothing was done
    cut_after: Share = 0.0  # the line is cut, and all was done
    html: Share = 0.0  # 200, and a page in place of JSON
    empty: Share = 0.0  # 200, and nothing
    partial: Share = 0.0  # data and errors together
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
    oversell: Share = 0.0  # the share of shoppers who slip past the stock check
    cancel_takes_s: float = 0.0  # from `cancelled_at` to the refund that puts units back
    edits_refund: bool = False  # removals by an edit are also shown as a refund
    bypassed_restock: bool = False  # units that a BYPASS order never took are put back
