"""People who ask for help, how to reach them safely, and what they allowed."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed, SealedJSON

if TYPE_CHECKING:
    from .cases import Case


class Person(Base, Public, Editable):
    """Somebody as they asked a programme for help, by the names they gave then."""

    __tablename__ = "people"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    given_name: Mapped[str] = mapped_column(Sealed("people.given_name"))
    family_name: Mapped[str] = mapped_column(Sealed("people.family_name"))
    other_names: Mapped[list[str] | None] = mapped_column(SealedJSON("people.other_names"))
    born_on: Mapped[str | None] = mapped_column(Sealed("people.born_on"))

    programme: Mapped[Programme] = relationship()

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()


class NameWord(Base):
    """A keyed hash of one folded word of a person's or party's name, for staff's search."""

    __tablename__ = "name_words"
    __table_args__ = (
        Index("ix_name_words_hash", "word_hash", "programme_id"),
        Index("ix_name_words_record", "record_kind", "record_id"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    record_kind: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[int]
    word_hash: Mapped[str] = mapped_column(String(40))


class ClientKind(enum.StrEnum):
    """Who the client is in law."""

    PERSON = "person"
    MINOR = "minor"
    WITH_GUARDIAN = "with_guardian"
    GROUP = "group"


def _as_asked(context: Any) -> Any:
    return context.get_current_parameters()["person_id"]


class Client(Base, Editable):
    """A person as the client of one case: who decides, who speaks, who must not be told.

    `person_id` is who asked, by the names given then; `identity_id` is who that is, once, in all their requests: the
    same, unless staff said that two requests are one person's.
    """

    __tablename__ = "clients"
    __table_args__ = (UniqueConstraint("case_id", "person_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True, default=_as_asked)
    kind: Mapped[ClientKind] = mapped_column(choice(ClientKind, "kind"), default=ClientKind.PERSON)
    decides: Mapped[str | None] = mapped_column(Sealed("clients.decides"))
    speaks: Mapped[str | None] = mapped_column(Sealed("clients.speaks"))
    must_not_be_told: Mapped[str | None] = mapped_column(Sealed("clients.must_not_be_told"))
    watched_device: Mapped[bool] = mapped_column(default=False)
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    safety_word: Mapped[str | None] = mapped_column(Sealed("clients.safety_word"))

    case: Mapped[Case] = relationship(back_populates="client")
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    channels: Mapped[list[Channel]] = relationship(back_populates="client", cascade="all, delete-orphan")


class ChannelKind(enum.StrEnum):
    """A way to reach a client."""

    EMAIL = "email"
    TEXT = "text"
    CALL = "call"
    VOICEMAIL = "voicemail"
    POST = "post"
    TRUSTED_PERSON = "trusted_person"


class Channel(Base, Editable):
    """A way to reach a client and whether it is safe; unsafe or unanswered means nothing automatic."""

    __tablename__ = "channels"

    client_id: Mapped[int] = mapped_column(ForeignKey("clients.id"), index=True)
    kind: Mapped[ChannelKind] = mapped_column(choice(ChannelKind, "kind"))
    value: Mapped[str] = mapped_column(Sealed("channels.value"))
    value_hash: Mapped[str] = mapped_column(String(40), index=True)
    safe: Mapped[bool | None]
    safe_hours: Mapped[str | None] = mapped_column(Sealed("channels.safe_hours"))
    may_be_said: Mapped[str | None] = mapped_column(Sealed("channels.may_be_said"))
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None] = mapped_column(String(24))

    client: Mapped[Client] = relationship(back_populates="channels")


class Demographics(Base):
    """What a person told about themselves for equity figures only; never read by priority or matching.

    A missing key was not asked or left empty; the value `declined` means the person prefers not to say.
    Read by the equity page, and by `operations_about_you` for the staff who correct it; by nothing else.
    """

    __tablename__ = "demographics"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), unique=True)
    answers: Mapped[dict[str, Any]] = mapped_column(SealedJSON("demographics.answers"))


class ConsentKind(enum.StrEnum):
    """What a client allowed."""

    SHARE_NAMES = "share_names"
    SHARE_FILE = "share_file"
    TRANSFER = "transfer"
    LIMITED_SCOPE = "limited_scope"
    STORY = "story"


class Consent(Base):
    """What a client allowed, to whom, how and until when."""

    __tablename__ = "consents"
    __table_args__ = (
        Index("ix_consents_case", "case_id", "kind"),
        live_unique("one_live_consent", "case_id", "kind", where="withdrawn_at IS NULL"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[ConsentKind] = mapped_column(choice(ConsentKind, "kind"))
    purpose: Mapped[str] = mapped_column(String(120))
    given_how: Mapped[str] = mapped_column(String(24))
    language: Mapped[str] = mapped_column(String(8))
    given_at: Mapped[datetime]
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    expires_on: Mapped[date | None]
    withdrawn_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship()


class IntakeDraft(Base, Public, Editable):
    """A request for help not yet sent: kept as it is typed, resumed by link and PIN."""

    __tablename__ = "intake_drafts"

    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    pin_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="en")
    watched_device: Mapped[bool] = mapped_column(default=False)
    answers: Mapped[dict[str, Any]] = mapped_column(SealedJSON("intake_drafts.answers"), default=dict)
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    case_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"))


class Document(Base, Public):
    """A paper on a case; the file itself is sealed like every other text."""

    __tablename__ = "documents"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    title: Mapped[str] = mapped_column(Sealed("documents.title"))
    kind: Mapped[str] = mapped_column(String(24))
    visibility: Mapped[str] = mapped_column(String(16))
    media_type: Mapped[str] = mapped_column(String(60))
    content: Mapped[str] = mapped_column(Sealed("documents.content"))
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    meta: Mapped[dict[str, Any] | None] = mapped_column(JSON)
