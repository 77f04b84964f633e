"""When a client is told where things stand: an hour on, the newest only, and after a person who reached them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, or_, select

from app.accounts import calendars
from app.core import clock
from app.core.db import insert_unless_exists, lock, session
from app.core.mail import Mail, MailStatus, original

from .choices import Choices, choices_of, choose
from .court_days import hearing_days
from .models import Case, CaseMove, CaseStatus, Client, ClientUpdate

if TYPE_CHECKING:
    from app.accounts.models import User

AFTER = timedelta(hours=1)
PERSON_FIRST = timedelta(hours=24)
LONGEST_WAIT = timedelta(days=3)  # for people who reach the client day after day and say nothing of it
BY_CALL_EVERY = 30
APPOINTMENT = "appointment"
ENDS = ("rejected", "not_placed", "closed", "withdrawn")
AT_ONCE = ("received",)  # what somebody just asked for is confirmed at whatever hour
MERGED, NO_LONGER_TRUE = "merged", "no_longer_true"

Reached = Callable[[int, datetime], datetime | None]
_reached: list[Reached] = []


def count_as_reached(ask: Reached) -> None:
    """Register who knows when a person last reached the client of a case since a moment."""
    if ask not in _reached:
        _reached.append(ask)


def person_reached(case: Case) -> datetime | None:
    """When a person reached the client within the last day, if one did."""
    since = clock.now() - PERSON_FIRST
    return max((at for ask in _reached if (at := ask(case.id, since))), default=None)


def begin(case: Case, occasion: str, *, by_call: bool, once: str | None = None) -> ClientUpdate | None:
    """Note that a client is being told; the update before it is replaced and, unsent, let drop.

    None where they were told of this before: the same occasion, on the same day, since the same move.
    """
    client = lock(case.client)  # one at a time: two who tell the same client never both believe to be the newest
    key = once or f"{occasion}/{_last_move(case)}/{calendars.today(case.programme)}/{'call' if by_call else 'mail'}"
    if session.scalar(select(ClientUpdate.id).where(ClientUpdate.case_id == case.id, ClientUpdate.once == key)):
        return None
    _replace(case, keeps_appointment=occasion not in (APPOINTMENT, *ENDS))
    now = clock.now()
    again = again_at(client, now, by_call=by_call)
    return insert_unless_exists(
        ClientUpdate, case_id=case.id, occasion=occasion, once=key, told_at=now, by_call=by_call, again_at=again
    )


def _last_move(case: Case) -> int:
    return session.scalar(select(func.max(CaseMove.id)).where(CaseMove.case_id == case.id)) or 0


def take_back(case: Case) -> None:
    """What the client of a case was told last holds no more: unsent, it is let drop."""
    lock(case.client)
    _replace(case, NO_LONGER_TRUE)


def _replace(case: Case, reason: str = MERGED, *, keeps_appointment: bool = False) -> None:
    """What was told before is the newest no more; unsent it is let drop, but for a time that still holds."""
    older = [] if keeps_appointment else list(session.scalars(_appointments_before(case)))
    current = session.scalars(current_update(case)).one_or_none()
    if current is not None:
        current.replaced_at = clock.now()
        older += [] if keeps_appointment and current.occasion == APPOINTMENT else [current.mail_id]
    for mail_id in older:
        if mail_id is not None:
            _let_drop(mail_id, reason)
    session.flush()


def _appointments_before(case: Case) -> Select[int | None]:
    """The mails that tell of an appointment and that news have not replaced."""
    told = (ClientUpdate.case_id == case.id, ClientUpdate.occasion == APPOINTMENT)
    return select(ClientUpdate.mail_id).where(*told, ClientUpdate.replaced_at.is_not(None)).order_by(ClientUpdate.id)


def _let_drop(mail_id: int, reason: str) -> None:
    """Let an update drop that nobody has sent; one that is on its way goes."""
    found = select(Mail).where(Mail.id == mail_id).with_for_update(of=Mail)
    mail = session.scalars(found.execution_options(populate_existing=True)).one()
    leased = mail.lease_until is not None and mail.lease_until >= clock.now()
    if mail.status in (MailStatus.QUEUED, MailStatus.RETRYING) and not leased:
        mail.status, mail.drop_reason = MailStatus.DROPPED, reason


def current_update(case: Case) -> Select[ClientUpdate]:
    """What the client of a case was told last."""
    return select(ClientUpdate).where(ClientUpdate.case_id == case.id, ClientUpdate.replaced_at.is_(None))


def again_at(client: Client, told_at: datetime, *, by_call: bool) -> datetime | None:
    """When a client who waits hears again that we still look; None where they want to hear only of news."""
    every = choices_of(client).still_every
    if not every:
        return None
    day = (told_at + timedelta(days=BY_CALL_EVERY if by_call else every)).astimezone(_zone(client.case)).date()
    programme = client.case.programme
    return calendars.opening_at(calendars.business_day_on_or_after(day, programme), programme)


def keep_choices(client: Client, chosen: Choices, *, actor: User | None) -> None:
    """Keep what a client chose; when they hear again that we still look follows from it at once."""
    choose(client, chosen, actor=actor)
    current = session.scalars(current_update(client.case)).one_or_none()
    if current is not None:
        current.again_at = again_at(client, current.told_at, by_call=current.by_call)


def due_at(case: Case, occasion: str) -> datetime:
    """When an update leaves: after an hour and after a person's day, at work, not on the day of a hearing."""
    moment = clock.now() + AFTER
    if occasion in AT_ONCE:
        return moment
    reached = person_reached(case)
    return at_work(case, max(moment, reached + PERSON_FIRST) if reached else moment)


