"""Count a household once a period: what two closed cases of one client have in common, and under what it stands."""

import sqlalchemy as sa
from alembic import op

revision = "people_again"
down_revision = "letters_come_back"

SLICE = ["programme_id", "grant_id", "on_day", "before_on", "cases"]
HEADINGS = ("category", "county", "language", "priority", "office")


def upgrade() -> None:
    for name in ("people", "children"):
        op.add_column("clients_again", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for name in HEADINGS:
        op.add_column("clients_again", sa.Column(name, sa.String(length=40), nullable=True))
    op.drop_index("ix_clients_again_slice", "clients_again")
    op.create_index("ix_clients_again_slice", "clients_again", [*SLICE, "people", "children", *HEADINGS])


def downgrade() -> None:
    op.drop_index("ix_clients_again_slice", "clients_again")
    with op.batch_alter_table("clients_again") as again:
        for name in (*HEADINGS, "children", "people"):
            again.drop_column(name)
    op.create_index("ix_clients_again_slice", "clients_again", SLICE)
