"""Keep what clients were told and want, each programme's own words, mail that came back, and what surveys said."""

import sqlalchemy as sa
from alembic import op

revision = "updates_and_surveys"
down_revision = "series_and_ladder"

WHEN = sa.DateTime(timezone=True)
CURRENT = sa.text("replaced_at IS NULL")
LIVE = sa.text("lifted_at IS NULL")
SURVEYS = {
    "ix_surveys_case_id": ["case_id"],
    "ix_surveys_volunteer_id": ["volunteer_id"],
    "ix_surveys_changed_at": ["changed_at"],
    "ix_surveys_due": ["sent_at", "due_at"],
    "ix_surveys_answered": ["answered_at"],
}
TABLES = ("stopped_addresses", "client_updates", "client_choices", "bounce_reports", "mail_choices", "message_texts")


def upgrade() -> None:
    op.create_table(
        "message_texts",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.Column("made_by_id", sa.Integer(), nullable=False),
        sa.Column("made_at", WHEN, nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["made_by_id"], ["users.id"], name=op.f("fk_message_texts_made_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_message_texts_programme_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_texts")),
        sa.UniqueConstraint(
            "programme_id",
            "occasion",
            "language",
            "number",
            name=op.f("uq_message_texts_programme_id_occasion_language_number"),
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_message_texts_public_id")),
    )
    op.create_table(
        "mail_choices",
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("appeals", sa.Boolean(), nullable=False),
        sa.Column("thanks", sa.Boolean(), nullable=False),
        sa.Column("survey", sa.Boolean(), nullable=False),
        sa.Column("no_mails_at", WHEN, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_mail_choices_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_choices")),
        sa.UniqueConstraint("volunteer_id", name=op.f("uq_mail_choices_volunteer_id")),
    )
    op.create_index("ix_mail_choices_changed_at", "mail_choices", ["changed_at"])

    op.create_table(
        "bounce_reports",
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("heard_from", sa.String(length=12), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox_mails.id"], name=op.f("fk_bounce_reports_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounce_reports")),
        sa.UniqueConstraint("mail_id", "kind", "attempt", name=op.f("uq_bounce_reports_mail_id_kind_attempt")),
    )
    op.create_table(
        "client_choices",
        sa.Column("client_id", sa.Integer(), nullable=False),
        sa.Column("still_every", sa.Integer(), nullable=False),
        sa.Column("progress", sa.Boolean(), nullable=False),
        sa.Column("questions_by_mail", sa.Boolean(), nullable=False),
        sa.Column("survey", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["clients.id"], name=op.f("fk_client_choices_client_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_choices")),
        sa.UniqueConstraint("client_id", name=op.f("uq_client_choices_client_id")),
    )
    op.create_index("ix_client_choices_changed_at", "client_choices", ["changed_at"])

    op.create_table(
        "client_updates",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=24), nullable=False),
        sa.Column("once", sa.String(length=60), nullable=False),
        sa.Column("told_at", WHEN, nullable=False),
        sa.Column("by_call", sa.Boolean(), nullable=False),
        sa.Column("again_at", WHEN, nullable=True),
        sa.Column("mail_id", sa.Integer(), nullable=True),
        sa.Column("replaced_at", WHEN, nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_client_updates_case_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox_mails.id"], name=op.f("fk_client_updates_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_client_updates")),
        sa.UniqueConstraint("case_id", "once", name=op.f("uq_client_updates_case_id_once")),
    )
    op.create_index(
        "one_current_update", "client_updates", ["case_id"], unique=True, sqlite_where=CURRENT, postgresql_where=CURRENT
    )

    op.create_table(
        "stopped_addresses",
        sa.Column("address_hash", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("mail_id", sa.Integer(), nullable=False),
        sa.Column("stopped_at", WHEN, nullable=False),
        sa.Column("lifted_at", WHEN, nullable=True),
        sa.Column("lifted_by_id", sa.Integer(), nullable=True),
        sa.Column("lift_reason", sa.LargeBinary(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["lifted_by_id"], ["users.id"], name=op.f("fk_stopped_addresses_lifted_by_id")),
        sa.ForeignKeyConstraint(["mail_id"], ["outbox_mails.id"], name=op.f("fk_stopped_addresses_mail_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stopped_addresses")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stopped_addresses_public_id")),
    )
    op.create_index("ix_stopped_addresses_address_hash", "stopped_addresses", ["address_hash"])
    op.create_index(
        "one_stopped_address",
        "stopped_addresses",
        ["address_hash"],
        unique=True,
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )

    op.create_index("ix_outbox_mails_message", "outbox_mails", ["message_id"])
    op.drop_table("surveys")  # nothing was ever written to it
    _create_surveys()


def _create_surveys() -> None:
    op.create_table(
        "surveys",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("move_id", sa.Integer(), nullable=False),
        sa.Column(
            "audience", sa.Enum("client", "volunteer", name="audience", native_enum=False, length=32), nullable=False
        ),
        sa.Column("volunteer_id", sa.Integer(), nullable=True),
        sa.Column("due_at", WHEN, nullable=False),
        sa.Column("sent_at", WHEN, nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=True),
        sa.Column("ends_at", WHEN, nullable=False),
        sa.Column("answered_at", WHEN, nullable=True),
        sa.Column("how", sa.String(length=8), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("may_quote", sa.Boolean(), nullable=False),
        sa.Column("complains", sa.Boolean(), nullable=False),
        sa.Column("quote", sa.LargeBinary(), nullable=True),
        sa.Column("released_at", WHEN, nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", WHEN, nullable=False),
        sa.CheckConstraint("audience IN ('client', 'volunteer')", name=op.f("ck_surveys_audience")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_surveys_case_id")),
        sa.ForeignKeyConstraint(["move_id"], ["case_moves.id"], name=op.f("fk_surveys_move_id")),
        sa.ForeignKeyConstraint(["released_by_id"], ["users.id"], name=op.f("fk_surveys_released_by_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_surveys_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("move_id", "audience", name=op.f("uq_surveys_move_id_audience")),
        sa.UniqueConstraint("public_id", name=op.f("uq_surveys_public_id")),
    )
    for name, columns in SURVEYS.items():
        op.create_index(name, "surveys", columns)


def downgrade() -> None:
    op.drop_table("surveys")
    op.create_table(
        "surveys",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(length=32), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("scores", sa.JSON(), nullable=True),
        sa.Column("comment", sa.LargeBinary(), nullable=True),
        sa.Column("may_quote", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.CheckConstraint("audience IN ('client', 'volunteer')", name=op.f("ck_surveys_audience")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_surveys_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_surveys")),
        sa.UniqueConstraint("public_id", name=op.f("uq_surveys_public_id")),
    )
    op.create_index("ix_surveys_case_id", "surveys", ["case_id"])
    op.drop_index("ix_outbox_mails_message", "outbox_mails")
    for table in TABLES:
        op.drop_table(table)
