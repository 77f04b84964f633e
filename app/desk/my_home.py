"""What needs a volunteer today, the soonest first, and what their year has been."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from app.accounts.models import User
from app.casework import queries as casework
from app.casework.message_policy import kinds_open_to
from app.casework.models import ClosingReport, ClosingStatus, TimeEntry
from app.casework.queries_messages import unread_by_case
from app.casework.transfer_queries import own_asks
from app.casework.volunteer_milestones import in_words, reached_by
from app.clients.models import CaseStatus
from app.core.db import session
from app.core.i18n import today, when_at, when_day
from app.engagement.queries import own_checkins
from app.matching import queries as matching
from app.matching.models import Assignment, Referral, ReferralStatus
from app.volunteers import policy
from app.volunteers import queries as volunteers
from app.volunteers.models import Volunteer
from app.volunteers.queries_shifts import given_by
from app.volunteers.words import credential_name


@dataclass(frozen=True)
class Duty:
    """One thing that needs the volunteer: until when, what, about what, and where it is done."""

    by: date
    title: str
    detail: str
    label: str
    url: str
    like: str = ""  # a kind of which several can be done at once
    promised: bool = False  # others wait for it by that day

    @property
    def is_late(self) -> bool:
        """Has the promised day passed?"""
        return self.promised and self.by < today()


def duties(viewer: User, work: list[Assignment]) -> list[Duty]:
    """Everything that waits for the volunteer, the soonest first."""
    if viewer.volunteer is None:
        return []
    found = [*_of_referrals(viewer), *_of_checkins(viewer, work), *_of_transfers(viewer), *_of_cases(work)]
    found += _of_messages(viewer, work)
    return sorted([*found, *_of_profile(viewer.volunteer)], key=lambda duty: duty.by)


def several(duties: list[Duty]) -> list[tuple[str, str]]:
    """What can be done to several at once, where two or more of a kind wait: a label and an address."""
    many = Counter(duty.like for duty in duties if duty.like)
    labels = {
        "check-ins": lambda n: _("Answer %(num)s check-ins together", num=n),
        "holds": lambda n: _("Give back several of %(num)s holds", num=n),
        "offers": lambda n: _("Say no to several of %(num)s offers", num=n),
    }
    return [(say(many[kind]), url_for("desk.my_several", kind=kind)) for kind, say in labels.items() if many[kind] > 1]


def _of_referrals(viewer: User) -> Iterator[Duty]:
    for referral in session.execute(matching.my_referrals(viewer)).scalars():
        if referral.ends_at is None:
            continue
        ends = _local(referral.ends_at, referral)
        until = _until(referral)
        if referral.status is ReferralStatus.OFFERED:
            to = url_for("matching.opportunity", public_id=referral.opening.public_id)
            title = _("Answer an offer: %(title)s", title=referral.case.title)
            yield Duty(ends, title, until, _("Look at it"), to, "offers")
        elif referral.status is ReferralStatus.HELD:
            to = url_for("matching.parties", public_id=referral.public_id)
            yield Duty(ends, _("Finish your conflict check"), until, _("Check the names"), to, "holds")
    for referral in matching.to_check_again(viewer):
        to = url_for("matching.parties", public_id=referral.public_id)
        detail = _("%(number)s: the people in it have changed.", number=referral.case.number)
        yield Duty(today(), _("Check the names again"), detail, _("Check the names"), to)


def _until(referral: Referral) -> str:
    number = referral.case.number
    if referral.stands_still:
        return _("%(number)s is paused; your time stands still", number=number)
    return _("%(number)s, until %(when)s", number=number, when=when_at(referral.ends_at))


def _of_checkins(viewer: User, work: list[Assignment]) -> Iterator[Duty]:
    open_to_them = {assignment.id for assignment in work}
    for asked in (each for each in own_checkins(viewer) if each.assignment_id in open_to_them):
        to = url_for("engagement.own_checkin", public_id=asked.public_id)
        title = _("How does it stand: %(title)s", title=asked.case.title)
        detail = _("%(number)s, asked %(day)s", number=asked.case.number, day=when_day(asked.due_on))
        yield Duty(asked.due_on, title, detail, _("Answer"), to, "check-ins")


def _of_transfers(viewer: User) -> Iterator[Duty]:
    for ask in own_asks(viewer):
        ends = ask.ends_at.astimezone(ZoneInfo(ask.case.programme.time_zone)).date() if ask.ends_at else today()
        until = _("until %(when)s", when=when_at(ask.ends_at, ask.case.programme.time_zone))
        to = url_for("casework.receive", public_id=ask.public_id)
        yield Duty(ends, _("Take over %(number)s?", number=ask.case.number), until, _("Look at it"), to)


def _of_messages(viewer: User, work: list[Assignment]) -> Iterator[Duty]:
    by_case = {part.case_id: part for part in work}
    unread = unread_by_case(viewer, {part.case_id: kinds_open_to(part) for part in by_case.values()})
    for case_id, count in unread.items():
        case = by_case[case_id].case
        to = url_for("casework.my_messages", public_id=case.public_id)
        title = ngettext("One new message", "%(num)s new messages", count)
        yield Duty(today(), title, case.number, _("Read"), to)


def _local(moment: datetime, referral: Referral) -> date:
    return moment.astimezone(ZoneInfo(referral.case.programme.time_zone)).date()


def _of_cases(work: list[Assignment]) -> Iterator[Duty]:
    returned = _returned({assignment.case_id for assignment in work})
    for assignment in work:
        case = assignment.case
        to = url_for("casework.my_case", public_id=case.public_id)
        if case.status is CaseStatus.PLACED and assignment.role == "lead":
            by = assignment.first_contact_due_on
            detail = _("%(number)s, by %(day)s", number=case.number, day=when_day(by))
            yield Duty(by, _("Reach your client"), detail, _("Open the case"), to, promised=True)
        if assignment.is_package and not assignment.closing_since and assignment.opening.ends_on:  # type: ignore[union-attr]
            yield _package(assignment)
        if case.id in returned and assignment.role == "lead":
            yield Duty(today(), _("Look at your closing report again"), case.number, _("See what is asked"), to)
        if _letter_is_open(assignment) and assignment.letter_due_on:
            detail = _("%(number)s, due %(day)s", number=case.number, day=when_day(assignment.letter_due_on))
            by, title = assignment.letter_due_on, _("Have the engagement letter signed")
            yield Duty(by, title, detail, _("Note it"), to, promised=True)


def _package(assignment: Assignment) -> Duty:
    """A package with its last day; the page says too what staff asked for besides."""
    opening, to = assignment.opening, url_for("casework.package_done", public_id=assignment.public_id)
    by = opening.ends_on if opening is not None and opening.ends_on is not None else today()
    detail = _("%(number)s, by %(day)s", number=assignment.case.number, day=when_day(by))
    title = opening.package if opening is not None and opening.package else _("Your part")
    return Duty(by, title, detail, _("Report it done"), to, promised=True)


def _letter_is_open(assignment: Assignment) -> bool:
    settled = assignment.letter_signed_on or assignment.letter_waived_reason or assignment.closing_since
    return assignment.role == "lead" and not settled


def _returned(case_ids: set[int]) -> set[int]:
    """The cases whose newest closing report staff sent back."""
    newest = (
        select(func.max(ClosingReport.id)).where(ClosingReport.case_id.in_(case_ids)).group_by(ClosingReport.case_id)
    )
    sent_back = (ClosingReport.id.in_(newest), ClosingReport.status == ClosingStatus.RETURNED)
    return set(session.execute(select(ClosingReport.case_id).where(*sent_back)).scalars())


def _of_profile(volunteer: Volunteer) -> Iterator[Duty]:
    day = today()
    if policy.is_due_to_confirm(volunteer, day):
        to = url_for("volunteers.profile")
        yield Duty(day, _("Is your profile still right?"), _("Once a year, one click."), _("Confirm it"), to)
    for credential in volunteers.ending_soon(volunteer, day):
        if credential.valid_until is not None:
            detail = _("It ends %(day)s.", day=when_day(credential.valid_until))
            title = _("Renew: %(what)s", what=credential_name(credential))
            yield Duty(
                credential.valid_until, title, detail, _("See my credentials"), url_for("volunteers.credentials")
            )


def my_year(viewer: User) -> dict[str, Any]:
    """Hours this calendar year and in all, on cases and at shifts, and cases closed, from the viewer's own records."""
    mine = (TimeEntry.user_id == viewer.id, TimeEntry.removed_at.is_(None))
    hours = select(func.coalesce(func.sum(TimeEntry.hundredths), 0)).where(*mine)
    first = date(today().year, 1, 1)
    shifts = given_by([viewer.volunteer.id]) if viewer.volunteer else []
    ended = casework.my_assignments(viewer, ended=True)
    return {
        "hours": session.execute(hours.where(TimeEntry.on_day >= first)).scalar_one()
        + sum(n for _programme, _kind, day, n in shifts if day >= first),
        "hours_in_all": session.execute(hours).scalar_one() + sum(n for *_where, n in shifts),
        "reached": [in_words(kind) for kind in reached_by(viewer)[:3]],
        "closed": sum(1 for assignment in ended if assignment.end_reason == "closed"),
    }
