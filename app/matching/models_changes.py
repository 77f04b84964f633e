"""What changed on the docket since somebody last looked, written down with each change."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base

EVERY = 0  # stands for all volunteers, or all cases


class DocketChange(Base):
    """A volunteer or case whose rows changed, saved by the very transaction that changed them."""

    __tablename__ = "docket_changes"
    __table_args__ = (Index("ix_docket_changes_mark", "mark"),)

    mark: Mapped[int] = mapped_column(BigInteger)  # PostgreSQL: the transaction's number; SQLite: not needed
    volunteer_id: Mapped[int | None]
    case_id: Mapped[int | None]
