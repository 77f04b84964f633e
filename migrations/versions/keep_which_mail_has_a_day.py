"""Keep which mail an address gets on a day, so that of all that wait for office hours one leaves."""

import sqlalchemy as sa
from alembic import op

revision = "mail_of_a_day"
down_revision = "reports_and_rates"


def upgrade() -> None:
    with op.batch_alter_table("mail_days") as table:
        table.add_column(sa.Column("mail_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f("fk_mail_days_mail_id"), "outbox_mails", ["mail_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("mail_days") as table:
        table.drop_constraint(op.f("fk_mail_days_mail_id"), type_="foreignkey")
        table.drop_column("mail_id")
