"""What a mail says of a date that comes near: to volunteers the case's number and the day, to clients never what."""

from __future__ import annotations

from collections.abc import Sequence

from app.accounts.models import User
from app.clients.mails import LINK_LASTS, PORTAL
from app.clients.models import Client, CriticalDate
from app.core import clock, links, mail
from app.volunteers.models import Volunteer

from .models_reminders import DateReminder

FOLDER = "engagement/reminder_mails"
TO_VOLUNTEER, TO_CLIENT, TO_ATTORNEY = "engagement.dates", "engagement.own_date", "engagement.dates_unkept"
KINDS = (TO_VOLUNTEER, TO_CLIENT)


def dates_near(to: Volunteer, found: Sequence[DateReminder]) -> mail.Mail | None:
    """One mail about all dates of which a volunteer is reminded now."""
    first = found[0].critical_date.case
    programme = first.programme
    is_one = all(each.critical_date.case_id == first.id for each in found)
    dates = [
        {"case": each.critical_date.case, "day": each.for_day, "url": mail.outside_url(
            "casework.my_case", public_id=each.critical_date.case.public_id)}
        for each in sorted(found, key=lambda one: (one.for_day, one.id))
    ]  # fmt: skip
    subject, text = mail.compose(f"{FOLDER}/dates_near", "en", volunteer=to, dates=dates, programme=programme)
    return mail.queue(
        TO_VOLUNTEER, occasion=f"dates:{_once(found[0])}", to=to.email, subject=subject, text=text,
        audience="volunteer", programme=programme, case=first if is_one else None, about=found[0],
    )  # fmt: skip


def own_date_near(client: Client, row: CriticalDate, reminder: DateReminder, to: str) -> mail.Mail | None:
    """A client's own reminder; on a watched device it does not even tell the day."""
    case, programme = client.case, client.case.programme
    token = links.make(PORTAL, client, expires_at=clock.now() + LINK_LASTS)
    subject, text = mail.compose(
        f"{FOLDER}/own_date", case.language, programme=programme, watched=client.watched_device,
        day=row.on_day, at=row.at_time, url=mail.outside_url("clients.status_door", token=token),
    )  # fmt: skip
    return mail.queue(
        TO_CLIENT, occasion=f"own_date:{_once(reminder)}", to=to, subject=subject, text=text, audience="client",
        programme=programme, case=case, about=client, language=case.language,
    )  # fmt: skip


def dates_unkept(to: User, found: Sequence[DateReminder]) -> mail.Mail | None:
    """One mail to a supervising attorney about all dates of the next day that nobody said are kept."""
    first = found[0].critical_date.case
    programme = first.programme
    dates = [
        {"case": each.critical_date.case, "day": each.for_day,
         "url": mail.outside_url("desk.case", public_id=each.critical_date.case.public_id)}
        for each in sorted(found, key=lambda one: (one.for_day, one.id))
    ]  # fmt: skip
    subject, text = mail.compose(f"{FOLDER}/dates_unkept", "en", name=to.name, dates=dates, programme=programme)
    return mail.queue(
        TO_ATTORNEY, occasion=f"dates_unkept:{_once(found[0])}", to=to.email, subject=subject, text=text,
        audience="staff", programme=programme, about=found[0],
        case=first if {each.critical_date.case_id for each in found} == {first.id} else None,
    )  # fmt: skip


def _once(reminder: DateReminder) -> str:
    """A step that was freed and taken anew may have the number of the one before."""
    return f"{reminder.critical_date_id}:{reminder.audience}:{reminder.step}:{reminder.taken_at:%Y%m%d%H%M%S%f}"
