"""Keep who was reminded of which critical date, and which dates a volunteer's own firm keeps."""

import sqlalchemy as sa
from alembic import op

revision = "date_reminders"
down_revision = "letters_and_zones"

WHEN = sa.DateTime(timezone=True)
LIVE = sa.text("undone_at IS NULL")


def _link(table: str, column: str, to: str, *, required: bool = True) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(column, sa.Integer(), nullable=not required),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}"),
    ]


def upgrade() -> None:
    op.create_table(
        "date_reminders",
        *_link("date_reminders", "critical_date_id", "critical_dates"),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("for_day", sa.Date(), nullable=False),
        sa.Column("taken_at", WHEN, nullable=False),
        sa.Column("how", sa.String(length=8), nullable=False),
        *_link("date_reminders", "assignment_id", "assignments", required=False),
        *_link("date_reminders", "mail_id", "outbox_mails", required=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_date_reminders"),
        sa.UniqueConstraint(
            "critical_date_id", "audience", "step", "for_day",
            name="uq_date_reminders_critical_date_id_audience_step_for_day",
        ),
    )  # fmt: skip
    op.create_index("ix_date_reminders_mail", "date_reminders", ["mail_id"])
    op.create_table(
        "date_docketings",
        *_link("date_docketings", "critical_date_id", "critical_dates"),
        *_link("date_docketings", "assignment_id", "assignments"),
        sa.Column("for_day", sa.Date(), nullable=False),
        sa.Column("docketed_at", WHEN, nullable=False),
        *_link("date_docketings", "docketed_by_id", "users"),
        sa.Column("undone_at", WHEN, nullable=True),
        *_link("date_docketings", "undone_by_id", "users", required=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_date_docketings"),
    )
    columns = ["critical_date_id", "assignment_id", "for_day"]
    op.create_index(
        "one_docketing", "date_docketings", columns, unique=True, sqlite_where=LIVE, postgresql_where=LIVE
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("date_docketings")
    op.drop_table("date_reminders")
