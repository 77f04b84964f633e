"""What client, volunteer and staff wrote to each other in the demo's last days, and which steps were told."""

from __future__ import annotations

from datetime import timedelta

from app.accounts import calendars
from app.casework import milestones, volunteer_milestones
from app.casework import operations_messages as messages
from app.casework.models import Message, Visibility
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session
from app.matching import digests, operations_digest
from app.matching.board import first_zone
from app.volunteers.models import Volunteer, VolunteerStatus

from .people import Cast
from .service import lead_of

CASES = 4
ASKED = (
    ("I found two more letters. Should I bring them?", "Encontré dos cartas más. ¿Las llevo?"),
    ("Is there anything new?", "¿Hay algo nuevo?"),
    ("My phone number changed. I told the office.", "Cambió mi número de teléfono. Ya avisé a la oficina."),
)
ANSWERED = "Yes, please bring both. I will look at them with you before we go in."
AMONG_STAFF = "The interpreter is booked for the morning."


def they_write(cast: Cast) -> None:
    """A few clients have written, the printed volunteer's among them; one is answered, one corrected, one waits."""
    for n, case in enumerate(_talking(cast)):
        lead = lead_of(case.id)
        if lead is None or lead.volunteer.user is None:
            continue
        said = _client_says(case, ASKED[n % len(ASKED)][case.language == "es"])
        if n % 2 == 0:
            with clock.at(clock.now() + timedelta(hours=1)):
                messages.write_message(case, ANSWERED, actor=lead.volunteer.user, visibility=said.visibility)
                _client_says(case, "Gracias." if case.language == "es" else "Thank you.")
        if n == 1 and case.custody is not None:
            messages.write_message(case, AMONG_STAFF, actor=case.custody.user, visibility=Visibility.STAFF)


def _talking(cast: Cast) -> list[Case]:
    """The printed volunteer's cases first."""
    found = session.query(Case).filter_by(status=CaseStatus.IN_SERVICE, programme_id=cast.programmes[0])
    live = [case for case in found.order_by(Case.id) if case.paused_at is None and lead_of(case.id) is not None]
    return sorted(live, key=lambda case: not _is_of(case, cast.star))[:CASES]


def _is_of(case: Case, volunteer_id: int) -> bool:
    lead = lead_of(case.id)
    return lead is not None and lead.volunteer_id == volunteer_id


def _client_says(case: Case, text: str) -> Message:
    return messages.write_as_client(case.client, text, visibility=Visibility.LAWYER_AND_CLIENT)


def steps_are_told(cast: Cast) -> None:
    """One client wants to hear of steps, and one is done."""
    for case in _talking(cast)[:2]:
        lead = lead_of(case.id)
        if lead is not None and lead.volunteer.user is not None:
            milestones.wish(case.client, True, actor=None)
            day = calendars.today(case.programme)
            milestones.share_milestone(case, "papers_ready", on_day=day, actor=lead.volunteer.user)


def somebody_is_written(cast: Cast) -> None:
    """The first volunteer whom something fits had a digest."""
    approved = session.query(Volunteer).filter_by(status=VolunteerStatus.APPROVED).order_by(Volunteer.id)
    for volunteer in approved.limit(12):
        found = digests.fitting(volunteer)
        if found.best:
            operations_digest.write_digest(volunteer, found, day=clock.today_in(first_zone()))
            return


def volunteers_are_thanked() -> None:
    """What volunteers have reached is written down."""
    volunteer_milestones.note_all()
