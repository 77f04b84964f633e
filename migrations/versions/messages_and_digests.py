"""Correct, read and answer messages, and keep what volunteers were shown and what was reached."""

import sqlalchemy as sa
from alembic import op

revision = "messages_and_digests"
down_revision = "0012"

WHEN = sa.DateTime(timezone=True)
OF_A_FORM = sa.text("once IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(sa.Column("corrects_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("once", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("answer_due_at", WHEN, nullable=True))
        batch_op.create_foreign_key(op.f("fk_messages_corrects_id"), "messages", ["corrects_id"], ["id"])
    op.create_index("ix_messages_answer_due", "messages", ["answer_due_at"])
    op.create_index(
        "one_message_of_a_form", "messages", ["case_id", "once"], unique=True, sqlite_where=OF_A_FORM,
        postgresql_where=OF_A_FORM,
    )  # fmt: skip
    _table("message_marks", "case_id", "user_id", sa.Column("read_to", sa.Integer(), nullable=False))
    op.create_index("ix_message_marks_user_id", "message_marks", ["user_id"])
    _table("volunteer_milestones", "volunteer_id", "kind", sa.Column("kind", sa.String(length=16), nullable=False))
    _table(
        "case_milestones", "case_id", "code", sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False), *_key("case_milestones", "by_id", "users"),
    )  # fmt: skip
    _table("milestone_wishes", "client_id", "", sa.Column("wants", sa.Boolean(), nullable=False))
    _table(
        "digests", "volunteer_id", "period_on", sa.Column("period_on", sa.Date(), nullable=False),
        sa.Column("opening_ids", sa.JSON(), nullable=False),
    )  # fmt: skip
    op.create_index("ix_digests_period_on", "digests", ["period_on", "volunteer_id"])


OF = {"case_id": "cases", "user_id": "users", "volunteer_id": "volunteers", "client_id": "clients"}


def _table(name: str, of: str, once_with: str, *more: sa.schema.SchemaItem) -> None:
    """A table of which one row belongs to each record, or to each pair of a record and something else."""
    unique = [of, once_with] if once_with else [of]
    parts = [*_key(name, of, OF[of]), *(_key(name, once_with, OF[once_with]) if once_with in OF else [])]
    op.create_table(
        name,
        *parts,
        *more,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint(*unique, name=op.f(f"uq_{name}_{'_'.join(unique)}")),
    )


def _key(table: str, column: str, to: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(column, sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}")),
    ]


def downgrade() -> None:
    for name in ("digests", "milestone_wishes", "case_milestones", "volunteer_milestones", "message_marks"):
        op.drop_table(name)
    op.drop_index("one_message_of_a_form", "messages")
    op.drop_index("ix_messages_answer_due", "messages")
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_messages_corrects_id"), type_="foreignkey")
        batch_op.drop_column("answer_due_at")
        batch_op.drop_column("once")
        batch_op.drop_column("corrects_id")
