"""Let a programme keep its offices: each name once, and closed where it is closed."""

import sqlalchemy as sa
from alembic import op

revision = "offices"
down_revision = "shifts"

ONCE = "uq_offices_programme_id_name"


def upgrade() -> None:
    with op.batch_alter_table("offices") as offices:
        offices.add_column(sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True))
        offices.create_unique_constraint(op.f(ONCE), ["programme_id", "name"])


def downgrade() -> None:
    with op.batch_alter_table("offices") as offices:
        offices.drop_constraint(op.f(ONCE), type_="unique")
        offices.drop_column("closed_at")
