"""The demo's transfers: one that waits for the printed volunteer, one that is complete."""

from __future__ import annotations

from app.accounts.models import User
from app.casework import operations_transfer as leaving
from app.casework import operations_transfer_receiver as receiving
from app.casework.operations_transfer_steps import Checklist
from app.casework.transfer_models import Transfer, TransferAsk
from app.clients.models import Case, CaseStatus
from app.core.db import session
from app.core.errors import Refusal
from app.matching.models import Assignment
from app.matching.shortlists import shortlist_for
from app.volunteers.models import Volunteer

from .people import Cast
from .service import lead_of

MEMO = Checklist("The papers are in order and the other side was written to.", "Prepare for the next date.")


def one_is_asked(cast: Cast) -> None:
    """The printed volunteer is asked to take a case over; somebody else where no case fits them."""
    star = session.get_one(Volunteer, cast.star)
    for person in (star, None):
        for lead, staff in _in_service(cast):
            if lead.volunteer_id != star.id and _begin(lead, staff, person):
                return


def one_is_complete(cast: Cast) -> None:
    """A case found its new lawyer without a gap."""
    for lead, staff in _in_service(cast):
        if lead.volunteer_id == cast.star:
            continue
        ask = _begin(lead, staff, None)
        if ask is None or ask.volunteer.user is None or ask.volunteer_id == cast.star:
            continue
        receiving.see_names(ask, actor=ask.volunteer.user)
        receiving.accept_transfer(ask, actor=ask.volunteer.user)
        leaving.record_cause(session.get_one(Transfer, ask.transfer_id), "no_time", actor=staff)
        return


def _in_service(cast: Cast) -> list[tuple[Assignment, User]]:
    found = session.query(Case).filter_by(status=CaseStatus.IN_SERVICE, programme_id=cast.programmes[0])
    rows = []
    for case in found.filter(Case.sensitive.is_(False)).order_by(Case.id.desc()):
        lead = lead_of(case.id)
        if lead is not None and lead.volunteer.user is not None and case.custody is not None:
            rows.append((lead, case.custody.user))
    return rows


def _begin(lead: Assignment, staff: User, receiver: Volunteer | None) -> TransferAsk | None:
    """A transfer up to the question to its receiver: the one given, or the best on the shortlist."""
    try:
        with session.begin_nested():
            chosen = receiver or _best(lead)
            opened = receiving.open_transfer(lead, "workload", actor=staff)
            leaving.write_checklist(opened, MEMO, actor=staff)
            ask = receiving.choose_receiver(opened, chosen, actor=staff)
            receiving.agree(opened, "phone", actor=staff)
            return ask
    except Refusal:
        return None


def _best(lead: Assignment) -> Volunteer:
    for choice in shortlist_for(lead.case.lead_opening).choices:
        if choice.row.slots and not choice.listed.needs_mentor:
            return session.get_one(Volunteer, choice.volunteer_id)
    raise Refusal
