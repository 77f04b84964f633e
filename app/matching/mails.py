"""What volunteers are told about offers, holds and placements; never a name, a court or the kind of problem."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from app.clients.models import CaseRole, Opening
from app.clients.vocabulary import CASE_ROLES
from app.core import clock, links
from app.core.db import session
from app.core.i18n import hours, when_at, when_day
from app.core.mail import Mail, check_before_sending, compose, outside_url, queue
from app.tasks.models import Task

from .mails_firms import queue_about, tell_firm
from .models import Assignment, Referral, ReferralStatus
from .terms import LINK_DAYS_AFTER

OFFER = "offer"
ASKS = ("offer", "your_turn")


def _tell(referral: Referral, template: str, *, url: str, occasion: str = "", **facts: Any) -> None:
    tell_firm(referral, template, url=url if template in ASKS else "", occasion=occasion)
    volunteer, case = referral.volunteer, referral.case
    if volunteer is None:
        return
    subject, text = compose(
        f"matching/mails/{template}",
        "en",
        name=volunteer.given_name,
        number=case.number,
        programme=case.programme.name,
        phone=case.programme.phone,
        hours=hours(referral.opening.hours),
        until=when_at(referral.ends_at, case.programme.time_zone),
        url=url,
        **facts,
    )
    queue_about(referral, template, volunteer.email, subject, text, occasion)


def _parties_url(referral: Referral) -> str:
    return outside_url("matching.parties", public_id=referral.public_id)


def offer_sent(referral: Referral, *, in_line: bool = False) -> None:
    """Ask a volunteer whether they could take a matter; the next in line gets the same page."""
    ends = (referral.ends_at or clock.now()) + timedelta(days=LINK_DAYS_AFTER)
    links.revoke(OFFER, referral)
    token = links.make(OFFER, referral, expires_at=ends)
    url = outside_url("matching.offer", token=token)
    sent = f":{referral.offered_at:%Y%m%d%H%M%S}" if referral.offered_at else ""
    _tell(referral, "your_turn" if in_line else "offer", url=url, occasion=sent)


def case_held(referral: Referral) -> None:
    """Confirm a hold and say what to do next."""
    _tell(referral, "held", url=_parties_url(referral), occasion=f":{referral.held_at:%Y%m%d%H%M%S}")


def names_released(referral: Referral, which: str) -> None:
    """Say that names can now be read, each time anew: they are released again where they changed."""
    since = f"{referral.parties_seen_at:%Y%m%d%H%M%S}" if referral.parties_seen_at else ""
    _tell(referral, "names_released", url=_parties_url(referral), occasion=f":{which}:{since}")


def hold_ending(referral: Referral) -> None:
    """Remind the holder that the time is nearly over."""
    _tell(referral, "hold_ending", url=_parties_url(referral), occasion=f":{referral.ends_at:%Y%m%d%H%M%S}")


def hold_expired(referral: Referral) -> None:
    """Tell the holder that the time is over and nothing counts against them."""
    _tell(referral, "hold_expired", url=outside_url("matching.opportunities"))


def time_stands_still(referral: Referral) -> None:
    """Say once that the programme paused a matter in hand or offered, and that no time is lost."""
    occasion = f":{referral.case.paused_at:%Y%m%d%H%M%S}"
    _tell(referral, "stands_still", url=_parties_url(referral), occasion=occasion, standing=referral.status.value)


def time_runs_on(referral: Referral) -> None:
    """Say until when the time now lasts."""
    occasion = f":{clock.now():%Y%m%d%H%M%S}"
    _tell(referral, "runs_on", url=_parties_url(referral), occasion=occasion, standing=referral.status.value)


def parties_changed(referral: Referral) -> None:
    """Ask the holder to check the names again; a firm that holds checks before the person it named."""
    occasion = f":{referral.case.parties_version}"
    if referral.organisation_id is not None and referral.status is ReferralStatus.HELD:
        tell_firm(referral, "parties_changed", occasion=occasion)
        return
    _tell(referral, "parties_changed", url=_parties_url(referral), occasion=occasion)


def person_named(referral: Referral) -> None:
    """Tell the person that the firm named them, and ask them to check for themselves."""
    _tell(referral, "named", url=_parties_url(referral), occasion=f":{clock.now():%Y%m%d%H%M%S}",
          firm=referral.organisation.name if referral.organisation else "")  # fmt: skip


def name_taken_back(referral: Referral) -> None:
    """Tell the person that the firm no longer has the matter for them."""
    _tell(referral, "name_taken_back", url=outside_url("matching.my_matters"),
          occasion=f":{clock.now():%Y%m%d%H%M%S}")  # fmt: skip


def person_stepped_back(referral: Referral) -> None:
    """Ask the firm to name somebody else."""
    tell_firm(referral, "stepped_back", occasion=f":{clock.now():%Y%m%d%H%M%S}")


def firm_in_conflict(referral: Referral) -> None:
    """Tell the firm that its person found a conflict, and that the firm is kept off the matter."""
    tell_firm(referral, "conflict")


def case_placed(assignment: Assignment, referral: Referral) -> None:
    """Welcome the volunteer on the case and say what comes first."""
    url = outside_url("casework.my_case", public_id=assignment.case.public_id)
    if assignment.role is not CaseRole.LEAD:
        ends_on = assignment.opening.ends_on if assignment.opening else None
        _tell(referral, "part_placed", url=url, part=part_name(assignment), ends_on=when_day(ends_on))
        return
    due = when_day(assignment.first_contact_due_on)
    _tell(referral, "placed", url=url, first_contact=due, letter=when_day(assignment.letter_due_on))


def part_name(assignment: Assignment) -> str:
    """`interpreter`, as a mail says it."""
    return str(CASE_ROLES[assignment.role]).lower()


def part_rests(assignment: Assignment, task: Task) -> None:
    """Tell a student or paralegal that the file is closed to them until an attorney answers for the case."""
    _tell_part(assignment, task, "part_rests", url=outside_url("casework.my_cases"))


def part_goes_on(assignment: Assignment, task: Task) -> None:
    """Tell a student or paralegal that an attorney answers for the case again."""
    _tell_part(assignment, task, "part_goes_on", url=outside_url("casework.my_case", public_id=_case(assignment)))


def _case(assignment: Assignment) -> str:
    return assignment.case.public_id


def _tell_part(assignment: Assignment, task: Task, template: str, *, url: str) -> None:
    volunteer, case = assignment.volunteer, assignment.case
    subject, text = compose(
        f"matching/mails/{template}", "en", name=volunteer.given_name, number=case.number,
        programme=case.programme.name, phone=case.programme.phone, part=part_name(assignment), url=url,
    )  # fmt: skip
    queue(
        f"matching.{template}", occasion=f"{template}:{assignment.public_id}:{task.public_id}", to=volunteer.email,
        subject=subject, text=text, audience="volunteer", programme=case.programme, case=case, about=assignment,
    )  # fmt: skip


def offer_thanked(referral: Referral) -> None:
    """Thank somebody who was asked: the matter has found its lawyer."""
    _tell(referral, "thanked", url=outside_url("matching.opportunities"))


def matter_gone(referral: Referral) -> None:
    """Tell a holder that the programme took the matter off the list."""
    _tell(referral, "gone", url=outside_url("matching.opportunities"))


def request_lost(referral: Referral, fitting: list[Opening]) -> None:
    """Tell a requester who was not chosen, with up to three matters that fit."""
    others = [
        {
            "number": o.case.number,
            "hours": hours(o.hours),
            "url": outside_url("matching.opportunity", public_id=o.public_id),
        }
        for o in fitting
    ]
    _tell(referral, "request_lost", url=outside_url("matching.opportunities"), others=others)


STILL_TRUE = {
    "matching.offer": (ReferralStatus.OFFERED,),
    "matching.your_turn": (ReferralStatus.OFFERED,),
    "matching.held": (ReferralStatus.HELD,),
    "matching.hold_ending": (ReferralStatus.HELD,),
    "matching.names_released": (ReferralStatus.HELD,),
    "matching.firm_offer": (ReferralStatus.OFFERED,),
    "matching.firm_your_turn": (ReferralStatus.OFFERED,),
    "matching.firm_held": (ReferralStatus.HELD,),
    "matching.firm_hold_ending": (ReferralStatus.HELD,),
    "matching.firm_names_released": (ReferralStatus.HELD,),
    "matching.firm_stepped_back": (ReferralStatus.HELD,),
    "matching.named": (ReferralStatus.HELD,),
}


def _no_longer_true(mail: Mail) -> str | None:
    """An offer answered or a hold given back meanwhile is not written about."""
    referral = session.get(Referral, mail.record_id, populate_existing=True)
    if referral is None or referral.status not in STILL_TRUE[mail.kind]:
        return "answered"
    return None


def init_app() -> None:
    """Look once more before these mails leave."""
    for kind in STILL_TRUE:
        check_before_sending(kind, _no_longer_true)
