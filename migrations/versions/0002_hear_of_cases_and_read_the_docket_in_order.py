"""Keep on each case when something was last heard of it, and index every order of the docket."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

HALVES = {
    "open": "status IN ('prescreen', 'accepted', 'available', 'placed', 'in_service', 'closing')",
    "ended": "status IN ('closed', 'rejected', 'withdrawn', 'returned_to_staff', 'not_placed', "
    "'administratively_closed')",
}
FILTERED = (
    "status", "county", "language", "problem_code", "received_at", "priority_rank", "heard_at", "clock_ends_at",
)  # fmt: skip
ORDERS = {
    "priority": ("priority_rank", "points DESC", "id DESC"),
    "number": ("number DESC", "id DESC"),
    "next": ("next_critical_on", "id"),
    "clock": ("clock_ends_at", "id"),
    "heard": ("heard_at", "id"),
}
HEARD = """
UPDATE cases SET heard_at = (
  SELECT max(told.at) FROM (
    SELECT started_at AS at FROM assignments WHERE case_id = cases.id AND role = 'lead'
    UNION ALL SELECT answered_at FROM checkins WHERE case_id = cases.id
    UNION ALL SELECT at FROM contact_attempts WHERE case_id = cases.id AND reached
    UNION ALL SELECT created_at FROM time_entries WHERE case_id = cases.id AND removed_at IS NULL
    UNION ALL SELECT created_at FROM notes WHERE case_id = cases.id
  ) AS told
)
"""
OLD = (
    "programme_id", "status", "priority_rank", "points", "id", "county", "language", "problem_code", "received_at",
)  # fmt: skip


def _indexes():
    for order, columns in ORDERS.items():
        names = {column.partition(" ")[0] for column in columns}
        more = [column for column in FILTERED if column not in names]
        for half, where in HALVES.items():
            if (half, order) != ("ended", "heard"):
                yield f"ix_cases_{half}_{order}", ["programme_id", *columns, *more], sa.text(where)


def upgrade() -> None:
    op.add_column("cases", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(HEARD)
    op.drop_index("ix_cases_docket", "cases")
    for name, columns, where in _indexes():
        terms = [sa.text(column) if " " in column else column for column in columns]
        op.create_index(name, "cases", terms, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, _columns, _where in _indexes():
        op.drop_index(name, "cases")
    op.create_index("ix_cases_docket", "cases", list(OLD))
    op.drop_column("cases", "heard_at")
