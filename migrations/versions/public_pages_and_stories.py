"""Keep what a publication was made of, a programme's public page, and stories told with consent."""

import sqlalchemy as sa
from alembic import op

revision = "public_pages_and_stories"
down_revision = "mail_of_a_day"

WHEN = sa.DateTime(timezone=True)


def _table(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        *parts,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("public_id", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("public_id", name=f"uq_{name}_public_id"),
    )


def _link(table: str, column: str, to: str) -> list[sa.schema.SchemaItem]:
    return [
        sa.Column(column, sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=f"fk_{table}_{column}"),
    ]


def _live(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    op.add_column("published_periods", sa.Column("public", sa.JSON(), nullable=True))
    op.add_column("published_periods", sa.Column("exact", sa.JSON(), nullable=True))
    op.add_column("published_periods", sa.Column("note", sa.String(length=200), nullable=True))
    _table(
        "public_pages",
        *_link("public_pages", "programme_id", "programmes"),
        *_link("public_pages", "grant_id", "grants"),
        sa.Column("switched_on_at", WHEN, nullable=False),
        *_link("public_pages", "switched_on_by_id", "users"),
        sa.Column("switched_off_at", WHEN, nullable=True),
    )
    _live("one_public_page", "public_pages", "programme_id", "switched_off_at IS NULL")
    _table(
        "stories",
        *_link("stories", "programme_id", "programmes"),
        *_link("stories", "survey_id", "surveys"),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("for_everybody", sa.Boolean(), nullable=False),
        sa.Column("published_at", WHEN, nullable=False),
        *_link("stories", "published_by_id", "users"),
        sa.Column("taken_back_at", WHEN, nullable=True),
    )
    op.create_index("ix_stories_programme_id", "stories", ["programme_id"])
    _live("one_story_of_a_survey", "stories", "survey_id", "taken_back_at IS NULL")


def downgrade() -> None:
    op.drop_table("stories")
    op.drop_table("public_pages")
    with op.batch_alter_table("published_periods") as table:
        for column in ("note", "exact", "public"):
            table.drop_column(column)
