"""What volunteers are written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from app.core import mail
from app.core.i18n import when_day
from app.core.mail import Mail

from . import queries
from .models import Credential, Volunteer, VolunteerStatus
from .words import credential_name

EXPIRING, CONFIRM = "volunteer.expiring", "volunteer.confirm"


def application_received(volunteer: Volunteer) -> Mail | None:
    """Say that the application is here, and what comes next."""
    return _queue("volunteer.received", volunteer, str(volunteer.id))


def application_known(volunteer: Volunteer, on_day: date) -> Mail | None:
    """Tell the owner of an address, and nobody else, that it is known here already."""
    url = mail.outside_url("accounts.sign_in")
    return _queue("volunteer.known", volunteer, f"{volunteer.id}:{on_day}", url=url, has_account=bool(volunteer.user))


def volunteer_approved(volunteer: Volunteer) -> Mail | None:
    """Tell somebody who has an account that they may take cases now."""
    url = mail.outside_url("accounts.sign_in")
    return _queue("volunteer.approved", volunteer, f"{volunteer.id}:{volunteer.version}", url=url)


def volunteer_declined(volunteer: Volunteer) -> Mail | None:
    """Thank somebody whom we cannot place."""
    return _queue("volunteer.declined", volunteer, f"{volunteer.id}:{volunteer.version}")


def not_of_organisation(volunteer: Volunteer, membership_id: int) -> Mail | None:
    """Tell somebody that the organisation they named says they are not of it, without its name."""
    url = mail.outside_url("volunteers.profile")
    return _queue("volunteer.not_of", volunteer, f"{volunteer.id}:{membership_id}", url=url)


def credentials_expiring(volunteer: Volunteer, ending: Sequence[Credential], on_day: date) -> Mail | None:
    """Warn that something a role asks for ends soon."""
    lines = [f"{credential_name(one)}: {when_day(one.valid_until)}" for one in ending]
    url = mail.outside_url("volunteers.credentials")
    return _queue(EXPIRING, volunteer, f"{volunteer.id}:{on_day}", lines=lines, url=url)


def volunteer_lapsed(volunteer: Volunteer, missing: Sequence[str]) -> Mail | None:
    """Say that no new case can be taken, and what would change that."""
    url = mail.outside_url("volunteers.credentials")
    return _queue("volunteer.lapsed", volunteer, f"{volunteer.id}:{volunteer.version}", missing=missing, url=url)


def confirmation_asked(volunteer: Volunteer, on_day: date) -> Mail | None:
    """Ask once a year whether the profile is still right."""
    url = mail.outside_url("volunteers.profile")
    return _queue(CONFIRM, volunteer, f"{volunteer.id}:{volunteer.confirmed_on or on_day.year}", url=url)


def _queue(kind: str, volunteer: Volunteer, occasion: str, **facts: object) -> Mail | None:
    template = f"volunteers/mails/{kind.removeprefix('volunteer.')}"
    subject, text = mail.compose(template, "en", name=volunteer.given_name, **facts)
    return mail.queue(
        kind,
        occasion=f"{kind}:{occasion}",
        to=volunteer.email,
        subject=subject,
        text=text,
        audience="volunteer",
        about=volunteer,
    )


def no_longer_needed(row: Mail) -> str | None:
    """Reminders do not reach people who left, or who did meanwhile what they ask for."""
    volunteer = queries.find_by_id(row.record_id)
    if volunteer is None or volunteer.status in (VolunteerStatus.RETIRED, VolunteerStatus.DECLINED):
        return "left"
    on_day = queries.today()
    if row.kind == CONFIRM and volunteer.confirmed_on == on_day:
        return "confirmed"
    if row.kind == EXPIRING and not queries.ending_soon(volunteer, on_day):
        return "renewed"
    return None
