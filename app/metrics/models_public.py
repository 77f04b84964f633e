"""What a programme shows to everybody: its public page, and stories told with consent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, Programme
from app.core.db import Base, Public, live_unique
from app.core.sealed import Sealed
from app.engagement.models_surveys import Survey


class PublicPage(Base, Public):
    """A programme's public page, from when it was switched on until it was switched off."""

    __tablename__ = "public_pages"
    __table_args__ = (live_unique("one_public_page", "programme_id", where="switched_off_at IS NULL"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))  # whose published periods it shows
    switched_on_at: Mapped[datetime]
    switched_on_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    switched_off_at: Mapped[datetime | None]

    programme: Mapped[Programme] = relationship()
    grant: Mapped[Grant] = relationship()


class Story(Base, Public):
    """Words of a survey that funders read: told with consent, names and details changed by a coordinator."""

    __tablename__ = "stories"
    __table_args__ = (live_unique("one_story_of_a_survey", "survey_id", where="taken_back_at IS NULL"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("surveys.id"))
    words: Mapped[str] = mapped_column(Sealed("stories.words"))
    for_everybody: Mapped[bool] = mapped_column(default=False)
    published_at: Mapped[datetime]
    published_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    taken_back_at: Mapped[datetime | None]

    programme: Mapped[Programme] = relationship()
    survey: Mapped[Survey] = relationship()
