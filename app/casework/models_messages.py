"""How far somebody has read the messages of a case."""

from __future__ import annotations

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Base


class MessageMark(Base):
    """The newest message of a case that one person who signs in has read."""

    __tablename__ = "message_marks"
    __table_args__ = (UniqueConstraint("case_id", "user_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    read_to: Mapped[int]
