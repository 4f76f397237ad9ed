"""The first tables: inbox, papers, lines, stock, ledger, and what they need."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """The first tables."""
    op.create_table(
        "asks",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "channel", "key"),
    )
    op.create_table(
        "channels",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant", "channel"),
    )
    op.create_table(
        "configs",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("active_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant"),
    )
    op.create_table(
        "counts",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "sku", "location", "channel", "key", "line"),
    )
    op.create_table(
        "drains",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("rows", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("merchant", "id"),
    )
    op.create_table(
        "findings",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("finding", TEXT, nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "channel", "kind", "key", "line", "finding"),
    )
    op.create_table(
        "inbox",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("read_began_at", sa.BigInteger(), nullable=True),
        sa.Column("stated_at", sa.BigInteger(), nullable=True),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("code", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant", "id"),
    )
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.create_index("inbox_event", ["merchant", "channel", "event"], unique=True)
        batch_op.create_index("inbox_state", ["merchant", "state", "id"], unique=False)

    op.create_table(
        "incidents",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant", "id"),
    )
    with op.batch_alter_table("incidents", schema=None) as batch_op:
        batch_op.create_index("incidents_sku", ["merchant", "sku", "location"], unique=False)

    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "lines",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("sku_text", TEXT, nullable=True),
        sa.Column("listing", TEXT, nullable=True),
        sa.Column("named_by", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=True),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.BigInteger(), nullable=False),
        sa.Column("beyond", sa.BigInteger(), nullable=False),
        sa.Column("soft", sa.BigInteger(), nullable=False),
        sa.Column("booked", TEXT, nullable=False),
        sa.Column("parked_code", TEXT, nullable=True),
        sa.Column("parked", TEXT, nullable=True),
        sa.Column("parked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant", "channel", "kind", "key", "line"),
    )
    with op.batch_alter_table("lines", schema=None) as batch_op:
        batch_op.create_index(
            "lines_parked",
            ["merchant", "channel", "kind", "key"],
            unique=False,
            sqlite_where=sa.text("parked_code IS NOT NULL"),
            postgresql_where=sa.text("parked_code IS NOT NULL"),
        )
        batch_op.create_index(
            "lines_open",
            ["merchant", "channel", "kind", "key"],
            unique=False,
            sqlite_where=sa.text("committed > 0"),
            postgresql_where=sa.text("committed > 0"),
        )
        batch_op.create_index("lines_sku", ["merchant", "sku"], unique=False)

    op.create_table(
        "listings",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("listing", TEXT, nullable=False),
        sa.Column("sku_text", TEXT, nullable=True),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("managed", sa.Boolean(), nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "channel", "listing"),
    )
    op.create_table(
        "movements",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("source_at", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("target_at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("line", TEXT, nullable=False),
        sa.Column("occurred_at", sa.BigInteger(), nullable=False),
        sa.Column("booked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "id"),
    )
    with op.batch_alter_table("movements", schema=None) as batch_op:
        batch_op.create_index("movements_sku", ["merchant", "sku", "occurred_at"], unique=False)

    op.create_table(
        "papers",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("soft_until", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "channel", "kind", "key"),
    )
    with op.batch_alter_table("papers", schema=None) as batch_op:
        batch_op.create_index("papers_soft", ["merchant", "soft_until"], unique=False)

    op.create_table(
        "skus",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("folded", TEXT, nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "sku"),
    )
    with op.batch_alter_table("skus", schema=None) as batch_op:
        batch_op.create_index("skus_folded", ["merchant", "folded"], unique=False)

    op.create_table(
        "stock",
        sa.Column("merchant", TEXT, nullable=False),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("location", TEXT, nullable=False),
        sa.Column("free", sa.BigInteger(), nullable=False),
        sa.Column("committed", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("incoming", sa.BigInteger(), nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=True),
        sa.Column("counted", sa.BigInteger(), nullable=False),
        sa.Column("count_adjust", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant", "sku", "location"),
    )
