"""How a closed case begins again."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.accounts import calendars
from app.accounts.models import User
from app.clients.lifecycle import give_custody, move_case
from app.clients.mails import end_is_over
from app.clients.models import Case, CaseStatus, OpeningStatus
from app.clients.models.statuses import CaseRole
from app.core import clock
from app.core.db import lock, session
from app.core.errors import NotAllowed, Refusal, refuse_if
from app.matching.barring import Purpose, barred_volunteers
from app.matching.models import Assignment, Referral
from app.matching.rules import ONE
from app.tasks.operations import open_task
from app.volunteers.policy import may_take_new_work

from . import mails, policy, queries


class NotClosed(Refusal):
    """Only a closed case is reopened."""

    message = _l("This case is not closed, so there is nothing to reopen.")


class LeadCannotReturn(Refusal):
    """The volunteer may not have the case again."""

    message = _l(
        "The volunteer who closed this case cannot take it up again just now: their approval, a bar or changed "
        "parties speak against it. Reopen it without them, and place it anew."
    )


def former_lead(case: Case) -> Assignment | None:
    """The assignment that ended when the case was closed."""
    ended = (a for a in reversed(case.assignments) if a.role is CaseRole.LEAD and a.end_reason == "closed")
    return next(ended, None)


def may_return(assignment: Assignment) -> bool:
    """Approved, not kept off in person or with a firm, and clear of the parties as they are now; slots do not count."""
    case, volunteer = assignment.case, assignment.volunteer
    if not may_take_new_work(volunteer, calendars.today(case.programme)):
        return False
    kept = barred_volunteers(ONE, Purpose.PLACE, opening_id=case.lead_opening.id)
    if volunteer.public_id in kept.get(case.id, set()):
        return False
    referral = session.get(Referral, assignment.referral_id) if assignment.referral_id else None
    return referral is None or referral.attested_version == case.parties_version


def reopen_case(case: Case, *, reason: str, with_lead: bool, actor: User) -> None:
    """Open a closed case again: with the volunteer who had it and agreed, or to be prepared and placed anew.

    :raises NotClosed: it is not closed
    :raises LeadCannotReturn: the volunteer may not have it again
    """
    case = lock(case)
    refuse_if(not policy.is_staff_of(actor, case), NotAllowed)
    refuse_if(case.status is not CaseStatus.CLOSED, NotClosed)
    lead = former_lead(case) if with_lead else None
    refuse_if(with_lead and (lead is None or not may_return(lead)), LeadCannotReturn)
    report = queries.closing_report(case)
    if report is not None:
        report.superseded_at = report.superseded_at or clock.now()
    case.closed_at = case.paused_at = None
    case.lead_opening.status = OpeningStatus.FILLED if lead else OpeningStatus.NOT_LISTED
    give_custody(case, actor, reason="reopened", actor=actor)
    if lead is not None:
        _give_back(lead)
    else:
        case.placed_at = None
    to = CaseStatus.IN_SERVICE if lead else CaseStatus.ACCEPTED
    end_is_over(case, actor=actor)
    _ask_a_person(case, actor)
    move_case(case, to, operation="casework.reopen_case", actor=actor, reason=reason)


def _give_back(lead: Assignment) -> None:
    lead.ended_at = lead.end_reason = lead.closing_since = lead.cut_off_at = None  # nobody close to them is in it now
    lead.uses_slot = True
    mails.case_reopened(lead, clock.now())


def _ask_a_person(case: Case, actor: User) -> None:
    due = calendars.add_business_time(clock.now(), case.programme, days=1)
    title = f"{case.number} is open again: tell the client what happens next"
    open_task("reopened", case, programme=case.programme, title=title, due_at=due, actor=actor, case=case)
