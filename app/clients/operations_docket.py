"""Putting an accepted case on the docket, keeping its referral clock, and taking it off again."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import closing_at, today
from app.core import audit, clock
from app.core.db import lock
from app.core.errors import BadInput, Refusal, refuse_if
from app.tasks.operations import finish_tasks

from . import standing
from .lifecycle import move_case
from .listing import Listing, faults
from .mails import tell_client
from .models import (
    Case,
    CaseStatus,
    Opening,
    OpeningStatus,
    Representation,
    ServiceLevel,
    SkillLevel,
)
from .operations_screening import NoOtherHelp, NotReady
from .priority import clock_end, refresh_priority
from .problems import asked_by_forum
from .vocabulary import CLOCK_REASONS, KEEP_REASONS, OFF_DOCKET_REASONS, SHORT_TERM_BY

if TYPE_CHECKING:
    from app.accounts.models import User

MOST_HOURS = 200_000  # hundredths


class NotAccepted(Refusal):
    """Only an accepted case is listed."""

    message = _l("Only an accepted case can be listed. Accept the request first.")


class NotOnDocket(Refusal):
    """The case is not waiting for a volunteer."""

    message = _l("The case is not on the docket any more. Look at it again before you go on.")


class BadListing(BadInput):
    """The listing says what it may not, or too little."""

    message = _l("Write a title, a text and the hours.")


class NotShortTerm(BadInput):
    """Only a limited service of a clinic is short-term."""

    message = _l("Only a limited part of a matter can be a clinic's short service. Change how much of it is done.")


class BadClock(BadInput):
    """A clock is extended to a day to come, before the next critical date."""

    message = _l("Choose a day after today and before the next critical date.")


class ChooseReason(BadInput):
    """A reason from the list belongs to this step."""

    message = _l("Choose a reason.")


class PartsInHands(Refusal):
    """A volunteer has a part in a case that would leave the desk's hands."""

    message = _l("A volunteer still has a part or a package of this case. End it first, or let them finish.")


def write_listing(case: Case, listing: Listing, *, actor: User | None) -> Case:
    """Write what volunteers will read; never from the client's own words, never naming anybody.

    :raises NotAccepted: the case is neither accepted nor listed
    :raises BadListing: the text is empty, names somebody or repeats the story
    """
    case = lock(case)
    refuse_if(case.status not in (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE), NotAccepted)
    _check_words(case, listing)
    licence, credentials = asked_by_forum(case.forum, case.forum_state)
    case.listing_title, case.listing_text = listing.title.strip(), listing.text.strip()
    case.level, case.hours, case.role = SkillLevel(listing.level), listing.hours, listing.role
    case.licence = licence if listing.licence is None else listing.licence
    case.credentials = credentials if listing.credentials is None else list(listing.credentials)
    case.in_person, case.interpreter = listing.in_person, listing.interpreter
    case.trainings, case.sensitive = list(listing.trainings), listing.sensitive
    case.service_level = ServiceLevel(listing.service_level)
    case.short_term_by = listing.short_term_by
    case.representation = Representation(listing.representation)
    case.costs_paid_by = listing.costs_paid_by
    case.lead_opening.hours = listing.hours
    audit.record("case.write_listing", case, actor=actor, after={"level": listing.level, "hours": listing.hours})
    return case


def _check_words(case: Case, listing: Listing) -> None:
    empty = not listing.title.strip() or len(listing.title) > 80 or not listing.text.strip()
    refuse_if(empty or not 0 < listing.hours <= MOST_HOURS or listing.level not in list(SkillLevel), BadListing)
    by = listing.short_term_by
    refuse_if(by is not None and (by not in SHORT_TERM_BY or listing.service_level != "limited"), NotShortTerm)
    found = faults(f"{listing.title}. {listing.text}", names_of(case), case.narrative)
    if found:
        raise BadListing(found[0], details=found[1:])


def names_of(case: Case) -> list[tuple[str, bool]]:
    """Every name in the matter and whether it is an organisation's."""
    parties = [party for party in case.parties if party.removed_at is None]
    names = [(name, p.is_organisation) for p in parties for name in (p.name, *(p.aliases or []))]
    person = case.client.person
    return [*names, *((name, False) for name in (person.name, *(person.other_names or [])))]


def list_case(
    case: Case,
    *,
    title: str,
    text: str,
    level: str,
    hours: int,
    actor: User,
    **more: Any,
) -> Case:
    """Show an accepted case to volunteers and start its referral clock; the client is told.

    `more` are the other fields of a `Listing`.

    :raises NotAccepted: the case is not accepted
    :raises NotReady: consent, conflict clearance, merits or eligibility is missing; every one is named
    :raises BadListing: the text is empty, names somebody or repeats the story
    """
    case = lock(case)
    if case.status is CaseStatus.AVAILABLE:
        return case
    refuse_if(case.status is not CaseStatus.ACCEPTED, NotAccepted)
    lacks = standing.against_listing(standing.standing_of(case))
    if lacks:
        raise NotReady(lacks)
    write_listing(case, Listing(title=title, text=text, level=level, hours=hours, **more), actor=actor)
    refresh_priority(case, actor=actor)
    now = clock.now()
    case.listed_at, case.clock_ends_at = now, clock_end(case, now)
    if case.lead_opening.status is OpeningStatus.NOT_LISTED:
        case.lead_opening.status = OpeningStatus.LISTED
    tell_client(case, "looking", by=_local_day(case.clock_ends_at, case), actor=actor)
    move_case(case, CaseStatus.AVAILABLE, operation="clients.list_case", actor=actor)
    return case


