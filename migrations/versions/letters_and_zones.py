"""Keep letters that were printed and posted, and the time zone in which a volunteer is at work."""

import sqlalchemy as sa
from alembic import op

revision = "letters_and_zones"
down_revision = "measures_and_goals"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("mail_choices", sa.Column("time_zone", sa.String(length=40), nullable=True))
    op.create_table(
        "client_letters",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("update_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("posted_at", WHEN, nullable=True),
        sa.Column("posted_on", sa.Date(), nullable=True),
        sa.Column("posted_by_id", sa.Integer(), nullable=True),
        sa.Column("dropped_at", WHEN, nullable=True),
        sa.Column("drop_reason", sa.String(length=24), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.CheckConstraint("posted_at IS NULL OR dropped_at IS NULL", name=op.f("ck_client_letters_one_end")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_client_letters_case_id")),
        sa.ForeignKeyConstraint(["posted_by_id"], ["users.id"], name=op.f("fk_client_letters_posted_by_id")),
        sa.ForeignKeyConstraint(["update_id"], ["client_updates.id"], name=op.f("fk_client_letters_update_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_letters")),
        sa.UniqueConstraint("public_id", name=op.f("uq_client_letters_public_id")),
        sa.UniqueConstraint("update_id", name=op.f("uq_client_letters_update_id")),
    )
    op.create_index("ix_client_letters_case", "client_letters", ["case_id", "id"])


def downgrade() -> None:
    op.drop_table("client_letters")
    op.drop_column("mail_choices", "time_zone")
