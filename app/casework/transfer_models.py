"""How a volunteer's part as lead ends before the work is done: one record for all three ways out."""

from __future__ import annotations

import enum
from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.clients.models import Case, Consent
from app.core import clock
from app.core.db import Base, Editable, Public, choice, live_unique
from app.core.sealed import SealedJSON
from app.matching.models import Assignment
from app.volunteers.models import Volunteer


class TransferKind(enum.StrEnum):
    """The three ways out."""

    HAND_BACK = "hand_back"
    MANDATORY = "mandatory"
    TRANSFER = "transfer"


class TransferStatus(enum.StrEnum):
    """Where a way out stands."""

    DRAFT = "draft"  # being written; nothing has happened
    WAITING = "waiting"  # sent; somebody must take custody or a court must agree first
    PREPARED = "prepared"  # a receiver is to be chosen, and the client to be asked
    OFFERED = "offered"  # the receiver is asked
    LEFT = "left"  # the lead's part has ended; what staff still owe is open
    DONE = "done"
    WITHDRAWN = "withdrawn"  # taken back or revoked before anything ended
    SUPERSEDED = "superseded"  # something else ended the lead's part first


OPEN = (TransferStatus.DRAFT, TransferStatus.WAITING, TransferStatus.PREPARED, TransferStatus.OFFERED)
GONE = (TransferStatus.LEFT, TransferStatus.DONE)


class Court(enum.StrEnum):
    """Whether a court must agree before a lawyer goes."""

    NO = "no"
    NEEDED = "needed"
    GRANTED = "granted"


class Transfer(Base, Public, Editable):
    """One way out of a case for its lead, from the reason to the root cause."""

    __tablename__ = "transfers"
    __table_args__ = (
        live_unique("one_open_transfer", "case_id", where="status IN ('draft', 'waiting', 'prepared', 'offered')"),
        Index("ix_transfers_status", "status", "assignment_id"),
        Index("ix_transfers_left", "left_at"),
        CheckConstraint("(status IN ('left', 'done')) = (left_at IS NOT NULL)", name="left"),
        CheckConstraint("status <> 'done' OR root_cause IS NOT NULL", name="cause"),
    )

    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignments.id"), index=True)
    kind: Mapped[TransferKind] = mapped_column(choice(TransferKind, "kind"))
    status: Mapped[TransferStatus] = mapped_column(choice(TransferStatus, "status"))
    reason: Mapped[str] = mapped_column(String(24))
    opened_at: Mapped[datetime]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    # what whoever comes next must know
    checklist: Mapped[dict[str, Any] | None] = mapped_column(SealedJSON("transfers.checklist"))
    checklist_at: Mapped[datetime | None]
    checklist_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    papers: Mapped[str | None] = mapped_column(String(16))
    last_contact_on: Mapped[date | None]
    next_date_on: Mapped[date | None]
    court: Mapped[Court] = mapped_column(choice(Court, "court"), default=Court.NO)
    court_granted_on: Mapped[date | None]

    custody_taken_at: Mapped[datetime | None]
    consent_id: Mapped[int | None] = mapped_column(ForeignKey("consents.id"))
    receiver_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    next_assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    left_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(16))
    root_cause: Mapped[str | None] = mapped_column(String(32))

    case: Mapped[Case] = relationship()
    assignment: Mapped[Assignment] = relationship(foreign_keys=[assignment_id])
    checklist_by: Mapped[User | None] = relationship(foreign_keys=[checklist_by_id])
    consent: Mapped[Consent | None] = relationship()
    receiver: Mapped[Volunteer | None] = relationship()
    steps: Mapped[list[TransferStep]] = relationship(back_populates="transfer", order_by="TransferStep.id")
    asks: Mapped[list[TransferAsk]] = relationship(back_populates="transfer", order_by="TransferAsk.id")

    @property
    def ask(self) -> TransferAsk | None:
        """The receiver who is chosen or asked now."""
        return next((each for each in self.asks if each.status in LIVE_ASK), None)


class TransferStep(Base):
    """One thing that happened on the way out: who, when."""

    __tablename__ = "transfer_steps"

    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"), index=True)
    step: Mapped[str] = mapped_column(String(24))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    volunteer_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))

    transfer: Mapped[Transfer] = relationship(back_populates="steps")
    by: Mapped[User | None] = relationship()
    volunteer: Mapped[Volunteer | None] = relationship()


class AskStatus(enum.StrEnum):
    """Where the asking of one receiver stands."""

    CHOSEN = "chosen"
    ASKED = "asked"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CONFLICT = "conflict"
    EXPIRED = "expired"
    REVOKED = "revoked"


LIVE_ASK = (AskStatus.CHOSEN, AskStatus.ASKED)


class TransferAsk(Base, Public, Editable):
    """One receiver: the checks made, what was asked until when, and the answer."""

    __tablename__ = "transfer_asks"
    __table_args__ = (
        live_unique("one_live_ask", "transfer_id", where="status IN ('chosen', 'asked')"),
        Index("ix_transfer_asks_ends", "status", "ends_at"),
        Index("ix_transfer_asks_volunteer", "volunteer_id", "status"),
        CheckConstraint("status <> 'accepted' OR attested_version IS NOT NULL", name="attested"),
    )

    transfer_id: Mapped[int] = mapped_column(ForeignKey("transfers.id"), index=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    mentor_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))
    status: Mapped[AskStatus] = mapped_column(choice(AskStatus, "status"), default=AskStatus.CHOSEN)
    checks: Mapped[dict[str, Any]] = mapped_column(default=dict)  # check: its rules that speak against, or none
    chosen_at: Mapped[datetime]
    chosen_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    names_seen_at: Mapped[datetime | None]
    other_side_clear_version: Mapped[int | None]  # of a sensitive case: the parties whose other side is found clear
    attested_version: Mapped[int | None]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(24))

    transfer: Mapped[Transfer] = relationship(back_populates="asks")
    case: Mapped[Case] = relationship()
    volunteer: Mapped[Volunteer] = relationship(foreign_keys=[volunteer_id])
    mentor: Mapped[Volunteer | None] = relationship(foreign_keys=[mentor_id])

    @property
    def is_too_late(self) -> bool:
        """Is the receiver's time over? It stands still while the case is paused."""
        return self.ends_at is None or (self.ends_at <= clock.now() and self.case.paused_at is None)

    @property
    def shows_everybody(self) -> bool:
        """May the client's side be shown too? Of a sensitive case only once the other side, as it is now, is clear."""
        return not self.case.sensitive or self.other_side_clear_version == self.case.parties_version

    @property
    def names_now(self) -> str:
        """Which names the receiver's page shows: an answer speaks of those alone."""
        return f"{self.case.parties_version}{'' if self.shows_everybody else '-other-side'}"
