"""Say under which firm a client's older case stands, so that people helped can be told by firm as well."""

import sqlalchemy as sa
from alembic import op

revision = "people_by_firm"
down_revision = "one_person"

SLICE = "ix_clients_again_slice"
COLUMNS = [
    "programme_id", "grant_id", "on_day", "before_on", "cases", "people", "children", "category", "county", "language",
    "priority", "office",
]  # fmt: skip


def upgrade() -> None:
    op.add_column("clients_again", sa.Column("firm", sa.String(40), nullable=True))
    op.drop_index(SLICE, table_name="clients_again")
    op.create_index(SLICE, "clients_again", [*COLUMNS, "firm"])


def downgrade() -> None:
    op.drop_index(SLICE, table_name="clients_again")
    op.create_index(SLICE, "clients_again", COLUMNS)
    with op.batch_alter_table("clients_again") as again:
        again.drop_column("firm")
