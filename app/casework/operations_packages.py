"""A package is done: reported by whoever took it, approved or returned by staff; parts are given back."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.four_eyes import decide_for_themselves
from app.clients.models import OPEN, CaseStatus, Opening
from app.clients.models.statuses import CaseRole
from app.clients.supervision import rests
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, Refusal, refuse_if
from app.matching.models import Assignment
from app.matching.operations import bar, end_assignment
from app.tasks.operations import finish_tasks, open_task

from . import operations_transfer_steps as steps
from . import package_mails, policy, queries
from .models_packages import PackageReport, PackageStatus
from .operations import LEAST, CannotKeep, NotOnTheCase, WorkIsOver, log_time
from .operations_closing import go_on
from .queries_packages import OVERDUE, newest_report

S = PackageStatus
CHECK_PACKAGE, FIND_FOR_PART = "package_report", "find_for_part"
MOST_HOURS, ANSWER_DAYS = 20_000, 3
GIVE_BACK_REASONS = {
    "no_time": _l("I no longer have the time"),
    "conflict": _l("A conflict came up"),
    "health": _l("Health or family"),
    "other": _l("Another reason"),
}


class NotAPackage(Refusal):
    """Only a package is reported done by itself."""

    message = _l("This part lasts as long as the case, so there is nothing to report.")


class ReportedBefore(Refusal):
    """A report waits for staff."""

    message = _l("You have reported this done already. The programme is looking at it.")


class Answered(Refusal):
    """The report was answered already."""

    message = _l("This report has been answered already.")


def report_package(assignment: Assignment, *, text: str, hundredths: int, actor: User) -> PackageReport:
    """Say that a package is done, in a few lines, with all its hours; it takes none of the reporter's places any more.

    :raises NotOnTheCase: somebody else's, or at rest for want of an attorney
    :raises WorkIsOver: the part or the case has ended
    :raises NotAPackage: it is a part for as long as the case lasts
    :raises ReportedBefore: a report waits
    :raises CannotKeep: nothing is said, or the hours are none
    """
    case = lock(assignment.case)
    assignment = lock(assignment)
    refuse_if(assignment.ended_at is not None or case.status not in OPEN, WorkIsOver)
    refuse_if(actor.volunteer is None or assignment.volunteer_id != actor.volunteer.id, NotOnTheCase)
    refuse_if(rests(assignment), NotOnTheCase)
    refuse_if(not assignment.is_package, NotAPackage)
    if not text.strip():
        raise CannotKeep("text", _l("Write in a few lines what was done."))
    if not LEAST <= hundredths <= MOST_HOURS:
        raise CannotKeep("hours", _l("Write the hours in all, between 0.1 and 200."))
    made = insert_unless_exists(
        PackageReport, assignment_id=assignment.id, status=S.REPORTED, text=text.strip(), hundredths=hundredths,
        reported_at=clock.now(),
    )  # fmt: skip
    if made is None:
        raise ReportedBefore
    _log_the_rest(assignment, hundredths, actor)
    assignment.closing_since, assignment.uses_slot = clock.now(), False
    _ask_staff(made, actor)
    audit.record("package.report", made, actor=actor, case=case, after={"hundredths": hundredths})
    return made


def _log_the_rest(assignment: Assignment, hundredths: int, actor: User) -> None:
    """Keep what the report says beyond the hours logged one by one."""
    case = assignment.case
    missing = hundredths - queries.hours_of(case, by=actor)
    if missing > 0:
        day = calendars.today(case.programme)
        log_time(case, on_day=day, hundredths=missing, actor=actor, source="package", part=assignment)


def _ask_staff(report: PackageReport, actor: User) -> None:
    case, opening = report.assignment.case, report.assignment.opening
    if opening is not None:
        finish_tasks(OVERDUE, opening, actor=actor, outcome="reported")
    open_task(
        CHECK_PACKAGE, report, programme=case.programme, case=case, actor=actor,
        title=f"{case.number}: a package is reported done; approve or return it",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=ANSWER_DAYS),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip


def approve_package(report: PackageReport, *, actor: User) -> None:
    """Agree that a package is done: the part ends, its opening closes, the volunteer is thanked. Twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises Answered: it was returned
    """
    report = _waiting(report, actor, S.APPROVED)
    if report.status is S.APPROVED:
        return
    decide_for_themselves(report.assignment.case, report.assignment.volunteer.user, actor=actor, what="approve_package")
    report.status = S.APPROVED
    _answer(report, actor, "approved")
    package_mails.package_approved(report)
    audit.record("package.approve", report, actor=actor, case=report.assignment.case)
    end_assignment(report.assignment, "done", None, actor=actor)


def return_package(report: PackageReport, *, reason: str, actor: User) -> None:
    """Ask for something more; the work goes on, whatever the volunteer's other places. Twice changes nothing.

    :raises NotAllowed: the actor is not staff of the case's programme
    :raises Answered: it was approved
    :raises CannotKeep: nothing is said
    """
    if not reason.strip():
        raise CannotKeep("reason", _l("Write what is still missing."))
    report = _waiting(report, actor, S.RETURNED)
    if report.status is S.RETURNED:
        return
    report.status, report.return_reason = S.RETURNED, reason.strip()
    _answer(report, actor, "returned")
    session.flush()
    if report.assignment.case.status is not CaseStatus.CLOSING:
        go_on(report.assignment)
    package_mails.package_returned(report)
    audit.record("package.return", report, actor=actor, case=report.assignment.case)


def _waiting(report: PackageReport, actor: User, to: PackageStatus) -> PackageReport:
    lock(report.assignment.case)
    report = lock(report)
    refuse_if(not policy.is_staff_of(actor, report.assignment.case), NotAllowed)
    refuse_if(report.status not in (S.REPORTED, to), Answered)
    refuse_if(report.status is S.REPORTED and report.assignment.ended_at is not None, WorkIsOver)
    return report


def _answer(report: PackageReport, actor: User, outcome: str) -> None:
    report.answered_at, report.answered_by_id = clock.now(), actor.id
    finish_tasks(CHECK_PACKAGE, report, actor=actor, outcome=outcome)


def give_back_part(assignment: Assignment, *, reason: str, actor: User) -> None:
    """Give back a part beside the lead's: access ends, the opening is listed again, the case stays where it is.

    A conflict keeps person and firm from the case.

    :raises NotOnTheCase: somebody else's
    :raises NotAllowed: a lead's part, which has its own way out
    :raises WorkIsOver: it ended meanwhile
    :raises ReportedBefore: it is reported done; a conflict may still be told
    """
    case, assignment = steps.lock_case(assignment)
    refuse_if(actor.volunteer is None or assignment.volunteer_id != actor.volunteer.id, NotOnTheCase)
    refuse_if(assignment.role is CaseRole.LEAD or assignment.opening is None, NotAllowed)
    refuse_if(assignment.ended_at is not None, WorkIsOver)
    opening, report = assignment.opening, newest_report(assignment)
    if report is not None and report.status is S.REPORTED:
        refuse_if(reason != "conflict", ReportedBefore)
        finish_tasks(CHECK_PACKAGE, report, actor=actor, outcome="given_back")
    if reason == "conflict":
        bar(case, assignment.volunteer, reason="conflict", actor=actor)
        for membership in assignment.volunteer.memberships if case.short_term_by is None else []:
            bar(case, membership.organisation, reason="conflict", actor=actor)
    end_assignment(assignment, reason, CaseStatus.AVAILABLE, actor=actor)
    open_task(
        FIND_FOR_PART, opening, programme=case.programme, case=case, actor=actor,  # type: ignore[arg-type]
        title=f"{case.number}: a part was given back; find somebody else or close it",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip


def is_over(opening: Opening) -> bool:
    """Is a package's last day over where its case is?"""
    return opening.ends_on is not None and opening.ends_on < calendars.today(opening.case.programme)


def note_overdue(opening: Opening) -> None:
    """Have staff see to a package whose last day is over."""
    case = opening.case
    open_task(
        OVERDUE, opening, programme=case.programme, case=case, actor=None,
        title=f"{case.number}: the last day of a package is over; ask, change the day or close it",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip
