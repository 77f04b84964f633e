"""The case: what is asked, of whom, by when, and where it stands."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, Programme, User
from app.core import clock
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed, SealedJSON

from .docket import docket_indexes
from .people import Client
from .statuses import (
    CaseRole,
    CaseStatus,
    OpeningStatus,
    PriorityLevel,
    Representation,
    ServiceLevel,
    SkillLevel,
)

if TYPE_CHECKING:
    from app.matching.models import Assignment, Referral

    from .screening import ConflictSearch, CriticalDate, EligibilityDecision, MeritsDecision, Party, Priority


class Case(Base, Public, Editable):
    """One legal matter of one client, from the request to the outcome."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("programme_id", "number"),
        *docket_indexes(),
        Index("ix_cases_received", "programme_id", "received_at"),
        Index("ix_cases_clock", "status", "clock_ends_at", "programme_id"),
        Index("ix_cases_next", "programme_id", "status", "next_critical_on", "id", "clock_ends_at"),
        CheckConstraint("priority_rank BETWEEN 1 AND 4", name="priority_rank"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("offices.id"))
    number: Mapped[str] = mapped_column(String(16))
    status: Mapped[CaseStatus] = mapped_column(choice(CaseStatus, "status"), default=CaseStatus.PRESCREEN)
    received_at: Mapped[datetime]

    # what the matter is and asks for
    problem_code: Mapped[str | None] = mapped_column(String(4))
    forum: Mapped[str] = mapped_column(String(24), default="state_court")
    forum_state: Mapped[str] = mapped_column(String(2))
    role: Mapped[str] = mapped_column(String(16), default="attorney")
    licence: Mapped[str] = mapped_column(String(3), default="")
    credentials: Mapped[list[str]] = mapped_column(default=list)
    county: Mapped[str] = mapped_column(String(5))
    in_person: Mapped[bool] = mapped_column(default=False)
    language: Mapped[str] = mapped_column(String(8), default="en")
    interpreter: Mapped[bool] = mapped_column(default=True)
    level: Mapped[SkillLevel] = mapped_column(choice(SkillLevel, "level"), default=SkillLevel.COMPETENT)
    trainings: Mapped[list[str]] = mapped_column(default=list)
    hours: Mapped[int] = mapped_column(default=1000)  # hundredths of an hour
    representation: Mapped[Representation] = mapped_column(
        choice(Representation, "representation"), default=Representation.VOLUNTEER_ONLY
    )
    service_level: Mapped[ServiceLevel] = mapped_column(
        choice(ServiceLevel, "service_level"), default=ServiceLevel.FULL
    )
    short_term_by: Mapped[str | None] = mapped_column(String(16))  # who runs the clinic of a short service (Rule 6.5)
    costs_paid_by: Mapped[str] = mapped_column(String(24), default="programme")
    sensitive: Mapped[bool] = mapped_column(default=False)
    represents_self: Mapped[bool] = mapped_column(default=False)
    listing_title: Mapped[str | None] = mapped_column(String(80))
    listing_text: Mapped[str | None] = mapped_column(Text)

    # what the client told, sealed
    narrative: Mapped[str | None] = mapped_column(Sealed("cases.narrative"))
    narrative_opened_at: Mapped[datetime | None]
    address: Mapped[str | None] = mapped_column(Sealed("cases.address"))
    at_intake: Mapped[dict[str, Any] | None] = mapped_column(SealedJSON("cases.at_intake"))
    access_needs: Mapped[str | None] = mapped_column(Sealed("cases.access_needs"))
    circumstances: Mapped[list[str]] = mapped_column(default=list)
    harms: Mapped[list[str]] = mapped_column(default=list)
    emergencies: Mapped[list[str]] = mapped_column(default=list)
    other_side_has_lawyer: Mapped[bool | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    # where it stands; kept by operations
    parties_version: Mapped[int] = mapped_column(default=1)
    missing_items: Mapped[list[str]] = mapped_column(default=list)
    missing_asked_at: Mapped[datetime | None]
    priority_level: Mapped[PriorityLevel] = mapped_column(
        choice(PriorityLevel, "priority_level"), default=PriorityLevel.NORMAL
    )
    priority_rank: Mapped[int] = mapped_column(default=3)
    points: Mapped[int] = mapped_column(default=0)
    next_critical_on: Mapped[date | None]
    accepted_at: Mapped[datetime | None]
    listed_at: Mapped[datetime | None]
    clock_ends_at: Mapped[datetime | None]
    placed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    heard_at: Mapped[datetime | None]  # written by `clients.hearing` alone
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None] = mapped_column(String(40))
    pause_review_on: Mapped[date | None]
    rejected_reason: Mapped[str | None] = mapped_column(String(40))

    programme: Mapped[Programme] = relationship()
    client: Mapped[Client] = relationship(back_populates="case", uselist=False)
    parties: Mapped[list[Party]] = relationship("Party", back_populates="case", order_by="Party.id")
    critical_dates: Mapped[list[CriticalDate]] = relationship(
        "CriticalDate", back_populates="case", order_by="CriticalDate.on_day"
    )
    priorities: Mapped[list[Priority]] = relationship("Priority", back_populates="case", order_by="Priority.id.desc()")
    eligibility: Mapped[list[EligibilityDecision]] = relationship("EligibilityDecision", back_populates="case")
    merits: Mapped[list[MeritsDecision]] = relationship("MeritsDecision", back_populates="case")
    conflict_searches: Mapped[list[ConflictSearch]] = relationship("ConflictSearch", back_populates="case")
    custodies: Mapped[list[Custody]] = relationship(back_populates="case", order_by="Custody.id")
    openings: Mapped[list[Opening]] = relationship(back_populates="case", order_by="Opening.id")
    moves: Mapped[list[CaseMove]] = relationship(back_populates="case", order_by="CaseMove.id")
    grants: Mapped[list[CaseGrant]] = relationship(back_populates="case")
    assignments: Mapped[list[Assignment]] = relationship("Assignment", back_populates="case", order_by="Assignment.id")

    @property
    def custody(self) -> Custody | None:
        """Who answers for the case now."""
        return next((c for c in self.custodies if c.until_at is None), None)

    @property
    def lead_opening(self) -> Opening:
        """The opening for the case's lead, which every case has."""
        return next(o for o in self.openings if o.role is CaseRole.LEAD)

    @property
    def title(self) -> str:
        """What staff call the case: the listing's title once written."""
        return self.listing_title or self.number


