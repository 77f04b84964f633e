"""Thanks to volunteers for what they have reached, and word to clients that a step is done."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients import mails
from app.clients.models import Client
from app.core import clock, links, mail
from app.core.db import session
from app.core.mail import Mail
from app.matching.digests import programme_of
from app.volunteers.models import Volunteer, VolunteerStatus

from .models_milestones import CaseMilestone, MilestoneWish

FOLDER = "casework/milestone_mails"
TO_VOLUNTEER, TO_CLIENT = "volunteer.milestone", "message.milestone"
THANKED = (VolunteerStatus.APPROVED, VolunteerStatus.PAUSED)


def volunteer_thanked(volunteer: Volunteer, kind: str) -> None:
    """A volunteer has reached something."""
    programme: Programme | None = programme_of(volunteer)
    what, _, count = kind.partition("_")
    subject, text = mail.compose(f"{FOLDER}/reached", "en", volunteer=volunteer, programme=programme, what=what,
                                 count=int(count))  # fmt: skip
    mail.queue(TO_VOLUNTEER, occasion=f"milestone:{volunteer.id}:{kind}", to=volunteer.email, subject=subject,
               text=text, audience="volunteer", programme=programme, about=volunteer)  # fmt: skip


def client_told(client: Client, step: CaseMilestone) -> None:
    """A step of the case is done; only by mail to a safe address, else it waits on the client's page."""
    address, case = mails.mail_reaches(client), client.case
    if address is None:
        return
    leaves_at = calendars.next_business_moment(clock.now(), case.programme)
    token = links.make(mails.PORTAL, client, expires_at=leaves_at + mails.LINK_LASTS)
    subject, text = mail.compose(
        f"{FOLDER}/step", case.language, programme=case.programme, watched=client.watched_device,
        url=mail.outside_url("clients.status_door", token=token),
    )  # fmt: skip
    mail.queue(TO_CLIENT, occasion=f"milestone:{step.id}", to=address, subject=subject, text=text, audience="client",
               programme=case.programme, case=case, about=client, language=case.language,
               due_at=leaves_at)  # fmt: skip


def _no_longer_with_us(sent: Mail) -> str | None:
    volunteer = session.get(Volunteer, sent.record_id) if sent.record_id else None
    return None if volunteer is not None and volunteer.status in THANKED else "gone"


def _not_wanted(sent: Mail) -> str | None:
    """The last look: they still want it, and the address is still the safe one."""
    client = session.get(Client, sent.record_id) if sent.record_id else None
    wish = session.query(MilestoneWish).filter_by(client_id=sent.record_id).one_or_none()
    if client is None or wish is None or not wish.wants:
        return "not wanted"
    return None if mails.mail_reaches(client) == sent.to_address else mails.UNSAFE


def init_app() -> None:
    """Have these mails looked at again before they leave."""
    mail.check_before_sending(TO_VOLUNTEER, _no_longer_with_us)
    mail.check_before_sending(TO_CLIENT, _not_wanted)
