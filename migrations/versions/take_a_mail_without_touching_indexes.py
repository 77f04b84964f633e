"""Let a mail be leased without writing to any index: the lease is no column of one."""

import sqlalchemy as sa
from alembic import op

revision = "lease_unindexed"
down_revision = "updates_and_surveys"

NAME, ONLY = "ix_outbox_mails_on_the_way", sa.text("status = 'sending'")


def upgrade() -> None:
    op.drop_index(NAME, "outbox_mails")
    op.create_index(NAME, "outbox_mails", ["id"], sqlite_where=ONLY, postgresql_where=ONLY)


def downgrade() -> None:
    op.drop_index(NAME, "outbox_mails")
    op.create_index(NAME, "outbox_mails", ["lease_until"], sqlite_where=ONLY, postgresql_where=ONLY)
