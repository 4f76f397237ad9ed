"""What a test, a simulation or the command line can turn of the deliveries."""

from dataclasses import dataclass, field

from stocksync.sandbox.knobs import Share, Turnable


@dataclass(slots=True, kw_only=True)
class DeliveryKnobs(Turnable):
    """Everything unkind that deliveries can do; times in seconds."""

    webhook_delay_s: float = 0.0
    webhook_spread_s: float = 0.0  # and up to so much more, each its own
    webhook_topic_delay_s: dict[str, float] = field(default_factory=dict)
    webhook_shuffle: bool = False  # what is due leaves in any order
    webhook_loss: Share = 0.0
    webhook_lost_topics: tuple[str, ...] = ()  # these are always lost
    webhook_doubles: Share = 0.0
    webhook_doubled_after_s: float = 2.0
    webhook_stale: Share = 0.0  # the body is built in time, and sent too late
    webhook_stale_by_s: float = 5.0
    webhook_ids_rotate: bool = False  # a retry has an id of its own
    webhook_level_window_s: float = 1.0  # changes of one level within it are one notice
    webhook_level_twice: Share = 0.0  # and that notice comes twice
    webhook_identical_window_s: float = 0.0  # within it the same body is not sent again
    webhook_any_case: bool = True  # of the names of headers
    webhook_optional_dropped: Share = 0.0
    webhook_headers_dropped: tuple[str, ...] = ()
    webhook_version: str = "2026-10"  # of the app, whatever the URL of a call says
    webhook_forged: Share = 0.0  # one byte is changed after signing
    webhook_reserialised: Share = 0.0  # `/` for `\/` after signing
    webhook_connect_s: float = 1.0
    webhook_answer_s: float = 5.0
    webhook_failures_max: int = 0  # so many in a row end a subscription too; 0: only retries do
    webhook_lanes: int = 1  # how many are under way at once
    webhook_survives_uninstall: bool = False  # the API's subscriptions outlive the app
