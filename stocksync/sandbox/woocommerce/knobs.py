"""What a test, a simulation or the command line can turn while the shop runs."""

from dataclasses import dataclass, field

from stocksync.sandbox.knobs import Share, Spread, Turnable


@dataclass(slots=True, kw_only=True)
class Knobs(Turnable):
    """Everything unkind that the shop can do; times in seconds."""

    # Webhooks
    webhook_delay_s: float = 0.0
    webhook_spread: Spread = Spread.FIXED
    topic_delay_s: dict[str, float] = field(default_factory=dict)  # more, for some topics
    webhook_loss: Share = 0.0
    lost_topics: tuple[str, ...] = ()  # these are always lost
    webhook_doubles: Share = 0.0
    doubled_after_s: float = 2.0
    webhook_stale: Share = 0.0  # the body is built in time, and sent too late
    stale_by_s: float = 5.0
    webhook_error_bodies: Share = 0.0
    error_body: str = "woocommerce_rest_shop_order_invalid_id"
    webhook_forged: Share = 0.0  # one byte is changed after signing
    webhook_reserialised: Share = 0.0  # `/` for `\/` after signing
    until_poked: bool = False  # WP-Cron: nothing runs until somebody opens a page
    poke_gap_s: float = 60.0
    poke_takes_s: float = 0.2
    one_delivery_id: bool = False  # all deliveries of a webhook have the same id
    webhook_timeout_s: float = 60.0

    # REST
    latency_s: float = 0.0
    latency_spread: Spread = Spread.FIXED
    item_latency_s: float = 0.0  # and for each item of a batch
    throttled: Share = 0.0
    retry_after_s: int | None = 2
    broken: Share = 0.0
    broken_status: int = 503
    broken_applies: bool = False  # a 5xx after the write was done
    timed_out: Share = 0.0  # the write is done, the answer never comes
    late: Share = 0.0  # the answer never comes, and the write lands later
    lands_after_s: float = 5.0
    half_done: Share = 0.0  # a batch is done in part, and the answer never comes
    half_done_items: int = 10
    html: Share = 0.0  # 200, and a page in place of JSON
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
    oversell: Share = 0.0  # the share of shoppers who slip past the stock check
