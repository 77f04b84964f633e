"""What was done and who saw what, in codes only, so that erasing a person leaves it whole."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import JSON, ForeignKey, Index, String, Table, insert
from sqlalchemy.orm import Mapped, mapped_column

from . import clock
from .db import Base, session

if TYPE_CHECKING:
    from app.accounts.models import User


class AuditEntry(Base):
    """One act on one record: actor (None is the public or the clock), action, coded before and after."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_record", "record_kind", "record_id", "id"),
        Index("ix_audit_entries_case", "case_id", "id"),
    )

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    actor_kind: Mapped[str] = mapped_column(String(8))
    on_behalf_of: Mapped[str | None] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(48))
    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"), index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON)


_WRITE = insert(cast(Table, AuditEntry.__table__))  # past the unit of work: an entry is never read back or changed


def record(
    action: str,
    row: Any = None,
    *,
    actor: User | None,
    public: bool = False,
    on_behalf_of: str | None = None,
    case: Any = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    """Write the entry of a change, as its last act and in its transaction."""
    session.execute(_WRITE, _entry(action, row, actor, public, on_behalf_of, case, before, after))


def _entry(
    action: str, row: Any, actor: User | None, public: bool = False, on_behalf_of: str | None = None, case: Any = None,
    before: dict[str, Any] | None = None, after: dict[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    if any(one is not None and one.id is None for one in (row, case, actor)):
        session.flush()
    of = case if case is not None else _case_of(row)
    return {
        "actor_id": actor.id if actor else None,
        "actor_kind": "user" if actor else "public" if public else "clock",
        "on_behalf_of": on_behalf_of,
        "action": action,
        "record_kind": row.__tablename__ if row is not None else "none",
        "record_id": row.id if row is not None else None,
        "case_id": of.id if of is not None else None,
        "programme_id": getattr(of if of is not None else row, "programme_id", None),
        "before": before,
        "after": after,
    }


def _case_of(row: Any) -> Any:
    if row is None:
        return None
    return row if row.__tablename__ == "cases" else getattr(row, "case", None)


def record_view(what: str, row: Any, *, viewer: User) -> None:
    """Write who saw a file before the page is rendered: no entry, no page.

    A transaction of its own; call it before loading what the page shows.
    """
    from .db import transaction

    entry = _entry(f"{what}.view", row, viewer)  # of what was read just now, which the transaction would read again
    with transaction():
        session.execute(_WRITE, entry)
