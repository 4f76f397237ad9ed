"""Every table on one page. Each key begins with the merchant (DESIGN 9).

Moments are aware UTC; JSON columns hold what only our own code reads. Ids are made by
`store.ids`, so that no row needs the database to be named.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    text,
)
from sqlalchemy import Text as PlainText
from sqlalchemy.dialects import postgresql

metadata = MetaData()

Text = PlainText().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that sorts by its bytes on both databases, so that locks are taken in one order."""


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC, to the microsecond; a naive one is refused.

    Stored as microseconds since 1970, so that both databases compare and sort alike.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Turn a moment into microseconds."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone")
        since = value - _EPOCH
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Turn microseconds into a moment."""
        if value is None:
            return None
        return _EPOCH + timedelta(microseconds=int(value))


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _paper() -> tuple[Column[Any], ...]:
    return (
        Column("merchant", Text, primary_key=True),
        Column("channel", Text, primary_key=True),
        Column("kind", Text, primary_key=True),
        Column("key", Text, primary_key=True),
    )


configs = Table(
    "configs",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("active_at", Utc, nullable=False),
    Column("rebooked", Integer, nullable=False, server_default="0"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("received_at", Utc, nullable=False),
    Column("read_began_at", Utc),
    Column("stated_at", Utc),
    Column("headers", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", Text, nullable=False),  # pending done ignored parked
    Column("code", Text),
    Column("reason", Text),
    Column("tries", Integer, nullable=False),
    Column("alone", Boolean, nullable=False),
    Column("ended_at", Utc),
    Index("inbox_event", "merchant", "channel", "event", unique=True),
    Index("inbox_state", "merchant", "state", "id"),
)

drains = Table(
    "drains",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("started_at", Utc, nullable=False),
    Column("rows", Text, nullable=False),
)

papers = Table(
    "papers",
    metadata,
    *_paper(),
    Column("state", LargeBinary, nullable=False),
    Column("rebook_at", Utc),
    Column("changed_at", Utc, nullable=False),
    Index("papers_rebook", "merchant", "rebook_at"),
)

lines = Table(
    "lines",
    metadata,
    *_paper(),
    Column("line", Text, primary_key=True),
    Column("sku_text", Text),
    Column("listing", Text),
    Column("named_by", Text, nullable=False),
    Column("sku", Text),
    Column("committed", BigInteger, nullable=False),
    Column("gone", BigInteger, nullable=False),
    Column("beyond", BigInteger, nullable=False),
    Column("soft", BigInteger, nullable=False),
    Column("booked", Text, nullable=False),
    Column("parked_code", Text),
    Column("parked", Text),
    Column("parked_at", Utc),
    Column("folded", Text),  # of a parked line: its SKU text, whatever its case
    Index(
        "lines_parked",
        "merchant",
        "channel",
        "kind",
        "key",
        sqlite_where=text("parked_code IS NOT NULL"),
        postgresql_where=text("parked_code IS NOT NULL"),
    ),
    Index(
        "lines_open",
        "merchant",
        "channel",
        "kind",
        "key",
        sqlite_where=text("committed > 0"),
        postgresql_where=text("committed > 0"),
    ),
    Index("lines_sku", "merchant", "sku"),
)

stock = Table(
    "stock",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("free", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("incoming", BigInteger, nullable=False),
    Column("counted_at", Utc),
    Column("counted", BigInteger, nullable=False),
    Column("count_adjust", BigInteger, nullable=False),
)

movements = Table(
    "movements",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_at", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("target_at", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("line", Text, nullable=False),
    Column("occurred_at", Utc, nullable=False),
    Column("booked_at", Utc, nullable=False),
    Index("movements_sku", "merchant", "sku", "occurred_at"),
)

counts = Table(
    "counts",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("location", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("line", Text, primary_key=True),
    Column("counted_at", Utc, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("received_at", Utc, nullable=False),
)

skus = Table(
    "skus",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("sku", Text, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("known_at", Utc, nullable=False),
    Index("skus_folded", "merchant", "folded"),
)

listings = Table(
    "listings",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("sku_text", Text),
    Column("owner", Text, nullable=False),
    Column("parent", Text),
    Column("managed", Boolean, nullable=False),
    Column("unlimited", Boolean, nullable=False, server_default="0"),
    Column("location", Text),  # the channel's word for the one place whose number it shows
    Column("levels", Text),  # listings of which a sale may have taken from any, as JSON
    Column("version", Text, nullable=False),
    Column("seen_at", Utc, nullable=False),
    Index("listings_sku", "merchant", "sku_text"),
)

links = Table(
    "links",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("opened_at", Utc, nullable=False),
    Column("live_at", Utc),
    Column("stopped", Text),  # why nothing is sent or asked before a person acts
    Column("halted", Text),  # why this channel's numbers are not pushed: the blast radius
    Column("failures", Integer, nullable=False),
    Column("not_before", Utc),
    Column("cursor", Text, nullable=False),
    Column("complete_through", Utc),  # the channel's clock
    Column("pulled_at", Utc),  # when the last complete pull began, by ours
    Column("pulled_through", Utc),  # when its last row was stored
    Column("walk_began_at", Utc),  # of a pull that is not at its end yet
    Column("reads_first", Utc),  # nothing is written before all listings were read since then
    Column("pull_at", Utc, nullable=False),
    Column("reconcile_at", Utc, nullable=False),
    Column("watch_at", Utc, nullable=False),
    Column("poke_at", Utc, nullable=False),
    Column("calls", BigInteger, nullable=False),
    Column("delays", Text, nullable=False),  # seconds from sale to booking, the newest
    Column("lags", Text, nullable=False),  # seconds from a wanted number to the confirmed one
)

beliefs = Table(
    "beliefs",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("location", Text),  # where its units are, if the channel counts each place apart
    Column("wanted", BigInteger),
    Column("version", BigInteger, nullable=False),
    Column("wanted_at", Utc),
    Column("offer", Text, nullable=False),  # status, days, date, clipped, the pool's own number
    Column("until", Utc),
    Column("believed", BigInteger, nullable=False),
    Column("exposure", BigInteger, nullable=False),
    Column("doubt", Boolean, nullable=False),
    Column("reading", Text),
    Column("awaits", Boolean, nullable=False),  # a number that was really read waits
    Column("suspicion", Text),
    Column("booked", BigInteger, nullable=False),
    Column("sold_since", BigInteger, nullable=False),
    Column("bypassed_since", BigInteger, nullable=False),
    Column("wrote_since", Boolean, nullable=False),
    Column("drift", BigInteger, nullable=False),
    Column("stale", Integer, nullable=False),
    Column("hint", BigInteger),
    Column("moved_at", Utc),
    Column("removed", BigInteger, nullable=False),
    Column("check_at", Utc),
    Column("asked_at", Utc),  # no read begun before it is enough
    Column("checks", Integer, nullable=False),
    Column("due", Boolean, nullable=False),
    Column("push_at", Utc),
    Column("tries", Integer, nullable=False),
    Column("parked", Text),
    Column("paused_until", Utc),
    Column("rewrites", Text, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("agreed_at", Utc, nullable=False),
    Column("settled_at", Utc),  # when the last read began that was settled
    Column("confirmed", BigInteger),
    Column("confirmed_at", Utc),
    Index("beliefs_sku", "merchant", "sku"),
    Index("beliefs_due", "merchant", "channel", "due", "push_at"),
    Index("beliefs_check", "merchant", "channel", "check_at"),
    Index("beliefs_until", "merchant", "until"),
    Index(
        "beliefs_reading",
        "merchant",
        "channel",
        sqlite_where=text("reading IS NOT NULL"),
        postgresql_where=text("reading IS NOT NULL"),
    ),
)

flights = Table(
    "flights",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("batch", Text, nullable=False),
    Column("way", Text, nullable=False),
    Column("expected", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("allow", BigInteger, nullable=False),
    Column("around", BigInteger, nullable=False),
    Column("sent_at", Utc, nullable=False),
    Column("deadline", Utc, nullable=False),
    Column("dies_at", Utc, nullable=False),
    Column("waiting", Boolean, nullable=False),
    Index("flights_channel", "merchant", "channel", "sent_at"),
)

batches = Table(
    "batches",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("batch", Text, primary_key=True),
    Column("sent_at", Utc, nullable=False),
    Column("writes", Text, nullable=False),  # all of them, in the order they were sent
    Column("tries", Integer, nullable=False),
    Column("retry_at", Utc, nullable=False),
)

edits = Table(
    "edits",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("listing", Text, primary_key=True),
    Column("read_at", Utc, primary_key=True),
    Column("sku", Text, nullable=False),
    Column("since", Utc, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("residual", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("taken_back", BigInteger, nullable=False),
    Column("found_at", Utc, nullable=False),
    Index("edits_sku", "merchant", "sku", "found_at"),
    Index("edits_read", "merchant", "channel", "read_at"),
)

asks = Table(
    "asks",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # empty: pull the whole channel
    Column("why", Text, nullable=False),
    Column("asked_at", Utc, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("not_before", Utc),
)

findings = Table(
    "findings",
    metadata,
    *_paper(),
    Column("line", Text, primary_key=True),
    Column("finding", Text, primary_key=True),
    Column("units", BigInteger, nullable=False),
    Column("found_at", Utc, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("id", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("units", BigInteger, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Index("incidents_sku", "merchant", "sku", "location"),
)

channels = Table(
    "channels",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("refused", BigInteger, nullable=False),
    Column("refused_at", Utc),
    Column("heard_at", Utc),
)

leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
