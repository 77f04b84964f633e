"""Let the cases whose clock ends soon be read by their next date from one index."""

from alembic import op

revision = "0011"
down_revision = "0010"

COLUMNS = ["programme_id", "status", "next_critical_on", "id"]


def upgrade() -> None:
    op.drop_index("ix_cases_next", "cases")
    op.create_index("ix_cases_next", "cases", [*COLUMNS, "clock_ends_at"])


def downgrade() -> None:
    op.drop_index("ix_cases_next", "cases")
    op.create_index("ix_cases_next", "cases", COLUMNS)
