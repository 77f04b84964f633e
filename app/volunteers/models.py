"""Who offers help, what they may do and how much of it."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.accounts.models import Programme, User
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed, word_hashes

if TYPE_CHECKING:
    from app.matching.models import Assignment


class VolunteerStatus(enum.StrEnum):
    """Where a volunteer stands."""

    APPLIED = "applied"
    VERIFYING = "verifying"
    APPROVED = "approved"
    PAUSED = "paused"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"
    RETIRED = "retired"
    DECLINED = "declined"


class VolunteerRole(enum.StrEnum):
    """As what somebody volunteers."""

    ATTORNEY = "attorney"
    STUDENT = "student"
    GRADUATE = "graduate"
    PARALEGAL = "paralegal"
    INTERPRETER = "interpreter"
    MENTOR = "mentor"
    SOCIAL_WORKER = "social_worker"


class Organisation(Base, Public, Editable):
    """A firm, company, school or agency that volunteers belong to."""

    __tablename__ = "organisations"

    name: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(16), default="firm")


class Volunteer(Base, Public, Editable):
    """A person who offers help to the deployment's programmes."""

    __tablename__ = "volunteers"
    __table_args__ = (Index("ix_volunteers_status", "status", "id"),)

    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), unique=True)
    given_name: Mapped[str] = mapped_column(Sealed("volunteers.given_name"))
    family_name: Mapped[str] = mapped_column(Sealed("volunteers.family_name"))
    email: Mapped[str] = mapped_column(Sealed("volunteers.email"))
    email_hash: Mapped[str] = mapped_column(String(40), unique=True)
    phone: Mapped[str | None] = mapped_column(Sealed("volunteers.phone"))
    status: Mapped[VolunteerStatus] = mapped_column(choice(VolunteerStatus, "status"), default=VolunteerStatus.APPLIED)
    applied_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    roles: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en"])
    counties: Mapped[list[str]] = mapped_column(default=list)  # FIPS, or a state for all of it
    remote: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int] = mapped_column(default=1)
    largest_case: Mapped[int | None]  # hundredths of an hour
    available_from: Mapped[date | None]
    declines: Mapped[list[str]] = mapped_column(default=list)
    mentor_ok: Mapped[bool] = mapped_column(default=False)
    mentors_others: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[date | None]
    pause_reason: Mapped[str | None] = mapped_column(String(40))
    declined_reason: Mapped[str | None] = mapped_column(String(40))
    about: Mapped[str | None] = mapped_column(Sealed("volunteers.about"))
    supervisor: Mapped[str | None] = mapped_column(Sealed("volunteers.supervisor"))
    confirmed_on: Mapped[date | None]
    digest: Mapped[str] = mapped_column(String(8), default="weekly")

    user: Mapped[User | None] = relationship(back_populates="volunteer")
    areas: Mapped[list[Area]] = relationship(back_populates="volunteer", cascade="all, delete-orphan")
    credentials: Mapped[list[Credential]] = relationship(back_populates="volunteer", order_by="Credential.id")
    memberships: Mapped[list[Membership]] = relationship(back_populates="volunteer", cascade="all, delete-orphan")
    standings: Mapped[list[Standing]] = relationship(back_populates="volunteer", cascade="all, delete-orphan")
    words: Mapped[list[VolunteerWord]] = relationship(back_populates="volunteer", cascade="all, delete-orphan")
    ties: Mapped[list[Tie]] = relationship(back_populates="volunteer", cascade="all, delete-orphan", order_by="Tie.id")
    assignments: Mapped[list[Assignment]] = relationship("Assignment", viewonly=True)

    @validates("given_name", "family_name")
    def _index_name(self, field: str, text: str) -> str:
        """Keep the hashed words of the name beside it: who looks for the name finds the row."""
        other = self.family_name if field == "given_name" else self.given_name
        wanted = set(word_hashes(f"{text} {other or ''}"))
        kept = [row for row in self.words if row.word in wanted]
        missing = wanted - {row.word for row in kept}
        self.words = kept + [VolunteerWord(word=word) for word in sorted(missing)]
        return text

    @property
    def name(self) -> str:
        """Given and family name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def short_name(self) -> str:
        """`T. Marchetti`."""
        return f"{self.given_name[:1]}. {self.family_name}"


class VolunteerWord(Base):
    """A keyed hash of one whole word of a volunteer's name, for staff's search."""

    __tablename__ = "volunteer_words"
    __table_args__ = (
        UniqueConstraint("volunteer_id", "word"),
        Index("ix_volunteer_words_word", "word", "volunteer_id"),
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    word: Mapped[str] = mapped_column(String(40))

    volunteer: Mapped[Volunteer] = relationship(back_populates="words")


class TieKind(enum.StrEnum):
    """How somebody stands to a volunteer."""

    HOUSEHOLD = "household"
    EMPLOYER = "employer"


class Tie(Base):
    """Somebody a volunteer lives with or works for: no case of theirs is ever shown to the volunteer."""

    __tablename__ = "volunteer_ties"

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    kind: Mapped[TieKind] = mapped_column(choice(TieKind, "kind"))
    name: Mapped[str] = mapped_column(Sealed("volunteer_ties.name"))

    volunteer: Mapped[Volunteer] = relationship(back_populates="ties")
    words: Mapped[list[TieWord]] = relationship(back_populates="tie", cascade="all, delete-orphan")


class TieWord(Base):
    """A keyed hash by which a name is found: each word of a person's, the whole of an employer's."""

    __tablename__ = "volunteer_tie_words"
    __table_args__ = (
        UniqueConstraint("tie_id", "word"),
        Index("ix_volunteer_tie_words_word", "word", "tie_id"),
    )

    tie_id: Mapped[int] = mapped_column(ForeignKey("volunteer_ties.id"))
    word: Mapped[str] = mapped_column(String(40))

    tie: Mapped[Tie] = relationship(back_populates="words")


class Membership(Base):
    """A volunteer's belonging to an organisation."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("volunteer_id", "organisation_id"),)

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    confirmed_at: Mapped[datetime | None]  # by staff or the organisation; until then nothing is taken through it
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    volunteer: Mapped[Volunteer] = relationship(back_populates="memberships")
    organisation: Mapped[Organisation] = relationship()


