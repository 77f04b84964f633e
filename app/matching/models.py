"""Attempts to place a case, those that worked, and the runs that proposed them."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import Programme, User
from app.clients.models import Case, CaseRole, Opening
from app.core import clock
from app.core.db import Base, Editable, Public, choice, live_unique
from app.volunteers.models import Organisation, Volunteer


class ReferralWay(enum.StrEnum):
    """How an attempt to place a case began."""

    OFFER = "offer"
    CLAIM = "claim"
    HAND = "hand"


class ReferralStatus(enum.StrEnum):
    """Where an attempt to place a case stands."""

    OFFERED = "offered"
    WAITLISTED = "waitlisted"
    HELD = "held"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    CONFLICT = "conflict"


LIVE = (ReferralStatus.OFFERED, ReferralStatus.WAITLISTED, ReferralStatus.HELD, ReferralStatus.REQUESTED)
HOLDING = (ReferralStatus.HELD, ReferralStatus.REQUESTED)


class Referral(Base, Public, Editable):
    """One attempt to place a case with a volunteer or an organisation."""

    __tablename__ = "referrals"
    __table_args__ = (
        live_unique("one_live_hold", "opening_id", where="status IN ('held', 'requested')"),
        live_unique(
            "one_live_referral",
            "opening_id",
            "volunteer_id",
            where="status IN ('offered', 'waitlisted', 'held', 'requested')",
        ),
        live_unique(
            "one_live_referral_of_organisation",
            "opening_id",
            "organisation_id",
            where="status IN ('offered', 'waitlisted', 'held', 'requested')",
        ),
        Index("ix_referrals_opening", "opening_id", "status"),
        Index("ix_referrals_organisation", "organisation_id", "status"),
        Index("ix_referrals_volunteer", "volunteer_id", "status"),
        Index("ix_referrals_asked", "volunteer_id", "offered_at"),
        Index("ix_referrals_ends", "status", "ends_at"),
        Index("ix_referrals_mentor", "mentor_id", "status"),
        CheckConstraint("volunteer_id IS NOT NULL OR organisation_id IS NOT NULL", name="somebody"),
        CheckConstraint(
            "status NOT IN ('requested', 'confirmed') OR volunteer_id IS NOT NULL", name="placed_with_a_person"
        ),
        CheckConstraint(
            "named_at IS NULL OR (volunteer_id IS NOT NULL AND organisation_id IS NOT NULL)", name="named_by_a_firm"
        ),
    )

    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"))
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    way: Mapped[ReferralWay] = mapped_column(choice(ReferralWay, "way"))
    status: Mapped[ReferralStatus] = mapped_column(choice(ReferralStatus, "status"))
    offered_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]
    parties_seen_at: Mapped[datetime | None]
    names_released: Mapped[str | None] = mapped_column(String(8))  # of a sensitive case: adverse, then all
    attested_at: Mapped[datetime | None]
    attested_version: Mapped[int | None]
    firm_cleared_at: Mapped[datetime | None]  # of an attempt with a firm: its own clear answer, before it names anybody
    firm_cleared_version: Mapped[int | None]
    named_at: Mapped[datetime | None]
    keeps_private_at: Mapped[datetime | None]  # when the person named promised to keep the names to themselves
    requested_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(40))
    fit: Mapped[int | None]
    against_rules: Mapped[list[str]] = mapped_column(default=list)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("docket_runs.id"))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))  # named when it was sent

    opening: Mapped[Opening] = relationship()
    volunteer: Mapped[Volunteer | None] = relationship(foreign_keys=[volunteer_id])
    mentor: Mapped[Volunteer | None] = relationship(foreign_keys=[mentor_id])
    organisation: Mapped[Organisation | None] = relationship()

    @property
    def case(self) -> Case:
        """The case of the opening."""
        return self.opening.case

    @property
    def is_too_late(self) -> bool:
        """Is the time of an offer or hold over, whether or not somebody has noticed? It stands still in a pause."""
        counts = self.status in (ReferralStatus.OFFERED, ReferralStatus.HELD) and not self.stands_still
        return counts and self.ends_at is not None and self.ends_at <= clock.now()

    @property
    def stands_still(self) -> bool:
        """Is the case paused, so that no time runs?"""
        return self.case.paused_at is not None

    @property
    def is_in_line(self) -> bool:
        """Does somebody wait for it, or is it their turn; rather than only being asked?"""
        if self.status is ReferralStatus.WAITLISTED:
            return True
        said_yes = self.way is ReferralWay.CLAIM or self.answered_at is not None
        return self.status is ReferralStatus.OFFERED and said_yes

    @property
    def place_in_line(self) -> tuple[datetime, int]:
        """Since when they wait: since their yes to an offer, or since they joined."""
        return self.answered_at or self.created_at, self.id

    @property
    def is_cleared_by_firm(self) -> bool:
        """Has the firm found the names clear as they are now; always so where no firm is asked?"""
        return self.organisation_id is None or self.firm_cleared_version == self.case.parties_version

    @property
    def is_promised(self) -> bool:
        """Has whoever holds it promised to keep the names private? Nobody can, for somebody named or entered."""
        for_them = self.named_at is not None or (self.way is ReferralWay.HAND and self.status is ReferralStatus.HELD)
        return not for_them or self.keeps_private_at is not None

    @property
    def firm_step(self) -> str:
        """Where an attempt with a firm stands: a hold is for checking, then naming, then for the person's answer."""
        if self.status is not ReferralStatus.HELD or not self.is_cleared_by_firm:
            return self.status.value
        return "naming" if self.volunteer_id is None else "named"

    @property
    def names_now(self) -> str:
        """Which names a page shows: an answer speaks of those alone, not of any that came or were released later."""
        return f"{self.case.parties_version}-{self.names_released or ''}"


