"""Keep figures by month and year with the days inside, and who was a client again; all are counted anew."""

import sqlalchemy as sa
from alembic import op

revision = "figures_by_month"
down_revision = "date_reminders"

WHEN = sa.DateTime(timezone=True)
CELL = ["grant_id", "measure", "dimension", "member"]


def _column(name: str, kind: sa.types.TypeEngine, *, null: bool = False) -> sa.Column:
    return sa.Column(name, kind, nullable=null)


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


def _cell(name: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        _column("grant_id", sa.Integer(), null=True),
        _column("measure", sa.String(length=40)),
        _column("dimension", sa.String(length=16)),
        _column("member", sa.String(length=40)),
        _column("value", sa.Integer()),
        _column("histogram", sa.JSON(), null=True),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=f"fk_{name}_grant_id"),
    )


def _count(was: str, now: str) -> None:
    """What a run counted; none has counted yet what is stored from here on."""
    op.execute(sa.text("UPDATE roll_ups SET finished_at = NULL"))
    with op.batch_alter_table("roll_ups") as runs:
        runs.drop_column(was)
        runs.add_column(sa.Column(now, sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("roll_ups") as runs:
        runs.alter_column(now, server_default=None)


def upgrade() -> None:
    for name in ("day_figures", "month_figures", "counted_months"):
        op.drop_table(name)
    _table(
        "stored_figures",
        _column("months", sa.Integer()),
        _column("starts_on", sa.Date()),
        *_cell("stored_figures"),
        _column("by_day", sa.JSON(), null=True),
        sa.UniqueConstraint(
            "programme_id", "months", "starts_on", "grant_id", "dimension", "measure", "member",
            name="uq_stored_figures_cell",
        ),
    )  # fmt: skip
    slice_of = ["programme_id", "dimension", "months", "starts_on", "grant_id", "measure", "member", "value"]
    op.create_index("ix_stored_figures_slice", "stored_figures", slice_of)
    _table(
        "clients_again",
        _column("grant_id", sa.Integer(), null=True),
        _column("on_day", sa.Date()),
        _column("before_on", sa.Date()),
        _column("cases", sa.Integer()),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name="fk_clients_again_grant_id"),
    )
    again = ["programme_id", "grant_id", "on_day", "before_on", "cases"]
    op.create_index("ix_clients_again_slice", "clients_again", again)
    _table(
        "counted_years",
        _column("case_id", sa.Integer()),
        _column("year", sa.Integer()),
        _column("months", sa.Integer()),
        sa.UniqueConstraint("case_id", "year", name="uq_counted_years_case_id_year"),
    )
    op.create_index("ix_counted_years_year", "counted_years", ["programme_id", "year", "case_id"])
    _count("days", "months")
    op.create_index("ix_assignments_taken", "assignments", ["volunteer_id", "started_at", "case_id"])


def downgrade() -> None:
    op.drop_index("ix_assignments_taken", "assignments")
    _count("months", "days")
    for name in ("counted_years", "clients_again", "stored_figures"):
        op.drop_table(name)
    for name in ("day_figures", "month_figures"):
        _table(
            name,
            _column("on_day", sa.Date()),
            *_cell(name),
            sa.UniqueConstraint(
                "programme_id", "on_day", "measure", "grant_id", "dimension", "member",
                name=op.f(f"uq_{name}_programme_id_on_day_measure_grant_id_dimension_member"),
            ),
        )  # fmt: skip
        slice_of = ["programme_id", "dimension", "on_day", "grant_id", "measure", "member", "value"]
        op.create_index(f"ix_{name}_slice", name, slice_of)
    _table(
        "counted_months",
        _column("case_id", sa.Integer()),
        _column("month_on", sa.Date()),
        _column("days", sa.Integer()),
        sa.UniqueConstraint("case_id", "month_on", name="uq_counted_months_case_id_month_on"),
    )
    op.create_index("ix_counted_months_month", "counted_months", ["programme_id", "month_on", "case_id"])
