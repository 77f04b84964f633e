"""Let escalations climb by rules, keep each of their steps, and know who of the staff is away."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

WHEN = sa.DateTime(timezone=True)
WAITS = sa.text("closed_at IS NULL AND ran_out_at IS NULL")
CLIMBS = sa.text("step IN ('opened', 'raised')")
PEOPLE = ("volunteer_id", "responsible_id", "taken_by_id")
MOMENTS = ("taken_at", "responded_at", "ran_out_at", "attorney_told_at")


def upgrade() -> None:
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("occasion", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("rules_number", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("rule_key", sa.String(length=32), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("note", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("round", sa.Integer(), nullable=False, server_default="1"))
        batch_op.add_column(sa.Column("in_time", sa.Boolean(), nullable=True))
        for name in MOMENTS:
            batch_op.add_column(sa.Column(name, WHEN, nullable=True))
        for name in PEOPLE:
            batch_op.add_column(sa.Column(name, sa.Integer(), nullable=True))
            table = "volunteers" if name == "volunteer_id" else "users"
            batch_op.create_foreign_key(op.f(f"fk_escalations_{name}"), table, [name], ["id"])
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        for name, kind in (("occasion", sa.String(length=40)), ("rule_key", sa.String(length=32))):
            batch_op.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)
        batch_op.alter_column("round", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    op.create_index("ix_escalations_opened_at", "escalations", ["opened_at"])
    op.create_index("ix_escalations_waits", "escalations", ["respond_by"], sqlite_where=WAITS, postgresql_where=WAITS)
    _create_steps()
    _create_rules()
    _create_absences()
    op.execute(
        "INSERT INTO escalation_steps (escalation_id, step, round, level, at, created_at) "
        "SELECT id, 'opened', 1, 1, opened_at, created_at FROM escalations"
    )


def _create_steps() -> None:
    op.create_table(
        "escalation_steps",
        sa.Column("escalation_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=24), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("why", sa.String(length=24), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_escalation_steps_by_id")),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalations.id"], name=op.f("fk_escalation_steps_escalation_id")),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_escalation_steps_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_steps")),
    )
    op.create_index("ix_escalation_steps_escalation_id", "escalation_steps", ["escalation_id"])
    op.create_index("one_step_to_a_level", "escalation_steps", ["escalation_id", "round", "level"], unique=True,
                    sqlite_where=CLIMBS, postgresql_where=CLIMBS)  # fmt: skip


def _create_rules() -> None:
    op.create_table(
        "escalation_rules",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["changed_by_id"], ["users.id"], name=op.f("fk_escalation_rules_changed_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_escalation_rules_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_rules")),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_escalation_rules_programme_id_number")),
    )


def _create_absences() -> None:
    op.create_table(
        "absences",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", WHEN, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_absences_days")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["users.id"], name=op.f("fk_absences_stand_in_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_absences_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
        sa.UniqueConstraint("public_id", name=op.f("uq_absences_public_id")),
    )
    op.create_index("ix_absences_changed_at", "absences", ["changed_at"])
    op.create_index("ix_absences_user", "absences", ["user_id", "until_on"])


def downgrade() -> None:
    for table in ("absences", "escalation_rules", "escalation_steps"):
        op.drop_table(table)
    op.drop_index("ix_escalations_waits", "escalations")
    op.drop_index("ix_escalations_opened_at", "escalations")
    with op.batch_alter_table("escalations", schema=None) as batch_op:
        for name in PEOPLE:
            batch_op.drop_constraint(op.f(f"fk_escalations_{name}"), type_="foreignkey")
        for name in (*PEOPLE, *MOMENTS, "in_time", "round", "note", "rule_key", "rules_number", "occasion"):
            batch_op.drop_column(name)
