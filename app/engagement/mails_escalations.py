"""Who is told of an escalation: the case's number, until when, and where to look; nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.accounts.calendars import next_business_moment
from app.accounts.models import User
from app.clients.models import PriorityLevel
from app.core import clock, mail
from app.core.db import session
from app.core.i18n import when_at
from app.core.mail import Mail, check_before_sending

from .models_escalations import Escalation

FOLDER = "engagement/escalation_mails"
AT_ONCE = ("safety_word", "call_me", "cannot_go_on", "date_near")
KINDS = ("escalation_is_yours", "escalation_at_firm", "escalation_near_date")


def escalation_is_yours(escalation: Escalation, to: User) -> None:
    """It is somebody's turn."""
    _write("escalation_is_yours", escalation, to, _page(escalation))


def escalation_at_firm(escalation: Escalation, to: User) -> None:
    """A firm's coordinator is asked to speak with their colleague."""
    _write("escalation_at_firm", escalation, to, mail.outside_url("matching.firm_home"), audience="volunteer")


def escalation_near_date(escalation: Escalation, to: User) -> None:
    """The supervising attorney is told, because a critical date is near."""
    _write("escalation_near_date", escalation, to, _page(escalation))


def _page(escalation: Escalation) -> str:
    return mail.outside_url("engagement.escalation", public_id=escalation.public_id)


def _write(template: str, escalation: Escalation, to: User, url: str, audience: str = "staff") -> None:
    case: Any = escalation.case
    subject, text = mail.compose(
        f"{FOLDER}/{template}", "en", name=to.name, number=case.number, programme=case.programme, url=url,
        until=when_at(escalation.respond_by, case.programme.time_zone),
    )  # fmt: skip
    mail.queue(
        f"engagement.{template}",
        occasion=f"{template}:{escalation.public_id}:{escalation.round}:{escalation.level}",
        to=to.email,
        subject=subject,
        text=text,
        audience=audience,
        programme=case.programme,
        case=case,
        about=escalation,
        due_at=_leaves_at(escalation),
    )


def _leaves_at(escalation: Escalation) -> datetime:
    """At once where it is urgent, else while the office is open."""
    case, now = escalation.case, clock.now()
    urgent = escalation.cause in AT_ONCE or case.priority_level is PriorityLevel.CRITICAL
    return now if urgent or escalation.attorney_told_at else next_business_moment(now, case.programme)


def still_wanted(mail: Mail) -> str | None:
    """Nobody is asked about what was taken on, passed on or closed meanwhile."""
    escalation = session.get(Escalation, mail.record_id, populate_existing=True)
    if escalation is None or escalation.closed_at is not None:
        return "closed"
    level = mail.occasion.rpartition(":")[2]
    asked = mail.kind != "engagement.escalation_near_date"
    return "answered" if asked and (escalation.taken_at or str(escalation.level) != level) else None


def init_app() -> None:
    """Look once more before each leaves."""
    for kind in KINDS:
        check_before_sending(f"engagement.{kind}", still_wanted)
