"""What staff judge before a case is listed: parties, dates, eligibility, conflicts, merits, priority."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Grant, User
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import Sealed, SealedJSON

from .statuses import PriorityLevel

if TYPE_CHECKING:
    from .cases import Case


class PartyRole(enum.StrEnum):
    """The part somebody plays in a matter."""

    CLIENT = "client"
    ADVERSE = "adverse"
    ADVERSE_HOUSEHOLD = "adverse_household"
    HOUSEHOLD = "household"
    OPPOSING_COUNSEL = "opposing_counsel"
    OTHER = "other"


class Party(Base, Public, Editable):
    """Somebody in a matter, by name and other names; what conflicts are checked against."""

    __tablename__ = "parties"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    role: Mapped[PartyRole] = mapped_column(choice(PartyRole, "role"))
    name: Mapped[str] = mapped_column(Sealed("parties.name"))
    aliases: Mapped[list[str] | None] = mapped_column(SealedJSON("parties.aliases"))
    is_organisation: Mapped[bool] = mapped_column(default=False)
    born_on: Mapped[str | None] = mapped_column(Sealed("parties.born_on"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    removed_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="parties")


class CriticalDate(Base, Public, Editable):
    """A date the matter hangs on; no date means unknown, which is an open question."""

    __tablename__ = "critical_dates"
    __table_args__ = (
        CheckConstraint("standing IN ('confirmed', 'suggested', 'open_question')", name="standing"),
        CheckConstraint("(on_day IS NULL) = (standing = 'open_question')", name="unknown_is_open"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    on_day: Mapped[date | None] = mapped_column(index=True)
    at_time: Mapped[str | None] = mapped_column(String(8))
    paper: Mapped[str | None] = mapped_column(String(80))
    standing: Mapped[str] = mapped_column(String(16), default="confirmed")
    authority: Mapped[str | None] = mapped_column(String(160))
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="critical_dates")

    @property
    def is_told(self) -> bool:
        """Is it only the client's word, its paper unseen?"""
        return self.standing == "confirmed" and self.entered_by_id is None


class EligibilityDecision(Base):
    """Whether one funding source can pay for the case, by its rules and the guideline in force."""

    __tablename__ = "eligibility_decisions"
    __table_args__ = (Index("ix_eligibility_decisions_case", "case_id", "grant_id", "id"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    grant_id: Mapped[int] = mapped_column(ForeignKey("grants.id"))
    ruleset: Mapped[str] = mapped_column(String(24))
    guideline_year: Mapped[int]
    gross_income: Mapped[int]  # cents a year, as typed
    adjusted_income: Mapped[int | None]
    assets: Mapped[int]  # cents
    household_size: Mapped[int]
    left_out: Mapped[int] = mapped_column(default=0)
    left_out_reason: Mapped[str | None] = mapped_column(String(80))
    percent: Mapped[int]  # of the poverty guideline, in tenths of a percent
    eligible: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(160))
    exception: Mapped[str | None] = mapped_column(String(40))
    exception_note: Mapped[str | None] = mapped_column(Sealed("eligibility_decisions.exception_note"))
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]

    case: Mapped[Case] = relationship(back_populates="eligibility")
    grant: Mapped[Grant] = relationship()
    decided_by: Mapped[User] = relationship()


class ConflictSearch(Base, Public):
    """A search of the programme's names for one state of a case's parties, and what staff decided."""

    __tablename__ = "conflict_searches"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    parties_version: Mapped[int]
    searched_at: Mapped[datetime]
    names_searched: Mapped[int]
    hits: Mapped[list[Any]] = mapped_column(SealedJSON("conflict_searches.hits"))
    hit_count: Mapped[int]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    outcome: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Sealed("conflict_searches.note"))

    case: Mapped[Case] = relationship(back_populates="conflict_searches")
    decided_by: Mapped[User | None] = relationship()


class MeritsDecision(Base):
    """A supervising attorney's judgement of a case's merits; a gate, never points."""

    __tablename__ = "merits_decisions"

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    rating: Mapped[str] = mapped_column(String(8))
    note: Mapped[str | None] = mapped_column(Sealed("merits_decisions.note"))
    decided_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime]

    case: Mapped[Case] = relationship(back_populates="merits")
    decided_by: Mapped[User] = relationship()


class Priority(Base):
    """How urgent a case was found, by which rules and factors; an override carries its reason and lapse."""

    __tablename__ = "priorities"
    __table_args__ = (live_unique("one_override", "case_id", where="override_level IS NOT NULL AND lapsed_at IS NULL"),)

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    points: Mapped[int]
    level: Mapped[PriorityLevel] = mapped_column(choice(PriorityLevel, "level"))
    factors: Mapped[list[Any]] = mapped_column(JSON)
    rules_version: Mapped[int]
    reckoned_at: Mapped[datetime]
    override_level: Mapped[PriorityLevel | None] = mapped_column(choice(PriorityLevel, "override_level"))
    override_reason: Mapped[str | None] = mapped_column(Sealed("priorities.override_reason"))
    override_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    override_lapses_on: Mapped[date | None]
    lapsed_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="priorities")
    override_by: Mapped[User | None] = relationship()


class PriorityRules(Base):
    """One version of a programme's priority rules, with the reason it was changed."""

    __tablename__ = "priority_rules"
    __table_args__ = (UniqueConstraint("programme_id", "number"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    number: Mapped[int]
    rules: Mapped[list[Any]] = mapped_column(JSON)
    levels: Mapped[dict[str, Any]] = mapped_column(JSON)
    reason: Mapped[str] = mapped_column(String(200))
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
