"""Drop the index of a programme's cases by status: SQLite found the docket by it and sorted what it found."""

from alembic import op

revision = "no_programme_and_status"
down_revision = "letters_come_back"


def upgrade() -> None:
    op.drop_index("ix_cases_next", "cases")


def downgrade() -> None:
    op.create_index("ix_cases_next", "cases", ["programme_id", "status", "next_critical_on", "id", "clock_ends_at"])