class Custody(Base):
    """Who answers for a case, since when and why; never empty on an open case."""

    __tablename__ = "custodies"
    __table_args__ = (
        live_unique("one_custodian", "case_id", where="until_at IS NULL"),
        Index("ix_custodies_user", "user_id", "until_at", "case_id"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    since_at: Mapped[datetime] = mapped_column(default=clock.now)
    until_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(40))

    case: Mapped[Case] = relationship(back_populates="custodies")
    user: Mapped[User] = relationship()


class Opening(Base, Public, Editable):
    """What is listed, matched, offered and held: a case's lead, another role or a limited-scope package."""

    __tablename__ = "openings"
    __table_args__ = (
        Index("ix_openings_status", "status"),
        live_unique("one_opening_of_a_role", "case_id", "role", where="package IS NULL AND status <> 'closed'"),
        live_unique("one_package_of_a_name", "case_id", "package", where="package IS NOT NULL AND status <> 'closed'"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    role: Mapped[CaseRole] = mapped_column(choice(CaseRole, "role"), default=CaseRole.LEAD)
    package: Mapped[str | None] = mapped_column(String(120))
    hours: Mapped[int]  # hundredths of an hour
    status: Mapped[OpeningStatus] = mapped_column(choice(OpeningStatus, "status"), default=OpeningStatus.NOT_LISTED)
    # what an opening beside the lead's says for itself; where it is silent, the case speaks
    text: Mapped[str | None] = mapped_column(Text)
    takers: Mapped[list[str] | None]  # volunteers' roles, the one it stands under first
    level: Mapped[str | None] = mapped_column(String(12))
    in_person: Mapped[bool | None]
    ends_on: Mapped[date | None]

    case: Mapped[Case] = relationship(back_populates="openings")
    referrals: Mapped[list[Referral]] = relationship("Referral", viewonly=True)

    @property
    def is_package(self) -> bool:
        """Is it one task with an end, rather than a part that lasts as long as the case?"""
        return self.package is not None


class Supervision(Base):
    """A supervising attorney of the staff who answers for the students and paralegals on a case."""

    __tablename__ = "supervisions"
    __table_args__ = (live_unique("one_supervision", "case_id", where="until_at IS NULL"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    since_at: Mapped[datetime] = mapped_column(default=clock.now)
    until_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class CaseMove(Base):
    """One change of a case's status: what measures read."""

    __tablename__ = "case_moves"
    __table_args__ = (
        Index("ix_case_moves_case", "case_id", "id"),
        Index("ix_case_moves_to", "to_status", "at"),
        Index("ix_case_moves_at", "at"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    from_status: Mapped[CaseStatus | None] = mapped_column(choice(CaseStatus, "from_status"))
    to_status: Mapped[CaseStatus] = mapped_column(choice(CaseStatus, "to_status"))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    operation: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str | None] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    case: Mapped[Case] = relationship(back_populates="moves")


class CaseGrant(Base):
    """The grant that pays for a case, from a day until a day."""

    __tablename__ = "case_grants"
    __table_args__ = (Index("ix_case_grants_grant", "grant_id", "case_id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]

    case: Mapped[Case] = relationship(back_populates="grants")
    grant: Mapped[Grant] = relationship()
