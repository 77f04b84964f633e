"""What is asked, as data: every version of a set of questions stays, because answers were given to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Base


class QuestionSet(Base):
    """One version of a set of questions in English and Spanish; version 0 is the one delivered as a file."""

    __tablename__ = "question_sets"
    __table_args__ = (UniqueConstraint("key", "number"),)

    key: Mapped[str] = mapped_column(String(24))
    number: Mapped[int]
    questions: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(String(200))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    made_by: Mapped[User] = relationship()
