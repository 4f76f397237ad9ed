"""Every table on one page. Each key begins with the merchant (DESIGN 9).

Moments are aware UTC; JSON columns hold what only our own code reads. Ids are made by
`store.ids`, so that no row needs the database to be named.
"""

from datetime import UTC, datetime
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
        return datetime.fromtimestamp(value // 1_000_000, UTC).replace(
            microsecond=value % 1_000_000
        )


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
    Column("soft_until", Utc),
    Column("changed_at", Utc, nullable=False),
    Index("papers_soft", "merchant", "soft_until"),
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
    Index("lines_parked", "merchant", "parked_code"),
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
    Column("managed", Boolean, nullable=False),
    Column("version", Text, nullable=False),
    Column("seen_at", Utc, nullable=False),
)

asks = Table(
    "asks",
    metadata,
    Column("merchant", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("key", Text, primary_key=True),  # empty: pull the whole channel
    Column("why", Text, nullable=False),
    Column("asked_at", Utc, nullable=False),
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
