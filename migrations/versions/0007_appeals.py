"""Keep appeals to several volunteers about several matters, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "appeals",
        sa.Column("key", sa.String(length=16), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_appeals_made_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_appeals_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeals")),
        sa.UniqueConstraint("key", name=op.f("uq_appeals_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_appeals_public_id")),
    )
    op.create_index("ix_appeals_programme_id", "appeals", ["programme_id"])
    op.create_table(
        "appeal_recipients",
        sa.Column("appeal_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("opening_ids", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeals.id"], name=op.f("fk_appeal_recipients_appeal_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_appeal_recipients_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal_recipients")),
        sa.UniqueConstraint("appeal_id", "volunteer_id", name=op.f("uq_appeal_recipients_appeal_id_volunteer_id")),
    )
    op.create_index("ix_appeal_recipients_lately", "appeal_recipients", ["volunteer_id", "outcome", "created_at"])


def downgrade() -> None:
    op.drop_table("appeal_recipients")
    op.drop_table("appeals")