class Assignment(Base, Public, Editable):
    """A volunteer on a case in a role, from a day until a day."""

    __tablename__ = "assignments"
    __table_args__ = (
        live_unique("one_live_lead", "case_id", where="role = 'lead' AND ended_at IS NULL"),
        live_unique("once_on_a_case", "case_id", "volunteer_id", "role", where="ended_at IS NULL"),
        Index("ix_assignments_volunteer", "volunteer_id", "ended_at"),
        Index("ix_assignments_started", "started_at"),
        Index("ix_assignments_taken", "volunteer_id", "started_at", "case_id"),
        Index("ix_assignments_letter", "letter_due_on"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    opening_id: Mapped[int | None] = mapped_column(ForeignKey("openings.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"), unique=True)
    role: Mapped[CaseRole] = mapped_column(choice(CaseRole, "role"))
    acts_as: Mapped[str | None] = mapped_column(String(16))  # the volunteer's role; none: an attorney
    started_at: Mapped[datetime]
    first_contact_due_on: Mapped[date]
    first_contact_at: Mapped[datetime | None]
    letter_due_on: Mapped[date | None]
    letter_signed_on: Mapped[date | None]
    letter_waived_reason: Mapped[str | None] = mapped_column(String(80))
    uses_slot: Mapped[bool] = mapped_column(default=True)
    closing_since: Mapped[datetime | None]
    leave_until: Mapped[date | None]
    cut_off_at: Mapped[datetime | None]  # the file is closed to them since a name that came in may be close to them
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(40))

    case: Mapped[Case] = relationship(back_populates="assignments")
    volunteer: Mapped[Volunteer] = relationship()
    opening: Mapped[Opening | None] = relationship()

    @property
    def is_package(self) -> bool:
        """Is it one task of the case, rather than a part that lasts as long as the case?"""
        return self.opening is not None and self.opening.is_package


class Bar(Base):
    """A volunteer or organisation barred from one case, whatever the reason."""

    __tablename__ = "bars"
    __table_args__ = (
        UniqueConstraint("case_id", "volunteer_id", "organisation_id"),
        CheckConstraint("volunteer_id IS NOT NULL OR organisation_id IS NOT NULL", name="somebody"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    reason: Mapped[str] = mapped_column(String(16))


class Appeal(Base, Public):
    """One writing to several volunteers about several matters."""

    __tablename__ = "appeals"

    key: Mapped[str] = mapped_column(String(16), unique=True)  # of the form it was sent from: a second click finds it
    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))

    programme: Mapped[Programme] = relationship()
    made_by: Mapped[User] = relationship()
    recipients: Mapped[list[AppealRecipient]] = relationship(back_populates="appeal", order_by="AppealRecipient.id")


class AppealRecipient(Base):
    """Somebody chosen for an appeal: what they were written to about, or why not."""

    __tablename__ = "appeal_recipients"
    __table_args__ = (
        UniqueConstraint("appeal_id", "volunteer_id"),
        UniqueConstraint("appeal_id", "organisation_id"),
        CheckConstraint("(volunteer_id IS NULL) <> (organisation_id IS NULL)", name="a_person_or_a_firm"),
        Index("ix_appeal_recipients_firms", "organisation_id", "outcome", "created_at"),
        Index("ix_appeal_recipients_lately", "volunteer_id", "outcome", "created_at"),
    )

    appeal_id: Mapped[int] = mapped_column(ForeignKey("appeals.id"))
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    outcome: Mapped[str] = mapped_column(String(16))
    opening_ids: Mapped[list[Any]] = mapped_column(JSON)

    appeal: Mapped[Appeal] = relationship(back_populates="recipients")
    volunteer: Mapped[Volunteer | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class ClaimAnswer(enum.StrEnum):
    """What becomes of a claim whose names are clear."""

    ASK = "ask"
    AT_ONCE = "at_once"


class ClaimRule(Base):
    """What a programme says of claims on matters of one kind: taken at once, or asked for."""

    __tablename__ = "claim_rules"
    __table_args__ = (UniqueConstraint("programme_id", "category"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    category: Mapped[str] = mapped_column(String(40))
    answer: Mapped[str] = mapped_column(String(8))


class RunStatus(enum.StrEnum):
    """Where a docket run stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DocketRun(Base, Public):
    """One placing of the whole docket: what went in, what came out, and the proof."""

    __tablename__ = "docket_runs"
    __table_args__ = (live_unique("one_run_at_a_time", "slot", where="status IN ('waiting', 'running')"),)

    slot: Mapped[str] = mapped_column(String(8), default="docket")
    status: Mapped[RunStatus] = mapped_column(choice(RunStatus, "status"), default=RunStatus.WAITING)
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    as_of: Mapped[date]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    stage: Mapped[str | None] = mapped_column(String(24))
    stage_done: Mapped[int | None]  # cases of the stage that are done, of stage_total
    stage_total: Mapped[int | None]
    cancel_asked_at: Mapped[datetime | None]
    settings: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    input_digest: Mapped[str | None] = mapped_column(String(64))
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    wanted: Mapped[list[Any] | None] = mapped_column(JSON, deferred=True)
    prices: Mapped[dict[str, Any] | None] = mapped_column(JSON, deferred=True)  # volunteer id: worth of one more slot
    found: Mapped[list[Any] | None] = mapped_column(JSON, deferred=True)  # [opening, volunteer, fit], 0 where left
    failure: Mapped[str | None] = mapped_column(String(200))

    @property
    def is_left(self) -> bool:
        """Has its worker not been heard of for as long as its lease?"""
        return self.status is RunStatus.RUNNING and self.lease_until is not None and self.lease_until < clock.now()

    asked_by: Mapped[User | None] = relationship()
    proposals: Mapped[list[Proposal]] = relationship(back_populates="run", order_by="Proposal.position")
    unplaced: Mapped[list[Unplaced]] = relationship(back_populates="run", order_by="Unplaced.position")


class ProposalStatus(enum.StrEnum):
    """What a coordinator did with a proposal."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    REFUSED = "refused"


class Proposal(Base, Public, Editable):
    """One case proposed to one volunteer by a run, with its reasons."""

    __tablename__ = "proposals"
    __table_args__ = (UniqueConstraint("run_id", "opening_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("docket_runs.id"))
    position: Mapped[int]
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"), index=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    fit: Mapped[int]
    terms: Mapped[dict[str, Any]] = mapped_column(JSON)
    load_penalty: Mapped[int]
    needs_mentor: Mapped[bool]
    rank: Mapped[int]
    able: Mapped[int]  # how many volunteers may take it
    runner_up_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    status: Mapped[ProposalStatus] = mapped_column(choice(ProposalStatus, "status"), default=ProposalStatus.OPEN)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None]
    refusal: Mapped[str | None] = mapped_column(String(160))
    referral_id: Mapped[int | None] = mapped_column(ForeignKey("referrals.id"))

    run: Mapped[DocketRun] = relationship(back_populates="proposals")
    opening: Mapped[Opening] = relationship()
    volunteer: Mapped[Volunteer] = relationship(foreign_keys=[volunteer_id])
    runner_up: Mapped[Volunteer | None] = relationship(foreign_keys=[runner_up_id])


class Unplaced(Base):
    """One case a run left without a volunteer, and why."""

    __tablename__ = "unplaced_cases"
    __table_args__ = (UniqueConstraint("run_id", "opening_id"),)

    run_id: Mapped[int] = mapped_column(ForeignKey("docket_runs.id"))
    position: Mapped[int]
    opening_id: Mapped[int] = mapped_column(ForeignKey("openings.id"), index=True)
    reason: Mapped[str] = mapped_column(String(12))
    binding_rule: Mapped[str | None] = mapped_column(String(20))
    funnel: Mapped[list[Any]] = mapped_column(JSON)  # [rule, volunteers left after it]
    blocking: Mapped[list[Any]] = mapped_column(JSON)  # [volunteer id, [case ids]]

    run: Mapped[DocketRun] = relationship(back_populates="unplaced")
    opening: Mapped[Opening] = relationship()
