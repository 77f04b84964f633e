"""Let runs say how far they are and keep what they found, and offers name the mentor."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    _between_transactions(_upgrade)


def downgrade() -> None:
    _between_transactions(_downgrade)


def _between_transactions(change) -> None:
    """SQLite rebuilds a table under its own name, which it refuses while others point at it."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        change()
        return
    driver = connection.connection.driver_connection
    if driver.in_transaction:
        driver.execute("COMMIT")
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("BEGIN IMMEDIATE")
    try:
        change()
        wrong = driver.execute("PRAGMA foreign_key_check").fetchall()
        if wrong:
            raise RuntimeError(f"{len(wrong)} rows would point nowhere.")
        driver.execute("COMMIT")
    except BaseException:
        driver.execute("ROLLBACK")
        raise
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
        driver.execute("BEGIN")


def _upgrade() -> None:
    op.add_column("docket_runs", sa.Column("stage_done", sa.Integer(), nullable=True))
    op.add_column("docket_runs", sa.Column("stage_total", sa.Integer(), nullable=True))
    op.add_column("docket_runs", sa.Column("found", sa.JSON(), nullable=True))
    with op.batch_alter_table("referrals") as referrals:
        referrals.add_column(sa.Column("mentor_id", sa.Integer(), nullable=True))
        referrals.create_foreign_key(op.f("fk_referrals_mentor_id"), "volunteers", ["mentor_id"], ["id"])
        referrals.create_index("ix_referrals_mentor", ["mentor_id", "status"])


def _downgrade() -> None:
    with op.batch_alter_table("referrals") as referrals:
        referrals.drop_index("ix_referrals_mentor")
        referrals.drop_constraint(op.f("fk_referrals_mentor_id"), type_="foreignkey")
        referrals.drop_column("mentor_id")
    with op.batch_alter_table("docket_runs") as runs:
        for name in ("found", "stage_total", "stage_done"):
            runs.drop_column(name)
