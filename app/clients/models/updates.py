"""What clients were told and when, how they want to be told, and the words each programme uses."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme, User
from app.core.db import Base, Editable, Public, live_unique
from app.core.mail import Mail
from app.core.sealed import Sealed

from .cases import Case
from .people import Client


class ClientUpdate(Base):
    """That a client was, or is about to be, told where things stand; the newest of a case is the one that counts."""

    __tablename__ = "client_updates"
    __table_args__ = (
        UniqueConstraint("case_id", "once"),
        live_unique("one_current_update", "case_id", where="replaced_at IS NULL"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    occasion: Mapped[str] = mapped_column(String(24))
    once: Mapped[str] = mapped_column(String(60))
    told_at: Mapped[datetime]
    by_call: Mapped[bool]
    again_at: Mapped[datetime | None]
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_mails.id"))
    replaced_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()
    mail: Mapped[Mail | None] = relationship()


class ClientLetter(Base, Public):
    """A letter on paper to a client; its text is the record of what was said, whether it was posted or let be."""

    __tablename__ = "client_letters"
    __table_args__ = (
        Index("ix_client_letters_case", "case_id", "id"),
        CheckConstraint("posted_at IS NULL OR dropped_at IS NULL", name="one_end"),
        CheckConstraint("returned_at IS NULL OR posted_at IS NOT NULL", name="posted_before"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    update_id: Mapped[int] = mapped_column(ForeignKey("client_updates.id"), unique=True)
    occasion: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(8))
    address: Mapped[str] = mapped_column(Sealed("client_letters.address"))
    subject: Mapped[str] = mapped_column(Sealed("client_letters.subject"))
    text: Mapped[str] = mapped_column(Sealed("client_letters.text"))
    posted_at: Mapped[datetime | None]
    posted_on: Mapped[date | None]
    posted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    dropped_at: Mapped[datetime | None]
    drop_reason: Mapped[str | None] = mapped_column(String(24))
    returned_at: Mapped[datetime | None]
    returned_on: Mapped[date | None]
    returned_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case] = relationship()
    posted_by: Mapped[User | None] = relationship(foreign_keys=[posted_by_id])
    returned_by: Mapped[User | None] = relationship(foreign_keys=[returned_by_id])


class ClientChoices(Base, Editable):
    """How often and of what a client wants to be written; what they must know is never switched off."""

    __tablename__ = "client_choices"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), unique=True)
    still_every: Mapped[int] = mapped_column(default=14)  # days between "still looking"; 0: only when there is news
    progress: Mapped[bool] = mapped_column(default=True)
    questions_by_mail: Mapped[bool] = mapped_column(default=True)
    survey: Mapped[bool] = mapped_column(default=True)

    client: Mapped[Client] = relationship()


class MessageText(Base, Public):
    """One version of a programme's own words for a message to clients; none in it means the words of the desk."""

    __tablename__ = "message_texts"
    __table_args__ = (UniqueConstraint("programme_id", "occasion", "language", "number"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    occasion: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(8))
    number: Mapped[int]
    subject: Mapped[str | None] = mapped_column(Sealed("message_texts.subject"))
    text: Mapped[str | None] = mapped_column(Sealed("message_texts.text"))
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[datetime]

    programme: Mapped[Programme] = relationship()
    made_by: Mapped[User] = relationship()