def leaves_too_late(case: Case, occasion: str, day: date | None) -> bool:
    """Would a mail about an appointment leave only on its day, or after it? Then somebody calls."""
    return occasion == APPOINTMENT and day is not None and due_at(case, occasion).astimezone(_zone(case)).date() >= day


def appointment_in(mail: Mail) -> date | None:
    """The day of the appointment that a mail tells of."""
    once = session.scalar(select(ClientUpdate.once).where(ClientUpdate.mail_id == original(mail).id)) or ""
    named = re.fullmatch(rf"{APPOINTMENT}/(\d{{4}}-\d\d-\d\d)/.*", once)
    return date.fromisoformat(named[1]) if named else None


def at_work(case: Case, moment: datetime) -> datetime:
    """The first moment from then on in office hours, on a day without a hearing of the client."""
    hearings = hearing_days(case)
    moment = calendars.next_business_moment(moment, case.programme)
    while moment.astimezone(_zone(case)).date() in hearings:
        day = calendars.add_business_days(moment.astimezone(_zone(case)).date(), 1, case.programme)
        moment = calendars.opening_at(day, case.programme)
    return moment


def _zone(case: Case) -> ZoneInfo:
    return ZoneInfo(case.programme.time_zone)


def wait_for_person(mail: Mail) -> datetime | None:
    """Just before an update leaves: did a person reach the client meanwhile? Then they go first, for a day."""
    reached = person_reached(mail.case) if mail.case is not None else None
    if mail.case is None or reached is None:
        return None
    until = min(reached + PERSON_FIRST, mail.created_at + LONGEST_WAIT)
    return at_work(mail.case, until) if until > clock.now() else None


def still_waiting() -> Select[Case]:
    """The cases that are looked for and whose clients have heard nothing for as long as they may."""
    now = clock.now()
    heard = exists().where(
        ClientUpdate.case_id == Case.id,
        ClientUpdate.replaced_at.is_(None),
        or_(ClientUpdate.again_at.is_(None), ClientUpdate.again_at > now),
    )
    looked_for = (Case.status == CaseStatus.AVAILABLE, Case.paused_at.is_(None))
    return select(Case).where(*looked_for, Case.listed_at <= now - timedelta(days=14), ~heard).order_by(Case.id)
