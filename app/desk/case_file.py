"""Everything staff see of one case, gathered from every package in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, load_only
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import User
from app.casework import queries as casework
from app.casework.models import ClosingReport, ContactAttempt, Note
from app.casework.models_packages import PackageReport, PackageStatus
from app.casework.policy import may_read_note
from app.casework.transfer_models import Transfer
from app.casework.transfer_queries import transfers_of
from app.clients.letters import letters_of
from app.clients.models import Case, CaseMove, Client, CriticalDate, Document, Opening, Party
from app.clients.queries import get_case, staff_cases
from app.core.audit import AuditEntry
from app.core.db import session
from app.core.mail import Mail
from app.engagement import queries as engagement
from app.engagement import queries_escalations as escalations
from app.engagement.models import Checkin
from app.engagement.models_escalations import Escalation
from app.engagement.models_reminders import DateDocketing
from app.engagement.queries_reminders import docketings_on, mails_about
from app.matching.models import Assignment, Referral
from app.tasks.models import Task

from . import docket
from .same_facts import said_once

LOOKED = "case.view"
MOST = 60  # of each kind in the history


@dataclass
class CaseFile:
    """One case and what belongs to it; each part is read when the page first asks for it."""

    case: Case
    viewer: User

    @cached_property
    def client(self) -> Client:
        """The client with who they are and how they may be reached."""
        stmt = select(Client).where(Client.case_id == self.case.id)
        stmt = stmt.options(joinedload(Client.person), joinedload(Client.channels))
        return session.execute(stmt).unique().scalar_one()

    @cached_property
    def staff(self) -> dict[int, str]:
        """The names of the programme's people by id."""
        return {row.id: row.name for row in self.colleagues}

    @cached_property
    def colleagues(self) -> list[Any]:
        """The people who work for the viewer's programmes."""
        return docket.staff(self.viewer)

    @cached_property
    def other_requests(self) -> list[Case]:
        """What else the same person asked for, newest first."""
        same = (Client.identity_id == self.client.identity_id, Client.id != self.client.id)
        found = select(Case).join(Client, Client.case_id == Case.id).where(*same).order_by(Case.id.desc())
        return list(session.scalars(found.options(load_only(Case.number, Case.public_id, Case.status))))

    @cached_property
    def parties(self) -> list[Party]:
        """Everybody in the matter but the client."""
        stmt = select(Party).where(Party.case_id == self.case.id, Party.removed_at.is_(None), Party.role != "client")
        return list(session.scalars(stmt.order_by(Party.id)))

    @cached_property
    def dates(self) -> list[CriticalDate]:
        """The dates that are still to come or unknown, the unknown last."""
        stmt = select(CriticalDate).where(CriticalDate.case_id == self.case.id, CriticalDate.done_at.is_(None))
        return list(session.scalars(stmt.order_by(CriticalDate.on_day.is_(None), CriticalDate.on_day, CriticalDate.id)))

    @cached_property
    def docketings(self) -> dict[int, DateDocketing]:
        """Which of the dates the firm of whoever leads keeps, by the date's number."""
        return docketings_on(self.case)

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Everybody who has or had a part in the case, the live ones first."""
        stmt = select(Assignment).where(Assignment.case_id == self.case.id).options(joinedload(Assignment.volunteer))
        rows = session.scalars(stmt.order_by(Assignment.id)).all()
        set_committed_value(self.case, "assignments", list(rows))  # who asks the case itself asks no more
        return sorted(rows, key=lambda row: row.ended_at is not None)

    @property
    def lead(self) -> Assignment | None:
        """Who leads the case now."""
        return next((a for a in self.assignments if a.ended_at is None and a.role == "lead"), None)

    @cached_property
    def transfers(self) -> list[Transfer]:
        """Every way out of the case for a lead, newest first."""
        return transfers_of(self.case)

    @cached_property
    def openings(self) -> list[Opening]:
        """What of the case is or was listed."""
        return list(session.scalars(select(Opening).where(Opening.case_id == self.case.id).order_by(Opening.id)))

    @cached_property
    def referrals(self) -> list[Referral]:
        """Every attempt to place the case, newest first."""
        stmt = select(Referral).join(Opening).where(Opening.case_id == self.case.id)
        stmt = stmt.options(joinedload(Referral.volunteer), joinedload(Referral.organisation))
        return list(session.scalars(stmt.order_by(Referral.id.desc()).limit(MOST)))

    @cached_property
    def moves(self) -> list[Any]:
        """Every change of status, oldest first."""
        columns = (CaseMove.from_status, CaseMove.to_status, CaseMove.at, CaseMove.reason, CaseMove.actor_id)
        stmt = select(*columns).where(CaseMove.case_id == self.case.id)
        return list(session.execute(stmt.order_by(CaseMove.id)))

    @cached_property
    def notes(self) -> list[Note]:
        """The notes the viewer may read, newest first."""
        _ = self.assignments
        stmt = select(Note).where(Note.case_id == self.case.id).order_by(Note.id.desc()).limit(MOST)
        notes = session.scalars(stmt.options(joinedload(Note.author).lazyload(User.grants))).all()
        return [note for note in notes if may_read_note(self.viewer, note)]

    @cached_property
    def contacts(self) -> list[Any]:
        """Attempts to reach the client, newest first."""
        columns = (ContactAttempt.at, ContactAttempt.channel, ContactAttempt.reached, User.name)
        stmt = select(*columns).join(User, User.id == ContactAttempt.by_id)
        return list(session.execute(stmt.where(ContactAttempt.case_id == self.case.id)
                                    .order_by(ContactAttempt.id.desc()).limit(MOST)))  # fmt: skip

    @cached_property
    def mails(self) -> list[Any]:
        """What was written to whom about the case, newest first."""
        columns = (Mail.created_at, Mail.sent_at, Mail.audience, Mail.subject, Mail.language, Mail.status)
        about = or_(Mail.case_id == self.case.id, Mail.public_id.in_(engagement.bundles_about(self.case.id)),
                    Mail.public_id.in_(mails_about(self.case.id)))  # fmt: skip
        return list(session.execute(select(*columns).where(about).order_by(Mail.id.desc()).limit(MOST)))

    @cached_property
    def letters(self) -> list[Any]:
        """What was written to the client on paper, newest first."""
        return letters_of(self.case.id)[:MOST]

    @cached_property
    def looks(self) -> list[Any]:
        """Who looked into the file, newest first."""
        stmt = select(AuditEntry.at, User.name).join(User, User.id == AuditEntry.actor_id)
        stmt = stmt.where(AuditEntry.case_id == self.case.id, AuditEntry.action == LOOKED)
        return list(session.execute(stmt.order_by(AuditEntry.id.desc()).limit(MOST)))

    @cached_property
    def checkins(self) -> list[Checkin]:
        """What both sides were asked, newest first."""
        return engagement.checkins_of(self.case)

    @cached_property
    def escalations(self) -> list[Escalation]:
        """What somebody must resolve or has resolved, the newest first."""
        return escalations.escalations_of(self.case)

    @cached_property
    def tasks(self) -> list[Any]:
        """What is to be done on the case, each thing once as on Today, the oldest promise first."""
        on_day = select(CriticalDate.on_day).where(CriticalDate.id == Task.record_id).scalar_subquery()
        stmt = select(
            Task.public_id, Task.cause, Task.title, Task.due_at, Task.owner_id, Task.record_kind, Task.record_id,
            sql_case((Task.record_kind == "critical_dates", on_day)).label("on_day"),
        )  # fmt: skip
        stmt = stmt.where(Task.case_id == self.case.id, Task.done_at.is_(None))
        rows = session.execute(stmt.order_by(Task.due_at, Task.id))
        near = {"next_critical_on": self.case.next_critical_on}
        said = said_once(SimpleNamespace(**row._mapping, **near) for row in rows)
        return [SimpleNamespace(**{**vars(each.task), "due_at": each.due_at}) for each in said]

    @cached_property
    def package_reports(self) -> list[PackageReport]:
        """The reports on packages that wait for staff."""
        stmt = select(PackageReport).join(PackageReport.assignment).where(Assignment.case_id == self.case.id)
        live = stmt.where(PackageReport.status == PackageStatus.REPORTED, Assignment.ended_at.is_(None))
        return list(session.scalars(live.order_by(PackageReport.id)))

    @cached_property
    def hours(self) -> int:
        """Everybody's time on the case, in hundredths of an hour."""
        return casework.hours_of(self.case)

    @cached_property
    def closing(self) -> ClosingReport | None:
        """The newest closing report."""
        return casework.closing_report(self.case)

    @cached_property
    def papers(self) -> list[Any]:
        """The papers on the case by title."""
        stmt = select(Document.title, Document.kind, Document.created_at, Document.visibility)
        return list(session.execute(stmt.where(Document.case_id == self.case.id).order_by(Document.id)))

    @cached_property
    def priority(self) -> list[Any]:
        """What the priority was reckoned from, and the override above it."""
        return docket.priorities_of([self.case.id]).get(self.case.id, [])

    def came_to(self, status: str) -> datetime | None:
        """When the case last came to a status."""
        return next((move.at for move in reversed(self.moves) if move.to_status == status), None)


def case_file(public_id: str, *, viewer: User) -> CaseFile:
    """The file of a case of the viewer's programmes.

    :raises NotFound: unknown, or another programme's
    """
    return CaseFile(get_case(public_id, viewer=viewer, among=staff_cases(viewer)), viewer)


def case_in_brief(public_id: str, *, viewer: User) -> Case:
    """As much of that case as says whose it is.

    :raises NotFound: unknown, or another programme's
    """
    brief = load_only(Case.programme_id)
    return get_case(public_id, viewer=viewer, among=staff_cases(viewer).options(brief))
