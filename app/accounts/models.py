"""People who sign in, what they may do, and the programmes they do it for."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.access import Role
from app.core.db import Base, Editable, Public, choice
from app.core.sealed import Sealed

if TYPE_CHECKING:
    from app.volunteers.models import Organisation, Volunteer


SMALL, CROSSED = (5, 50), (11, 100)  # the least and the most that a programme may set; nobody goes below the least


class Programme(Base, Public, Editable):
    """A legal aid programme: its own cases, staff, clock and voice."""

    __tablename__ = "programmes"

    name: Mapped[str] = mapped_column(String(80))
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    prefix: Mapped[str] = mapped_column(String(4), unique=True)
    state: Mapped[str] = mapped_column(String(2))
    time_zone: Mapped[str] = mapped_column(String(40))
    opens_at: Mapped[time] = mapped_column(default=time(9))
    closes_at: Mapped[time] = mapped_column(default=time(17))
    working_days: Mapped[list[str]] = mapped_column(default=lambda: ["0", "1", "2", "3", "4"])
    holiday_calendar: Mapped[str] = mapped_column(String(8), default="US")
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en", "es"])
    sender_name: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str] = mapped_column(String(24))
    counties: Mapped[list[str]] = mapped_column(default=list)
    rural_counties: Mapped[list[str] | None]  # none: nobody has said yet
    claims_taken_at_once: Mapped[bool] = mapped_column(default=False)
    small_count: Mapped[int] = mapped_column(default=5)
    small_count_crossed: Mapped[int] = mapped_column(default=11)
    last_case_number: Mapped[int] = mapped_column(default=0)

    closures: Mapped[list[Closure]] = relationship(back_populates="programme", cascade="all, delete-orphan")

    @property
    def floors(self) -> tuple[int, int]:
        """Below which counts are hidden, and below which those crossed with a place or a trait."""
        small = max(SMALL[0], self.small_count)
        return small, max(CROSSED[0], small, self.small_count_crossed)


class Closure(Base):
    """A day on which a programme is closed beside weekends and holidays."""

    __tablename__ = "closures"
    __table_args__ = (UniqueConstraint("programme_id", "on_day"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"))
    on_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(80))

    programme: Mapped[Programme] = relationship(back_populates="closures")


class Office(Base, Public):
    """A place of a programme; closed, it keeps the cases it has and gets no new ones."""

    __tablename__ = "offices"
    __table_args__ = (UniqueConstraint("programme_id", "name"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    county: Mapped[str] = mapped_column(String(5))
    closed_at: Mapped[datetime | None]


class Grant(Base, Public):
    """A funding source: its eligibility rules and reporting periods."""

    __tablename__ = "grants"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programmes.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    ruleset: Mapped[str] = mapped_column(String(24), default="lsc")
    reports_every: Mapped[str] = mapped_column(String(12), default="quarter")
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    programme: Mapped[Programme] = relationship()


class User(Base, Public, Editable):
    """A person who signs in."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(Sealed("users.name"))
    email: Mapped[str] = mapped_column(Sealed("users.email"))
    email_hash: Mapped[str] = mapped_column(String(40), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(8), default="en")
    deactivated_at: Mapped[datetime | None]

    grants: Mapped[list[RoleGrant]] = relationship(
        back_populates="user", cascade="all, delete-orphan", foreign_keys="RoleGrant.user_id", lazy="selectin"
    )
    volunteer: Mapped[Volunteer | None] = relationship("Volunteer", back_populates="user", uselist=False)

    is_authenticated = True
    is_anonymous = False
    session_token = ""  # of the browser the person came in with; not stored

    @property
    def is_active(self) -> bool:
        """A deactivated person is out at the next click."""
        return self.deactivated_at is None

    @property
    def role_names(self) -> frozenset[Role]:
        """Every role held anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def programme_ids(self, *roles: Role) -> list[int]:
        """The programmes in which the person holds one of the roles."""
        return sorted({g.programme_id for g in self.grants if g.role in roles and g.programme_id is not None})

    def grant_ids(self) -> list[int]:
        """The grants that a funder pays for."""
        return sorted({g.grant_id for g in self.grants if g.role == Role.FUNDER and g.grant_id is not None})

    def organisation_ids(self) -> list[int]:
        """The firms and other organisations that the person answers for."""
        held = (g.organisation_id for g in self.grants if g.role == Role.FIRM_COORDINATOR)
        return sorted({organisation_id for organisation_id in held if organisation_id is not None})

    def has(self, role: Role, programme_id: int | None = None) -> bool:
        """Does the person hold the role (in that programme)?"""
        return any(g.role == role and programme_id in (None, g.programme_id) for g in self.grants)

    def get_id(self) -> str:
        """Flask-Login keeps the opaque id of the sign-in session, set when it is loaded."""
        return self.session_token


class RoleGrant(Base):
    """A role somebody holds: for a programme, a grant, an organisation or the whole deployment."""

    __tablename__ = "role_grants"
    __table_args__ = (UniqueConstraint("user_id", "role", "programme_id", "grant_id", "organisation_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    role: Mapped[Role] = mapped_column(choice(Role, "role"))
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programmes.id"), index=True)
    grant_id: Mapped[int | None] = mapped_column(ForeignKey("grants.id"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"))
    granted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))

    user: Mapped[User] = relationship(back_populates="grants", foreign_keys=[user_id])
    programme: Mapped[Programme | None] = relationship()
    grant: Mapped[Grant | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship("Organisation")


class SignIn(Base):
    """One signed-in browser; its row gone or ended, the person is out at the next click."""

    __tablename__ = "sign_ins"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(80), default="")

    user: Mapped[User] = relationship()


class LimitCount(Base):
    """How often something was tried in a window, counted for all processes together."""

    __tablename__ = "limit_counts"
    __table_args__ = (Index("uq_limit_counts_key", "key", unique=True),)

    key: Mapped[str] = mapped_column(String(160))
    count: Mapped[int]
    expires_at: Mapped[datetime]


class ExternalRef(Base):
    """The id a record has in another system, so that both can run side by side."""

    __tablename__ = "external_refs"
    __table_args__ = (
        UniqueConstraint("record_kind", "system", "external_id"),
        Index("ix_external_refs_record", "record_kind", "record_id"),
    )

    record_kind: Mapped[str] = mapped_column(String(40))
    record_id: Mapped[int]
    system: Mapped[str] = mapped_column(String(24))
    external_id: Mapped[str] = mapped_column(String(80))
