"""Note with each change whose rows on the docket it touches, so that what is kept in memory misses none."""

import sqlalchemy as sa
from alembic import op

revision = "docket_changes"
down_revision = "messages_and_digests"


def upgrade() -> None:
    op.create_table(
        "docket_changes",
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_docket_changes")),
    )
    op.create_index("ix_docket_changes_mark", "docket_changes", ["mark"])


def downgrade() -> None:
    op.drop_table("docket_changes")
