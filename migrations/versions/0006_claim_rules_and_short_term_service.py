"""Let programmes say which kinds of matter are taken at once, and cases whether they are a clinic's short service."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("cases", sa.Column("short_term_by", sa.String(length=16), nullable=True))
    op.create_table(
        "claim_rules",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_claim_rules_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_rules")),
        sa.UniqueConstraint("programme_id", "category", name=op.f("uq_claim_rules_programme_id_category")),
    )


def downgrade() -> None:
    op.drop_table("claim_rules")
    with op.batch_alter_table("cases") as cases:
        cases.drop_column("short_term_by")
