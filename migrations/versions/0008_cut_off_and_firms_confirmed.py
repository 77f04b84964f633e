"""Close a file at once, show the other side first, confirm who belongs to a firm, and let appeals go to firms."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

WHEN = sa.DateTime(timezone=True)
EITHER = "(volunteer_id IS NULL) <> (organisation_id IS NULL)"


def upgrade() -> None:
    op.add_column("assignments", sa.Column("cut_off_at", WHEN, nullable=True))
    op.add_column("transfer_asks", sa.Column("other_side_clear_version", sa.Integer(), nullable=True))
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", WHEN, nullable=True))
        batch_op.add_column(sa.Column("confirmed_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(op.f("fk_memberships_confirmed_by_id"), "users", ["confirmed_by_id"], ["id"])
    op.execute("UPDATE memberships SET confirmed_at = created_at")
    with op.batch_alter_table("appeal_recipients", schema=None) as batch_op:
        batch_op.alter_column("volunteer_id", existing_type=sa.Integer(), nullable=True)
        batch_op.add_column(sa.Column("organisation_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_appeal_recipients_organisation_id"), "organisations", ["organisation_id"], ["id"]
        )
        batch_op.create_unique_constraint(
            op.f("uq_appeal_recipients_appeal_id_organisation_id"), ["appeal_id", "organisation_id"]
        )
        batch_op.create_check_constraint(op.f("ck_appeal_recipients_a_person_or_a_firm"), EITHER)
        batch_op.create_index("ix_appeal_recipients_firms", ["organisation_id", "outcome", "created_at"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM appeal_recipients WHERE volunteer_id IS NULL")
    with op.batch_alter_table("appeal_recipients", schema=None) as batch_op:
        batch_op.drop_index("ix_appeal_recipients_firms")
        batch_op.drop_constraint(op.f("ck_appeal_recipients_a_person_or_a_firm"), type_="check")
        batch_op.drop_constraint(op.f("uq_appeal_recipients_appeal_id_organisation_id"), type_="unique")
        batch_op.drop_constraint(op.f("fk_appeal_recipients_organisation_id"), type_="foreignkey")
        batch_op.drop_column("organisation_id")
        batch_op.alter_column("volunteer_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_memberships_confirmed_by_id"), type_="foreignkey")
        batch_op.drop_column("confirmed_by_id")
        batch_op.drop_column("confirmed_at")
    op.drop_column("transfer_asks", "other_side_clear_version")
    op.drop_column("assignments", "cut_off_at")
