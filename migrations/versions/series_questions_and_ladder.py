"""Keep series and questions in versions, every step of a ladder once, leave, and one mail a day for each address."""

import sqlalchemy as sa
from alembic import op

revision = "series_and_ladder"
down_revision = "pace_and_beats"

WHEN = sa.DateTime(timezone=True)
INTO = ["checkin_id", "step", "taken_at", "created_at"]
STEPS = (
    ("asked", "sent_at"), ("reminded", "reminded_at"), ("reminded_again", "reminded_again_at"),
    ("handed_over", "handed_over_at"),
)  # fmt: skip


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name, *parts, sa.Column("id", sa.Integer(), nullable=False), sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
    )  # fmt: skip


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _number(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=nullable)


def _text(name: str, length: int, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def upgrade() -> None:
    _series()
    _ladder()
    _table(
        "leaves", _number("volunteer_id"), sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False), _number("announced_by_id"),
        sa.Column("ended_at", WHEN, nullable=True), _text("public_id", 16), _number("version"),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_leaves_ends_after_it_begins")),
        _to("leaves", "volunteer_id", "volunteers"), _to("leaves", "announced_by_id", "users"),
        sa.UniqueConstraint("public_id", name=op.f("uq_leaves_public_id")),
    )  # fmt: skip
    op.create_index("ix_leaves_volunteer", "leaves", ["volunteer_id", "until_on"])
    op.create_index("ix_leaves_changed_at", "leaves", ["changed_at"])


def _series() -> None:
    op.drop_index("ix_series_rules_changed_at", "series_rules")
    op.drop_table("series_rules")
    _table(
        "series_versions", _number("programme_id"), _number("number"), sa.Column("rules", sa.JSON(), nullable=False),
        _text("reason", 200), _number("made_by_id"), _to("series_versions", "programme_id", "programmes"),
        _to("series_versions", "made_by_id", "users"),
        sa.UniqueConstraint("programme_id", "number", name=op.f("uq_series_versions_programme_id_number")),
    )  # fmt: skip
    _table(
        "series_pauses", _number("case_id"), sa.Column("paused_at", WHEN, nullable=False),
        sa.Column("resumed_at", WHEN, nullable=False), _to("series_pauses", "case_id", "cases"),
    )  # fmt: skip
    op.create_index("ix_series_pauses_case", "series_pauses", ["case_id", "paused_at"])
    _table(
        "question_sets", _text("key", 24), _number("number"), sa.Column("questions", sa.JSON(), nullable=False),
        _text("reason", 200), _number("made_by_id"), _to("question_sets", "made_by_id", "users"),
        sa.UniqueConstraint("key", "number", name=op.f("uq_question_sets_key_number")),
    )  # fmt: skip


def _ladder() -> None:
    with op.batch_alter_table("checkins", schema=None) as checkins:
        checkins.add_column(sa.Column("questions_number", sa.Integer(), nullable=False, server_default="0"))
        checkins.add_column(_number("stands_in_for_id", nullable=True))
        checkins.create_foreign_key(op.f("fk_checkins_stands_in_for_id"), "checkins", ["stands_in_for_id"], ["id"])
    with op.batch_alter_table("checkins", schema=None) as checkins:
        checkins.alter_column("questions_number", existing_type=sa.Integer(), server_default=None)
    _table(
        "checkin_steps", _number("checkin_id"), _text("step", 16), sa.Column("taken_at", WHEN, nullable=False),
        _text("bundle", 16, nullable=True), _to("checkin_steps", "checkin_id", "checkins"),
        sa.UniqueConstraint("checkin_id", "step", name=op.f("uq_checkin_steps_checkin_id_step")),
    )  # fmt: skip
    op.create_index("ix_checkin_steps_bundle", "checkin_steps", ["bundle"])
    for step, moment in STEPS:
        came = sa.column(moment)
        taken = sa.select(sa.column("id"), sa.literal(step), came, came).select_from(sa.table("checkins"))
        op.execute(
            sa.insert(sa.table("checkin_steps", *(sa.column(name) for name in INTO)))
            .from_select(INTO, taken.where(came.is_not(None)))
        )  # fmt: skip
    _table(
        "mail_days", _text("to_hash", 40), sa.Column("on_day", sa.Date(), nullable=False),
        sa.UniqueConstraint("to_hash", "on_day", name=op.f("uq_mail_days_to_hash_on_day")),
    )  # fmt: skip


def downgrade() -> None:
    for name in ("mail_days", "checkin_steps", "question_sets", "series_pauses", "series_versions", "leaves"):
        op.drop_table(name)
    with op.batch_alter_table("checkins", schema=None) as checkins:
        checkins.drop_constraint(op.f("fk_checkins_stands_in_for_id"), type_="foreignkey")
        checkins.drop_column("stands_in_for_id")
        checkins.drop_column("questions_number")
    _series_rules_again()


def _series_rules_again() -> None:
    _table(
        "series_rules", _number("programme_id", nullable=True), _text("key", 32), _text("audience", 32),
        _text("anchor", 24), _number("days"), sa.Column("business", sa.Boolean(), nullable=False),
        sa.Column("repeats", sa.Boolean(), nullable=False), _text("matter", 24, nullable=True), _text("questions", 24),
        sa.Column("ended_at", WHEN, nullable=True), _number("version"), sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("audience IN ('client', 'volunteer')", name=op.f("ck_series_rules_audience")),
        _to("series_rules", "programme_id", "programmes"),
        sa.UniqueConstraint("programme_id", "key", name=op.f("uq_series_rules_programme_id_key")),
    )  # fmt: skip
    op.create_index("ix_series_rules_changed_at", "series_rules", ["changed_at"])
