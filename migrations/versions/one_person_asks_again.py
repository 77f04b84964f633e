"""Say of each request who its client is, once, in place of a link between persons that nothing kept."""

import sqlalchemy as sa
from alembic import op

revision = "one_person"
down_revision = "rural_counties"

IDENTITY, MERGED = "fk_clients_identity_id", "fk_people_merged_into_id"


def upgrade() -> None:
    op.add_column("clients", sa.Column("identity_id", sa.Integer(), nullable=True))
    merged = "SELECT coalesce(people.merged_into_id, people.id) FROM people WHERE people.id = clients.person_id"
    op.execute(f"UPDATE clients SET identity_id = ({merged})")  # noqa: S608
    with op.batch_alter_table("clients") as clients:
        clients.alter_column("identity_id", existing_type=sa.Integer(), nullable=False)
        clients.create_foreign_key(op.f(IDENTITY), "people", ["identity_id"], ["id"])
        clients.create_index(op.f("ix_clients_identity_id"), ["identity_id"])
    with op.batch_alter_table("people") as people:
        people.drop_constraint(op.f(MERGED), type_="foreignkey")
        people.drop_column("merged_into_id")


def downgrade() -> None:
    with op.batch_alter_table("people") as people:
        people.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        people.create_foreign_key(op.f(MERGED), "people", ["merged_into_id"], ["id"])
    into = (
        "SELECT min(clients.identity_id) FROM clients "
        "WHERE clients.person_id = people.id AND clients.identity_id <> people.id"
    )
    op.execute(f"UPDATE people SET merged_into_id = ({into})")  # noqa: S608
    with op.batch_alter_table("clients") as clients:
        clients.drop_index(op.f("ix_clients_identity_id"))
        clients.drop_constraint(op.f(IDENTITY), type_="foreignkey")
        clients.drop_column("identity_id")
