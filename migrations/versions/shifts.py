"""Keep clinics and advice shifts, and say on a certificate how many of its hours they were."""

import sqlalchemy as sa
from alembic import op

revision = "shifts"
down_revision = "people_by_firm"

HOURS = ("clinic_hundredths", "advice_hundredths")


def upgrade() -> None:
    op.create_table(
        "shifts",
        sa.Column("programme_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("people_served", sa.Integer(), nullable=True),
        sa.Column("created_by_id", sa.Integer(), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("hundredths BETWEEN 1 AND 2400", name=op.f("ck_shifts_fits_a_day")),
        sa.CheckConstraint("kind IN ('clinic', 'advice')", name=op.f("ck_shifts_kind")),
        sa.CheckConstraint("people_served >= 0", name=op.f("ck_shifts_people")),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name=op.f("fk_shifts_created_by_id")),
        sa.ForeignKeyConstraint(["programme_id"], ["programmes.id"], name=op.f("fk_shifts_programme_id")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_shifts_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
        sa.UniqueConstraint("public_id", name=op.f("uq_shifts_public_id")),
    )
    op.create_index(op.f("ix_shifts_changed_at"), "shifts", ["changed_at"])
    op.create_index("ix_shifts_day", "shifts", ["programme_id", "on_day"])
    op.create_index(
        "one_live_shift", "shifts", ["volunteer_id", "programme_id", "on_day", "kind"], unique=True,
        sqlite_where=sa.text("removed_at IS NULL"), postgresql_where=sa.text("removed_at IS NULL"),
    )  # fmt: skip
    for column in HOURS:
        op.add_column("certificates", sa.Column(column, sa.Integer(), nullable=True))
        op.execute(f"UPDATE certificates SET {column} = 0")  # noqa: S608
    with op.batch_alter_table("certificates") as certificates:
        for column in HOURS:
            certificates.alter_column(column, existing_type=sa.Integer(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("certificates") as certificates:
        for column in HOURS:
            certificates.drop_column(column)
    op.drop_table("shifts")