class Area(Base):
    """A field a volunteer works in: a problem code or a whole category, with a level."""

    __tablename__ = "volunteer_areas"
    __table_args__ = (UniqueConstraint("volunteer_id", "area"),)

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    area: Mapped[str] = mapped_column(String(24))
    level: Mapped[str] = mapped_column(String(12))

    volunteer: Mapped[Volunteer] = relationship(back_populates="areas")


class Standing(Base):
    """How a volunteer stands with one programme: welcome or excluded, and who covers malpractice."""

    __tablename__ = "volunteer_programmes"
    __table_args__ = (UniqueConstraint("volunteer_id", "programme_id"),)

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    standing: Mapped[str] = mapped_column(String(12), default="welcome")
    covered_by_programme: Mapped[bool] = mapped_column(default=False)
    takes_at_once: Mapped[bool] = mapped_column(default=False)
    excluded_reason: Mapped[str | None] = mapped_column(String(40))

    volunteer: Mapped[Volunteer] = relationship(back_populates="standings")
    programme: Mapped[Programme] = relationship()


class CredentialKind(enum.StrEnum):
    """What may be asked of a volunteer."""

    FULL_LICENCE = "full_licence"
    EMERITUS = "emeritus"
    IN_HOUSE = "in_house"
    OUT_OF_STATE = "out_of_state"
    STUDENT_PRACTICE = "student_practice"
    GRADUATE = "graduate"
    VA_ACCREDITATION = "va"
    EOIR_REGISTRATION = "eoir"
    COURT_ADMISSION = "court_admission"
    TRAINING = "training"
    MALPRACTICE_COVER = "malpractice_cover"
    ORIENTATION = "orientation"
    BACKGROUND_CHECK = "background_check"
    ATTESTATION = "attestation"
    SUPERVISION = "supervision"


class Credential(Base, Public, Editable):
    """Something a volunteer holds or has done: verified by whom, how, when, until when."""

    __tablename__ = "credentials"
    __table_args__ = (
        Index("ix_credentials_volunteer", "volunteer_id", "kind"),
        Index("ix_credentials_until", "valid_until"),
    )

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    kind: Mapped[CredentialKind] = mapped_column(choice(CredentialKind, "kind"))
    jurisdiction: Mapped[str | None] = mapped_column(String(24))  # state, forum or name of the training
    number: Mapped[str | None] = mapped_column(String(40))
    conditions: Mapped[str | None] = mapped_column(String(120))
    valid_until: Mapped[date | None]
    verified_at: Mapped[datetime | None]
    verified_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    verified_how: Mapped[str | None] = mapped_column(String(80))
    refused_reason: Mapped[str | None] = mapped_column(String(80))
    warned_days: Mapped[int | None]
    ended_at: Mapped[datetime | None]

    volunteer: Mapped[Volunteer] = relationship(back_populates="credentials")
    verified_by: Mapped[User | None] = relationship()


class Requirement(Base):
    """What a role asks of a volunteer before approval; held as data."""

    __tablename__ = "requirements"
    __table_args__ = (live_unique("one_live_requirement", "role", "name", where="ended_at IS NULL"),)

    role: Mapped[VolunteerRole] = mapped_column(choice(VolunteerRole, "role"))
    name: Mapped[str] = mapped_column(String(40))
    met_by: Mapped[list[str]]  # credential kinds, any of which will do
    months_valid: Mapped[int | None]
    words: Mapped[str] = mapped_column(String(160))
    ended_at: Mapped[datetime | None]
