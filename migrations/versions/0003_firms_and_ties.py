"""Let firms be asked and name their people, and know who is close to a volunteer."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROLES = ["admin", "coordinator", "supervising_attorney", "volunteer", "funder"]
LIVE = "status IN ('offered', 'waitlisted', 'held', 'requested')"
REBUILT = {"role_grants": "role", "tasks": "owner_role"}


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
    _allow_roles([*ROLES, "firm_coordinator"])
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("firm_cleared_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("firm_cleared_version", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("named_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("keeps_private_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_referrals_placed_with_a_person"),
            "status NOT IN ('requested', 'confirmed') OR volunteer_id IS NOT NULL",
        )
        batch_op.create_check_constraint(
            op.f("ck_referrals_named_by_a_firm"),
            "named_at IS NULL OR (volunteer_id IS NOT NULL AND organisation_id IS NOT NULL)",
        )
        batch_op.create_index("ix_referrals_organisation", ["organisation_id", "status"], unique=False)
        batch_op.create_index(
            "one_live_referral_of_organisation",
            ["opening_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text(LIVE),
            postgresql_where=sa.text(LIVE),
        )
    _create_ties()


def _create_ties() -> None:
    op.create_table(
        "volunteer_ties",
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('household', 'employer')", name=op.f("ck_volunteer_ties_kind")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_volunteer_ties_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_ties")),
    )
    op.create_index(op.f("ix_volunteer_ties_volunteer_id"), "volunteer_ties", ["volunteer_id"], unique=False)
    op.create_table(
        "volunteer_tie_words",
        sa.Column("tie_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tie_id"], ["volunteer_ties.id"], name=op.f("fk_volunteer_tie_words_tie_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteer_tie_words")),
        sa.UniqueConstraint("tie_id", "word", name=op.f("uq_volunteer_tie_words_tie_id_word")),
    )
    op.create_index("ix_volunteer_tie_words_word", "volunteer_tie_words", ["word", "tie_id"], unique=False)


def _downgrade() -> None:
    op.drop_table("volunteer_tie_words")
    op.drop_table("volunteer_ties")
    firms = "volunteer_id IS NULL OR named_at IS NOT NULL"
    op.execute(
        f"DELETE FROM referrals WHERE {firms} AND id NOT IN (SELECT referral_id FROM assignments "  # noqa: S608
        "WHERE referral_id IS NOT NULL)"
    )
    op.execute("DELETE FROM role_grants WHERE role = 'firm_coordinator'")
    op.execute("UPDATE tasks SET owner_role = 'coordinator' WHERE owner_role = 'firm_coordinator'")
    with op.batch_alter_table("referrals", schema=None) as batch_op:
        batch_op.drop_index("one_live_referral_of_organisation")
        batch_op.drop_index("ix_referrals_organisation")
        batch_op.drop_constraint(op.f("ck_referrals_placed_with_a_person"), type_="check")
        batch_op.drop_constraint(op.f("ck_referrals_named_by_a_firm"), type_="check")
        for name in ("firm_cleared_at", "firm_cleared_version", "named_at", "keeps_private_at"):
            batch_op.drop_column(name)
    _allow_roles(ROLES)


def _allow_roles(roles: list[str]) -> None:
    values = ", ".join(f"'{role}'" for role in roles)
    for table, column in REBUILT.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({values})")
