"""Let openings speak for themselves, students work beside an attorney, and packages be reported done."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROLES = ["attorney", "student", "graduate", "paralegal", "interpreter", "mentor"]


def upgrade() -> None:
    _allow_roles([*ROLES, "social_worker"])
    op.add_column("openings", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("openings", sa.Column("takers", sa.JSON(), nullable=True))
    op.add_column("openings", sa.Column("level", sa.String(length=12), nullable=True))
    op.add_column("openings", sa.Column("in_person", sa.Boolean(), nullable=True))
    op.add_column("openings", sa.Column("ends_on", sa.Date(), nullable=True))
    op.add_column("assignments", sa.Column("acts_as", sa.String(length=16), nullable=True))
    of_a_role = sa.text("package IS NULL AND status <> 'closed'")
    of_a_name = sa.text("package IS NOT NULL AND status <> 'closed'")
    op.create_index("one_opening_of_a_role", "openings", ["case_id", "role"], unique=True,
                    sqlite_where=of_a_role, postgresql_where=of_a_role)  # fmt: skip
    op.create_index("one_package_of_a_name", "openings", ["case_id", "package"], unique=True,
                    sqlite_where=of_a_name, postgresql_where=of_a_name)  # fmt: skip
    _create_supervisions()
    _create_package_reports()


def _create_supervisions() -> None:
    op.create_table(
        "supervisions",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_supervisions_case_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_supervisions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervisions")),
    )
    op.create_index(op.f("ix_supervisions_case_id"), "supervisions", ["case_id"])
    op.create_index(op.f("ix_supervisions_user_id"), "supervisions", ["user_id"])
    live = sa.text("until_at IS NULL")
    op.create_index("one_supervision", "supervisions", ["case_id"], unique=True,
                    sqlite_where=live, postgresql_where=live)  # fmt: skip


def _create_package_reports() -> None:
    op.create_table(
        "package_reports",
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_id", sa.Integer(), nullable=True),
        sa.Column("return_reason", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hundredths > 0", name=op.f("ck_package_reports_some")),
        sa.CheckConstraint("status IN ('reported', 'returned', 'approved')", name=op.f("ck_package_reports_status")),
        sa.ForeignKeyConstraint(["answered_by_id"], ["users.id"], name=op.f("fk_package_reports_answered_by_id")),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignments.id"], name=op.f("fk_package_reports_assignment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_reports")),
        sa.UniqueConstraint("public_id", name=op.f("uq_package_reports_public_id")),
    )
    op.create_index(op.f("ix_package_reports_assignment_id"), "package_reports", ["assignment_id"])
    op.create_index(op.f("ix_package_reports_changed_at"), "package_reports", ["changed_at"])
    live = sa.text("status IN ('reported', 'approved')")
    op.create_index("one_live_package_report", "package_reports", ["assignment_id"], unique=True,
                    sqlite_where=live, postgresql_where=live)  # fmt: skip


def _allow_roles(roles: list[str]) -> None:
    values = ", ".join(f"'{role}'" for role in roles)
    with op.batch_alter_table("requirements", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_requirements_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_requirements_role"), f"role IN ({values})")


def downgrade() -> None:
    op.drop_table("package_reports")
    op.drop_table("supervisions")
    op.drop_index("one_package_of_a_name", table_name="openings")
    op.drop_index("one_opening_of_a_role", table_name="openings")
    op.drop_column("assignments", "acts_as")
    for column in ("ends_on", "in_person", "level", "takers", "text"):
        op.drop_column("openings", column)
    op.execute("DELETE FROM requirements WHERE role = 'social_worker'")
    _allow_roles(ROLES)
