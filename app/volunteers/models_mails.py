"""Which mails a volunteer wants beside those they must have."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Base, Editable

from .models import Volunteer


class MailChoices(Base, Editable):
    """What a volunteer switched off; without a row everything goes, and the digest has its own column there."""

    __tablename__ = "mail_choices"

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), unique=True)
    appeals: Mapped[bool] = mapped_column(default=True)
    thanks: Mapped[bool] = mapped_column(default=True)
    survey: Mapped[bool] = mapped_column(default=True)
    no_mails_at: Mapped[datetime | None]
    time_zone: Mapped[str | None] = mapped_column(String(40))  # none: the programme's

    volunteer: Mapped[Volunteer] = relationship()
