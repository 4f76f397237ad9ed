"""Remember up to which config parked lines were booked again, and their names in any case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    """Two columns; a line that is parked already gets its name in lower case."""
    op.add_column(
        "configs", sa.Column("rebooked", sa.Integer(), nullable=False, server_default="0")
    )
    op.add_column("lines", sa.Column("folded", TEXT, nullable=True))
    op.execute("UPDATE lines SET folded = lower(sku_text) WHERE parked_code IS NOT NULL")


def downgrade() -> None:
    """Drop them."""
    op.drop_column("lines", "folded")
    op.drop_column("configs", "rebooked")
