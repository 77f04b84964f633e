"""Keep one record of every way out of a case for its lead."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

OPEN = "status IN ('draft', 'waiting', 'prepared', 'offered')"
ASKED = "status IN ('chosen', 'asked')"
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "transfers",
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", name="fk_transfers_case_id"), nullable=False),
        sa.Column(
            "assignment_id",
            sa.Integer(),
            sa.ForeignKey("assignments.id", name="fk_transfers_assignment_id"),
            nullable=False,
        ),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(24), nullable=False),
        sa.Column("opened_at", WHEN, nullable=False),
        sa.Column("opened_by_id", sa.Integer(), sa.ForeignKey("users.id", name="fk_transfers_opened_by_id")),
        sa.Column("checklist", sa.LargeBinary()),
        sa.Column("checklist_at", WHEN),
        sa.Column("checklist_by_id", sa.Integer(), sa.ForeignKey("users.id", name="fk_transfers_checklist_by_id")),
        sa.Column("papers", sa.String(16)),
        sa.Column("last_contact_on", sa.Date()),
        sa.Column("next_date_on", sa.Date()),
        sa.Column("court", sa.String(32), nullable=False),
        sa.Column("court_granted_on", sa.Date()),
        sa.Column("custody_taken_at", WHEN),
        sa.Column("consent_id", sa.Integer(), sa.ForeignKey("consents.id", name="fk_transfers_consent_id")),
        sa.Column("receiver_id", sa.Integer(), sa.ForeignKey("volunteers.id", name="fk_transfers_receiver_id")),
        sa.Column(
            "next_assignment_id", sa.Integer(), sa.ForeignKey("assignments.id", name="fk_transfers_next_assignment_id")
        ),
        sa.Column("left_at", WHEN),
        sa.Column("ended_at", WHEN),
        sa.Column("outcome", sa.String(16)),
        sa.Column("root_cause", sa.String(32)),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transfers"),
        sa.UniqueConstraint("public_id", name="uq_transfers_public_id"),
        sa.CheckConstraint("(status IN ('left', 'done')) = (left_at IS NOT NULL)", name="ck_transfers_left"),
        sa.CheckConstraint("status <> 'done' OR root_cause IS NOT NULL", name="ck_transfers_cause"),
        sa.CheckConstraint("kind IN ('hand_back', 'mandatory', 'transfer')", name="ck_transfers_kind"),
        sa.CheckConstraint(
            "status IN ('draft', 'waiting', 'prepared', 'offered', 'left', 'done', 'withdrawn', 'superseded')",
            name="ck_transfers_status",
        ),
        sa.CheckConstraint("court IN ('no', 'needed', 'granted')", name="ck_transfers_court"),
    )
    op.create_index("ix_transfers_assignment_id", "transfers", ["assignment_id"])
    op.create_index("ix_transfers_case_id", "transfers", ["case_id"])
    op.create_index("ix_transfers_changed_at", "transfers", ["changed_at"])
    op.create_index("ix_transfers_left", "transfers", ["left_at"])
    op.create_index("ix_transfers_status", "transfers", ["status", "assignment_id"])
    op.create_index(
        "one_open_transfer",
        "transfers",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text(OPEN),
        postgresql_where=sa.text(OPEN),
    )
    _steps()
    _asks()


def _steps() -> None:
    op.create_table(
        "transfer_steps",
        sa.Column(
            "transfer_id",
            sa.Integer(),
            sa.ForeignKey("transfers.id", name="fk_transfer_steps_transfer_id"),
            nullable=False,
        ),
        sa.Column("step", sa.String(24), nullable=False),
        sa.Column("at", WHEN, nullable=False),
        sa.Column("by_id", sa.Integer(), sa.ForeignKey("users.id", name="fk_transfer_steps_by_id")),
        sa.Column("volunteer_id", sa.Integer(), sa.ForeignKey("volunteers.id", name="fk_transfer_steps_volunteer_id")),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transfer_steps"),
    )
    op.create_index("ix_transfer_steps_transfer_id", "transfer_steps", ["transfer_id"])


def _asks() -> None:
    op.create_table(
        "transfer_asks",
        sa.Column(
            "transfer_id",
            sa.Integer(),
            sa.ForeignKey("transfers.id", name="fk_transfer_asks_transfer_id"),
            nullable=False,
        ),
        sa.Column("case_id", sa.Integer(), sa.ForeignKey("cases.id", name="fk_transfer_asks_case_id"), nullable=False),
        sa.Column(
            "volunteer_id",
            sa.Integer(),
            sa.ForeignKey("volunteers.id", name="fk_transfer_asks_volunteer_id"),
            nullable=False,
        ),
        sa.Column("mentor_id", sa.Integer(), sa.ForeignKey("volunteers.id", name="fk_transfer_asks_mentor_id")),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("checks", sa.JSON(), nullable=False),
        sa.Column("chosen_at", WHEN, nullable=False),
        sa.Column(
            "chosen_by_id",
            sa.Integer(),
            sa.ForeignKey("users.id", name="fk_transfer_asks_chosen_by_id"),
            nullable=False,
        ),
        sa.Column("asked_at", WHEN),
        sa.Column("ends_at", WHEN),
        sa.Column("names_seen_at", WHEN),
        sa.Column("attested_version", sa.Integer()),
        sa.Column("answered_at", WHEN),
        sa.Column("reason", sa.String(24)),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_transfer_asks"),
        sa.UniqueConstraint("public_id", name="uq_transfer_asks_public_id"),
        sa.CheckConstraint("status <> 'accepted' OR attested_version IS NOT NULL", name="ck_transfer_asks_attested"),
        sa.CheckConstraint(
            "status IN ('chosen', 'asked', 'accepted', 'declined', 'conflict', 'expired', 'revoked')",
            name="ck_transfer_asks_status",
        ),
    )
    op.create_index("ix_transfer_asks_case_id", "transfer_asks", ["case_id"])
    op.create_index("ix_transfer_asks_changed_at", "transfer_asks", ["changed_at"])
    op.create_index("ix_transfer_asks_ends", "transfer_asks", ["status", "ends_at"])
    op.create_index("ix_transfer_asks_transfer_id", "transfer_asks", ["transfer_id"])
    op.create_index("ix_transfer_asks_volunteer", "transfer_asks", ["volunteer_id", "status"])
    op.create_index(
        "one_live_ask",
        "transfer_asks",
        ["transfer_id"],
        unique=True,
        sqlite_where=sa.text(ASKED),
        postgresql_where=sa.text(ASKED),
    )


def downgrade() -> None:
    op.drop_table("transfer_asks")
    op.drop_table("transfer_steps")
    op.drop_table("transfers")
