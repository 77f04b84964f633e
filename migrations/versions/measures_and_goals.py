"""Keep figures by month, where each case counted, goals of people, and views somebody arranged."""

import sqlalchemy as sa
from alembic import op

revision = "measures_and_goals"
down_revision = "public_pages_and_stories"

WHEN = sa.DateTime(timezone=True)
SLICE = ["programme_id", "dimension", "on_day", "grant_id", "measure", "member", "value"]
READ = {  # the indexes that were there before
    "ix_day_figures_read": ["programme_id", "measure", "dimension", "on_day"],
    "ix_day_figures_grant": ["grant_id", "measure", "dimension", "on_day"],
}
BY_DAY = (  # what figures read by its day
    ("ix_time_entries_day", "time_entries", ["on_day"]),
    ("ix_closing_reports_approved_at", "closing_reports", ["approved_at"]),
    ("ix_assignments_started", "assignments", ["started_at"]),
    ("ix_assignments_letter", "assignments", ["letter_due_on"]),
    ("ix_case_moves_at", "case_moves", ["at"]),
    ("ix_cases_received", "cases", ["programme_id", "received_at"]),
    ("ix_tasks_cause", "tasks", ["cause", "due_at"]),
)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *parts,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=f"fk_{name}_programme_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
    )


def _column(name: str, kind: sa.types.TypeEngine, *, null: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=null)


def _months() -> None:
    _table(
        "month_figures",
        _column("on_day", sa.Date()),
        _column("grant_id", sa.Integer(), null=True),
        _column("measure", sa.String(length=40)),
        _column("dimension", sa.String(length=16)),
        _column("member", sa.String(length=40)),
        _column("value", sa.Integer()),
        _column("histogram", sa.JSON(), null=True),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_month_figures_grant_id"),
        sa.UniqueConstraint(
            "programme_id", "on_day", "measure", "grant_id", "dimension", "member",
            name=op.f("uq_month_figures_programme_id_on_day_measure_grant_id_dimension_member"),  # PostgreSQL: shortened
        ),
    )  # fmt: skip
    op.create_index("ix_month_figures_slice", "month_figures", SLICE)


def _where_counted() -> None:
    _table(
        "counted_months",
        _column("case_id", sa.Integer()),
        _column("month_on", sa.Date()),
        _column("days", sa.Integer()),
        sa.UniqueConstraint("case_id", "month_on", name="uq_counted_months_case_id_month_on"),
    )
    op.create_index("ix_counted_months_month", "counted_months", ["programme_id", "month_on", "case_id"])
    _table(
        "roll_up_states",
        _column("run", sa.Integer()),
        _column("settings", sa.String(length=64)),
        _column("firms", sa.JSON()),
        sa.UniqueConstraint("programme_id", name="uq_roll_up_states_programme_id"),
    )


def _views() -> None:
    _table(
        "saved_views",
        _column("user_id", sa.Integer()),
        _column("name", sa.String(length=60)),
        _column("query", sa.String(length=300)),
        _column("public_id", sa.String(length=16)),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_saved_views_user_id"),
        sa.UniqueConstraint("public_id", name="uq_saved_views_public_id"),
        sa.UniqueConstraint("user_id", "programme_id", "name", name="uq_saved_views_user_id_programme_id_name"),
    )


def upgrade() -> None:
    _months()
    _where_counted()
    _views()
    for name in READ:
        op.drop_index(name, "day_figures")
    op.create_index("ix_day_figures_slice", "day_figures", SLICE)
    for name, table, columns in BY_DAY:
        op.create_index(name, table, columns)
    with op.batch_alter_table("goals") as goals:
        goals.add_column(sa.Column("set_by_id", sa.Integer(), nullable=True))
        goals.add_column(sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
        goals.add_column(sa.Column("changed_at", WHEN, nullable=False, server_default=sa.func.now()))
        goals.create_foreign_key("fk_goals_set_by_id", "users", ["set_by_id"], ["id"])
    with op.batch_alter_table("goals") as goals:
        goals.alter_column("version", server_default=None)
        goals.alter_column("changed_at", server_default=None)
    op.create_index("ix_goals_changed_at", "goals", ["changed_at"])
    alone = sa.text("grant_id IS NULL")
    op.create_index(
        "one_goal_of_a_programme", "goals", ["programme_id", "measure", "starts_on", "ends_on"], unique=True,
        sqlite_where=alone, postgresql_where=alone,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("one_goal_of_a_programme", "goals")
    op.drop_index("ix_goals_changed_at", "goals")
    with op.batch_alter_table("goals") as goals:
        goals.drop_constraint("fk_goals_set_by_id", type_="foreignkey")
        for name in ("changed_at", "version", "set_by_id"):
            goals.drop_column(name)
    for name, table, _columns in reversed(BY_DAY):
        op.drop_index(name, table)
    op.drop_index("ix_day_figures_slice", "day_figures")
    for name, columns in READ.items():
        op.create_index(name, "day_figures", columns)
    for table in ("saved_views", "roll_up_states", "counted_months", "month_figures"):
        op.drop_table(table)
