"""Let workers keep one pace for the post, find what waits in an index of its own, and processes say that they live."""

import sqlalchemy as sa
from alembic import op

revision = "pace_and_beats"
down_revision = "docket_changes"

WAITING = "status IN ('queued', 'retrying') OR (status = 'parked' AND harmless_twice)"
ON_THE_WAY = "status = 'sending'"


def upgrade() -> None:
    op.create_table(
        "mail_lanes",
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_lanes")),
        sa.UniqueConstraint("lane", name=op.f("uq_mail_lanes_lane")),
    )
    op.create_table(
        "process_beats",
        sa.Column("process", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skew_seconds", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_process_beats")),
        sa.UniqueConstraint("process", "part", name=op.f("uq_process_beats_process_part")),
    )
    op.add_column("outbox_mails", sa.Column("lane", sa.String(length=40), nullable=True))
    _index("ix_outbox_mails_waiting", ["due_at", "id"], WAITING)
    _index("ix_outbox_mails_on_the_way", ["lease_until"], ON_THE_WAY)
    op.create_index("ix_outbox_mails_state", "outbox_mails", ["programme_id", "status", "id"])
    op.create_index("ix_outbox_mails_programme", "outbox_mails", ["programme_id", "id"])
    op.drop_index("ix_outbox_mails_due", "outbox_mails")
    op.drop_index("ix_outbox_mails_programme_id", "outbox_mails")


def _index(name: str, columns: list[str], where: str) -> None:
    only = sa.text(where)
    op.create_index(name, "outbox_mails", columns, sqlite_where=only, postgresql_where=only)


def downgrade() -> None:
    op.create_index("ix_outbox_mails_programme_id", "outbox_mails", ["programme_id"])
    op.create_index("ix_outbox_mails_due", "outbox_mails", ["status", "due_at"])
    for name in ("programme", "state", "on_the_way", "waiting"):
        op.drop_index(f"ix_outbox_mails_{name}", "outbox_mails")
    op.drop_column("outbox_mails", "lane")
    op.drop_table("process_beats")
    op.drop_table("mail_lanes")
