"""Index the docket by county, and let what waits be counted from indexes alone."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

HALVES = {
    "open": "status IN ('prescreen', 'accepted', 'available', 'placed', 'in_service', 'closing')",
    "ended": "status IN ('closed', 'rejected', 'withdrawn', 'returned_to_staff', 'not_placed', "
    "'administratively_closed')",
}
COUNTY = [
    "programme_id", "county", "language", "status", "priority_rank", "points", "id", "number", "next_critical_on",
    "clock_ends_at", "heard_at", "problem_code", "received_at",
]  # fmt: skip
WIDER = (
    ("ix_tasks_open", "tasks", ["programme_id", "done_at", "due_at"], ["owner_role", "owner_id", "cause"]),
    ("ix_cases_clock", "cases", ["status", "clock_ends_at"], ["programme_id"]),
)


def upgrade() -> None:
    for half, where in HALVES.items():
        only = sa.text(where)
        op.create_index(f"ix_cases_{half}_county", "cases", COUNTY, sqlite_where=only, postgresql_where=only)
    for name, table, columns, more in WIDER:
        op.drop_index(name, table)
        op.create_index(name, table, columns + more)


def downgrade() -> None:
    for name, table, columns, _more in WIDER:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
    for half in HALVES:
        op.drop_index(f"ix_cases_{half}_county", "cases")
