"""What every channel shows: links, beliefs, flights, and the edits that were found."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
MOMENT = sa.BigInteger()  # microseconds since 1970
UNITS = sa.BigInteger()


def upgrade() -> None:
    """Add five tables, and what a listing needs to be written to; name a column for its use."""
    op.add_column("listings", sa.Column("parent", TEXT, nullable=True))
    op.add_column(
        "listings", sa.Column("unlimited", sa.Boolean(), nullable=False, server_default="0")
    )
    op.add_column("listings", sa.Column("location", TEXT, nullable=True))
    op.add_column("listings", sa.Column("levels", TEXT, nullable=True))
    op.create_index("listings_sku", "listings", ["merchant", "sku_text"])
    op.drop_index("papers_soft", "papers")
    with op.batch_alter_table("papers") as papers:
        papers.alter_column("soft_until", new_column_name="rebook_at")
    op.create_index("papers_rebook", "papers", ["merchant", "rebook_at"])
    op.add_column("asks", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("asks", sa.Column("not_before", MOMENT, nullable=True))
    op.create_table(
        "links",
        sa.Column("merchant", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("live_at", MOMENT),
        sa.Column("stopped", TEXT),
        sa.Column("halted", TEXT),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT),
        sa.Column("cursor", TEXT, nullable=False),
        sa.Column("complete_through", MOMENT),
        sa.Column("pulled_at", MOMENT),
        sa.Column("pulled_through", MOMENT),
        sa.Column("walk_began_at", MOMENT),
        sa.Column("reads_first", MOMENT),
        sa.Column("pull_at", MOMENT, nullable=False),
        sa.Column("reconcile_at", MOMENT, nullable=False),
        sa.Column("watch_at", MOMENT, nullable=False),
        sa.Column("poke_at", MOMENT, nullable=False),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("delays", TEXT, nullable=False),
        sa.Column("lags", TEXT, nullable=False),
    )
    op.create_table(
        "beliefs",
        sa.Column("merchant", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("listing", TEXT, primary_key=True),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("location", TEXT),
        sa.Column("wanted", UNITS),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("wanted_at", MOMENT),
        sa.Column("offer", TEXT, nullable=False),
        sa.Column("until", MOMENT),
        sa.Column("believed", UNITS, nullable=False),
        sa.Column("exposure", UNITS, nullable=False),
        sa.Column("doubt", sa.Boolean(), nullable=False),
        sa.Column("reading", TEXT),
        sa.Column("awaits", sa.Boolean(), nullable=False),
        sa.Column("suspicion", TEXT),
        sa.Column("booked", sa.BigInteger(), nullable=False),
        sa.Column("sold_since", UNITS, nullable=False),
        sa.Column("bypassed_since", UNITS, nullable=False),
        sa.Column("wrote_since", sa.Boolean(), nullable=False),
        sa.Column("drift", UNITS, nullable=False),
        sa.Column("stale", sa.Integer(), nullable=False),
        sa.Column("hint", UNITS),
        sa.Column("moved_at", MOMENT),
        sa.Column("removed", UNITS, nullable=False),
        sa.Column("check_at", MOMENT),
        sa.Column("asked_at", MOMENT),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("push_at", MOMENT),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("parked", TEXT),
        sa.Column("paused_until", MOMENT),
        sa.Column("rewrites", TEXT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("agreed_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("confirmed", UNITS),
        sa.Column("confirmed_at", MOMENT),
    )
    op.create_index("beliefs_sku", "beliefs", ["merchant", "sku"])
    op.create_index("beliefs_due", "beliefs", ["merchant", "channel", "due", "push_at"])
    op.create_index("beliefs_check", "beliefs", ["merchant", "channel", "check_at"])
    op.create_index("beliefs_until", "beliefs", ["merchant", "until"])
    op.create_index(
        "beliefs_reading",
        "beliefs",
        ["merchant", "channel"],
        sqlite_where=sa.text("reading IS NOT NULL"),
        postgresql_where=sa.text("reading IS NOT NULL"),
    )
    op.create_table(
        "flights",
        sa.Column("merchant", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("listing", TEXT, primary_key=True),
        sa.Column("id", sa.BigInteger(), primary_key=True),
        sa.Column("batch", TEXT, nullable=False),
        sa.Column("way", TEXT, nullable=False),
        sa.Column("expected", UNITS, nullable=False),
        sa.Column("number", UNITS, nullable=False),
        sa.Column("allow", UNITS, nullable=False),
        sa.Column("around", UNITS, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("deadline", MOMENT, nullable=False),
        sa.Column("dies_at", MOMENT, nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
    )
    op.create_index("flights_channel", "flights", ["merchant", "channel", "sent_at"])
    op.create_table(
        "batches",
        sa.Column("merchant", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("batch", TEXT, primary_key=True),
        sa.Column("sent_at", MOMENT, nullable=False),
        sa.Column("writes", TEXT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("retry_at", MOMENT, nullable=False),
    )
    op.create_table(
        "edits",
        sa.Column("merchant", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("listing", TEXT, primary_key=True),
        sa.Column("read_at", MOMENT, primary_key=True),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("number", UNITS, nullable=False),
        sa.Column("residual", UNITS, nullable=False),
        sa.Column("verdict", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("taken_back", UNITS, nullable=False),
        sa.Column("found_at", MOMENT, nullable=False),
    )
    op.create_index("edits_sku", "edits", ["merchant", "sku", "found_at"])
    op.create_index("edits_read", "edits", ["merchant", "channel", "read_at"])


def downgrade() -> None:
    """Drop them."""
    for table in ("edits", "batches", "flights", "beliefs", "links"):
        op.drop_table(table)
    op.drop_column("asks", "not_before")
    op.drop_column("asks", "tries")
    op.drop_index("papers_rebook", "papers")
    with op.batch_alter_table("papers") as papers:
        papers.alter_column("rebook_at", new_column_name="soft_until")
    op.create_index("papers_soft", "papers", ["merchant", "soft_until"])
    op.drop_index("listings_sku", "listings")
    op.drop_column("listings", "levels")
    op.drop_column("listings", "location")
    op.drop_column("listings", "unlimited")
    op.drop_column("listings", "parent")
