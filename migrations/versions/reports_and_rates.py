"""Keep what an hour is worth, reports that make themselves, and certificates of hours."""

import sqlalchemy as sa
from alembic import op

revision = "reports_and_rates"
down_revision = "lease_unindexed"

WHEN = sa.DateTime(timezone=True)
TABLES = ("certificates", "report_runs", "report_recipients", "report_schedules", "hour_rates")


def _row(name: str, *parts: sa.schema.SchemaItem, public: bool = True) -> None:
    """A table with its key, the moment a row was made and, unless said, an id that may leave the house."""
    outside = [
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.UniqueConstraint("public_id", name=f"uq_{name}_public_id"),
    ]
    op.create_table(
        name,
        *parts,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *(outside if public else []),
    )


def _link(table: str, column: str, to: str, *, required: bool = True) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(column, sa.Integer(), nullable=not required),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}"),
    ]


def _live(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _rates()
    _schedules()
    _runs()
    _certificates()


def _rates() -> None:
    _row(
        "hour_rates",
        *_link("hour_rates", "programme_id", "programmes"),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("cents", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("source", sa.String(length=200), nullable=False),
        *_link("hour_rates", "entered_by_id", "users"),
        sa.Column("removed_at", WHEN, nullable=True),
        sa.CheckConstraint("cents > 0", name="ck_hour_rates_some"),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="ck_hour_rates_order"),
        sa.CheckConstraint("length(source) > 0", name="ck_hour_rates_sourced"),
    )
    _live("one_rate_from_a_day", "hour_rates", ["programme_id", "role", "valid_from"], "removed_at IS NULL")
    _live("one_open_rate", "hour_rates", ["programme_id", "role"], "valid_until IS NULL AND removed_at IS NULL")


def _schedules() -> None:
    _row(
        "report_schedules",
        *_link("report_schedules", "programme_id", "programmes"),
        sa.Column(
            "kind", sa.Enum("lsc", "grant", "board", name="kind", native_enum=False, length=32), nullable=False
        ),
        *_link("report_schedules", "grant_id", "grants", required=False),
        sa.Column("every", sa.String(length=12), nullable=False),
        sa.Column("next_on", sa.Date(), nullable=False),
        sa.Column("to_funder", sa.Boolean(), nullable=False),
        *_link("report_schedules", "made_by_id", "users"),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("kind <> 'grant' OR grant_id IS NOT NULL", name="ck_report_schedules_grants_own"),
        sa.CheckConstraint("NOT to_funder OR kind = 'grant'", name="ck_report_schedules_funders_own"),
        sa.CheckConstraint("kind IN ('lsc', 'grant', 'board')", name="ck_report_schedules_kind"),
    )
    op.create_index("ix_report_schedules_programme_id", "report_schedules", ["programme_id"])
    op.create_index("ix_report_schedules_changed_at", "report_schedules", ["changed_at"])
    op.create_index("ix_report_schedules_due", "report_schedules", ["ended_at", "next_on"])
    _live("one_schedule", "report_schedules", ["programme_id", "kind", "every"], "ended_at IS NULL AND grant_id IS NULL")
    _live(
        "one_schedule_of_a_grant", "report_schedules", ["grant_id", "kind", "every"],
        "ended_at IS NULL AND grant_id IS NOT NULL",
    )
    _row(
        "report_recipients",
        *_link("report_recipients", "schedule_id", "report_schedules"),
        *_link("report_recipients", "user_id", "users"),
        sa.UniqueConstraint("schedule_id", "user_id", name="uq_report_recipients_schedule_id_user_id"),
        public=False,
    )
    op.create_index("ix_report_recipients_user_id", "report_recipients", ["user_id"])


def _runs() -> None:
    _row(
        "report_runs",
        *_link("report_runs", "schedule_id", "report_schedules"),
        *_link("report_runs", "programme_id", "programmes"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("contents", sa.LargeBinary(), nullable=False),
        sa.Column("funder_told_at", WHEN, nullable=True),
        sa.UniqueConstraint("schedule_id", "starts_on", name="uq_report_runs_schedule_id_starts_on"),
    )
    op.create_index("ix_report_runs_programme", "report_runs", ["programme_id", "id"])


def _certificates() -> None:
    _row(
        "certificates",
        *_link("certificates", "volunteer_id", "volunteers"),
        *_link("certificates", "programme_id", "programmes"),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=False),
        sa.Column("code_hash", sa.String(length=40), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("revoked_at", WHEN, nullable=True),
        *_link("certificates", "revoked_by_id", "users", required=False),
        sa.UniqueConstraint("code_hash", name="uq_certificates_code_hash"),
    )
    op.create_index("ix_certificates_volunteer_id", "certificates", ["volunteer_id"])
    op.create_index("ix_certificates_programme_id", "certificates", ["programme_id"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
