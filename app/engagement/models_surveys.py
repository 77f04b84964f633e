"""What clients and volunteers said of a case once it was closed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clients.models import Case, CaseMove
from app.core.db import Base, Editable, Public, choice
from app.core.sealed import Sealed
from app.volunteers.models import Volunteer

from .models import Audience


class Survey(Base, Public, Editable):
    """What one side is asked of a case after one closing of it; results show only above the small count."""

    __tablename__ = "surveys"
    __table_args__ = (
        UniqueConstraint("move_id", "audience"),
        Index("ix_surveys_due", "sent_at", "due_at"),
        Index("ix_surveys_answered", "answered_at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    move_id: Mapped[int] = mapped_column(ForeignKey("case_moves.id"))  # the closing it asks about
    audience: Mapped[Audience] = mapped_column(choice(Audience, "audience"))
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    channel: Mapped[str | None] = mapped_column(String(8))  # mail, call, or none where nobody was to be asked
    ends_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    how: Mapped[str | None] = mapped_column(String(8))  # link or phone
    scores: Mapped[dict[str, Any] | None] = mapped_column(JSON)  # 1 to 5 by item; what did not apply is not there
    comment: Mapped[str | None] = mapped_column(Sealed("surveys.comment"))
    may_quote: Mapped[bool] = mapped_column(default=False)
    complains: Mapped[bool] = mapped_column(default=False)
    quote: Mapped[str | None] = mapped_column(Sealed("surveys.quote"))
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case] = relationship()
    move: Mapped[CaseMove] = relationship()
    volunteer: Mapped[Volunteer | None] = relationship()