def _local_day(moment: datetime, case: Case) -> date:
    with clock.at(moment):
        return clock.today_in(case.programme.time_zone)


def _set_openings(case: Case, before: OpeningStatus, after: OpeningStatus) -> list[Opening]:
    changed = [opening for opening in case.openings if opening.status is before]
    for opening in changed:
        opening.status = after
    return changed


def take_off_docket(case: Case, reason: str, *, actor: User) -> Case:
    """Take a listed case back to be prepared anew; its clock stops.

    :raises NotOnDocket: it is not waiting for a volunteer
    :raises ChooseReason: no known reason
    """
    case = _on_docket(case, CaseStatus.ACCEPTED)
    if case.status is CaseStatus.ACCEPTED:
        return case
    refuse_if(reason not in OFF_DOCKET_REASONS, ChooseReason)
    case.clock_ends_at = None
    _set_openings(case, OpeningStatus.LISTED, OpeningStatus.NOT_LISTED)
    _stop_looking(case, actor, "off_docket")
    move_case(case, CaseStatus.ACCEPTED, operation="clients.take_off_docket", actor=actor, reason=reason)
    return case


def _on_docket(case: Case, done: CaseStatus) -> Case:
    """The case, locked, where it waits for a volunteer or the step was made already."""
    case = lock(case)
    refuse_if(case.status not in (CaseStatus.AVAILABLE, done), NotOnDocket)
    return case


def keep_with_staff(case: Case, reason: str, *, actor: User) -> Case:
    """Let staff do an accepted or listed case themselves; whoever answers for it goes on, and the client is told.

    :raises NotOnDocket: it is neither accepted nor listed
    :raises ChooseReason: no known reason
    :raises PartsInHands: a volunteer has a part in it
    """
    case = lock(case)
    if case.status is CaseStatus.RETURNED_TO_STAFF:
        return case
    refuse_if(case.status not in (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE), NotOnDocket)
    refuse_if(reason not in KEEP_REASONS, ChooseReason)
    refuse_if(_has_parts(case), PartsInHands)
    _leave_docket(case, actor, "kept")
    tell_client(case, "kept", actor=actor)
    move_case(case, CaseStatus.RETURNED_TO_STAFF, operation="clients.keep_with_staff", actor=actor, reason=reason)
    return case


def tell_not_placed(case: Case, other_help: str, *, actor: User) -> Case:
    """Tell a client that nobody was found, by a safe way, naming other help.

    :raises NotOnDocket: it is not waiting for a volunteer
    :raises NoOtherHelp: no other help is named
    :raises PartsInHands: a volunteer has a part in it
    """
    case = _on_docket(case, CaseStatus.NOT_PLACED)
    if case.status is CaseStatus.NOT_PLACED:
        return case
    refuse_if(not other_help.strip(), NoOtherHelp)
    refuse_if(_has_parts(case), PartsInHands)
    by = case.next_critical_on
    _leave_docket(case, actor, "not_placed")
    case.closed_at = clock.now()
    if case.custody is not None:
        case.custody.until_at = clock.now()
    tell_client(case, "not_placed", other_help=other_help.strip(), by=by, actor=actor)
    move_case(case, CaseStatus.NOT_PLACED, operation="clients.tell_not_placed", actor=actor)
    return case


def _has_parts(case: Case) -> bool:
    return any(part.ended_at is None for part in case.assignments)


def _leave_docket(case: Case, actor: User | None, outcome: str) -> None:
    case.clock_ends_at = None
    for opening in case.openings:
        opening.status = OpeningStatus.CLOSED
    _stop_looking(case, actor, outcome)
    for cause in ("review_pause", "ask_date", "search_conflicts"):
        finish_tasks(cause, case, actor=actor, outcome=outcome)


def _stop_looking(case: Case, actor: User | None, outcome: str) -> None:
    """Nobody needs to find a volunteer any more; who was asked or holds it is told by matching's own job."""
    for cause in ("decide_clock", "find_new_volunteer"):
        finish_tasks(cause, case, actor=actor, outcome=outcome)
    for opening in case.openings:
        finish_tasks("propose_next", opening, actor=actor, outcome=outcome)


def extend_clock(case: Case, until: date, reason: str, *, actor: User) -> Case:
    """Look longer for a volunteer, with a reason, to a day before the next critical date; the client is told.

    :raises NotOnDocket: it is not waiting for a volunteer
    :raises BadClock: the day is not to come, or not before the next critical date
    :raises ChooseReason: no known reason
    """
    case = lock(case)
    refuse_if(case.status is not CaseStatus.AVAILABLE, NotOnDocket)
    refuse_if(reason not in CLOCK_REASONS, ChooseReason)
    day, next_on = today(case.programme), case.next_critical_on
    refuse_if(until <= day or (next_on is not None and until >= next_on), BadClock)
    end = closing_at(until, case.programme)
    if case.clock_ends_at == end:
        return case
    before, case.clock_ends_at = case.clock_ends_at, end
    finish_tasks("decide_clock", case, actor=actor, outcome="extended")
    tell_client(case, "still_looking", by=until, actor=actor)
    audit.record("case.extend_clock", case, actor=actor,
                 before={"ends_at": before.isoformat() if before else None},
                 after={"ends_at": end.isoformat(), "reason": reason})  # fmt: skip
    return case
