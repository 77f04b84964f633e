"""Keep on which day a letter came back and who noted it."""

import sqlalchemy as sa
from alembic import op

revision = "letters_come_back"
down_revision = "figures_by_month"

POSTED_BEFORE, NOTED_BY = "ck_client_letters_posted_before", "fk_client_letters_returned_by_id"


def upgrade() -> None:
    with op.batch_alter_table("client_letters") as letters:
        letters.add_column(sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True))
        letters.add_column(sa.Column("returned_on", sa.Date(), nullable=True))
        letters.add_column(sa.Column("returned_by_id", sa.Integer(), nullable=True))
        letters.create_foreign_key(op.f(NOTED_BY), "users", ["returned_by_id"], ["id"])
        letters.create_check_constraint(op.f(POSTED_BEFORE), "returned_at IS NULL OR posted_at IS NOT NULL")


def downgrade() -> None:
    with op.batch_alter_table("client_letters") as letters:
        letters.drop_constraint(op.f(POSTED_BEFORE), type_="check")
        letters.drop_constraint(op.f(NOTED_BY), type_="foreignkey")
        for name in ("returned_by_id", "returned_on", "returned_at"):
            letters.drop_column(name)
