"""Let a programme say which of its counties are rural."""

import sqlalchemy as sa
from alembic import op

revision = "rural_counties"
down_revision = "people_again"


def upgrade() -> None:
    op.add_column("programmes", sa.Column("rural_counties", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("programmes", "rural_counties")
