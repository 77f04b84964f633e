"""The demo's firm: somebody answers for it, it is asked, it holds a matter, and one of its people leads another."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select

from app.accounts import operations as accounts
from app.accounts.models import User
from app.accounts.queries import find_user
from app.clients.models import Case, CaseStatus
from app.core.access import Role
from app.core.db import session
from app.core.errors import Refusal
from app.matching import firms, operations
from app.matching.models import Referral, ReferralStatus
from app.matching.queries import live_referrals
from app.volunteers.models import Membership, Organisation, Volunteer, VolunteerStatus

from .people import FIRM_COORDINATOR, Cast, account


def a_firm_is_asked(cast: Cast) -> None:
    """The firm leads one matter, checks the names in a second and is asked about a third."""
    firm = _largest_firm()
    answers = find_user(FIRM_COORDINATOR) or account("Wren Abbott", FIRM_COORDINATOR, actor=None)
    accounts.grant_role(answers, Role.FIRM_COORDINATOR, organisation=firm, actor=None)
    session.flush()
    for scene in (_leads, _holds, _is_asked):
        _first_that_works(cast, lambda case, scene=scene: scene(case, firm, answers))  # type: ignore[misc]


def _largest_firm() -> Organisation:
    """The firm with the most approved people."""
    people = (
        select(Membership.organisation_id)
        .join(Volunteer)
        .where(Volunteer.status == VolunteerStatus.APPROVED)
        .group_by(Membership.organisation_id)
        .order_by(func.count().desc(), Membership.organisation_id)
    )
    return session.get_one(Organisation, session.execute(people.limit(1)).scalar_one())


def _first_that_works(cast: Cast, scene: Callable[[Case], object]) -> None:
    open_cases = session.query(Case).filter_by(status=CaseStatus.AVAILABLE, programme_id=cast.programmes[0])
    for case in open_cases.order_by(Case.points, Case.id):
        if case.sensitive or live_referrals(case.lead_opening):
            continue
        try:
            with session.begin_nested():
                scene(case)
            return
        except Refusal:
            continue


def _is_asked(case: Case, firm: Organisation, answers: User) -> Referral:
    if case.custody is None:
        raise LookupError("an open case has a custodian")
    return operations.ask_firm(case.lead_opening, firm, actor=case.custody.user)


def _holds(case: Case, firm: Organisation, answers: User) -> Referral:
    return operations.accept_for_firm(_is_asked(case, firm, answers), actor=answers)


def _leads(case: Case, firm: Organisation, answers: User) -> None:
    referral = _holds(case, firm, answers)
    operations.attest_for_firm(referral, "clear", actor=answers)
    free = [one.volunteer for one in firms.able_people(case.lead_opening, firm) if one.room and one.volunteer.user]
    if not free or free[0].user is None or case.custody is None:
        raise Refusal
    person = free[0].user
    operations.name_person(referral, free[0], actor=answers)
    operations.promise_privacy(referral, actor=person)
    operations.attest(referral, "clear", actor=person)
    if referral.status is ReferralStatus.REQUESTED:
        operations.confirm_request(referral, actor=case.custody.user)
