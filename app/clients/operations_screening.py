"""Screening a request: what the matter is, who can pay, what a lawyer thinks, and the answer to the client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if
from app.tasks.operations import finish_tasks, open_task

from . import policy, standing
from .eligibility import guideline, income_exceptions, income_rules, judge, region_of
from .lifecycle import move_case
from .mails import tell_client
from .models import Case, CaseGrant, CaseStatus, EligibilityDecision, MeritsDecision, OpeningStatus
from .operations_office import follow_county
from .operations_parties import refuse_unless_open
from .priority import refresh_priority
from .problems import asked_by_forum, counties, forums, is_selectable
from .vocabulary import CIRCUMSTANCES, EMERGENCIES, HARMS, MERITS, MISSING_ITEMS, REJECT_REASONS

if TYPE_CHECKING:
    from app.accounts.models import User


class NotReady(Refusal):
    """A precondition does not hold; the first is the message, the rest stand below it."""

    message = _l("Something must be decided first.")

    def __init__(self, lacks: Sequence[standing.Lack]) -> None:
        self.lacks = list(lacks)
        super().__init__(lacks[0].text, details=[lack.text for lack in lacks[1:]])


class OnlySupervisingAttorney(NotAllowed):
    """A lawyer's judgement."""

    message = _l("Only a supervising attorney of the programme may decide this.")


class NotInPrescreen(Refusal):
    """The request was answered already."""

    message = _l("This request was decided already.")


class ForeignGrant(BadInput):
    """The grant belongs to another programme or is over."""

    message = _l("This funding source does not pay for the programme's cases today.")


class ExceptionNeedsFacts(BadInput):
    """An exception is recorded with the facts it rests on."""

    message = _l("Write the facts that the exception rests on.")


class LeftOutNeedsReason(BadInput):
    """Who is left out of a household, and why, is recorded."""

    message = _l("Say why income or people were left out, and write the income that is counted.")


class NothingNamed(BadInput):
    """A request for things names none."""

    message = _l("Choose what is missing.")


class NoOtherHelp(BadInput):
    """A no to a client always names other help."""

    message = _l("Name other help the client can turn to.")


def change_matter(
    case: Case,
    *,
    problem_code: str,
    forum: str,
    forum_state: str,
    county: str,
    actor: User | None,
    licence: str | None = None,
    credentials: list[str] | None = None,
) -> Case:
    """Say what the matter is and where it is decided; the forum sets licence and credentials unless corrected.

    :raises BadInput: the code, forum or county is unknown
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    known = is_selectable(problem_code) and forum in forums() and county in counties()
    refuse_if(not known, BadInput(_l("Choose a problem code, a forum and a county from the lists.")))
    asked, needed = asked_by_forum(forum, forum_state)
    before = {"problem_code": case.problem_code, "forum": case.forum, "county": case.county}
    follow_county(case, county)
    case.problem_code, case.forum, case.forum_state, case.county = problem_code, forum, forum_state, county
    case.licence = asked if licence is None else licence
    case.credentials = needed if credentials is None else credentials
    refresh_priority(case, actor=actor)
    after = {"problem_code": problem_code, "forum": forum, "county": county}
    audit.record("case.change_matter", case, actor=actor, before=before, after=after)
    return case


def change_triage(
    case: Case,
    *,
    circumstances: list[str],
    harms: list[str],
    emergencies: list[str],
    other_side_has_lawyer: bool | None,
    actor: User | None,
) -> Case:
    """Record what is at stake and what the client chose to tell; the priority follows.

    :raises BadInput: a code is unknown
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    chosen = ((circumstances, CIRCUMSTANCES), (harms, HARMS), (emergencies, EMERGENCIES))
    refuse_if(any(set(codes) - set(known) for codes, known in chosen), BadInput)
    before = {"harms": case.harms, "emergencies": case.emergencies}
    case.circumstances, case.harms, case.emergencies = list(circumstances), list(harms), list(emergencies)
    case.other_side_has_lawyer = other_side_has_lawyer
    refresh_priority(case, actor=actor)
    after = {"harms": case.harms, "emergencies": case.emergencies}
    audit.record("case.change_triage", case, actor=actor, before=before, after=after)
    return case


def decide_eligibility(
    case: Case,
    grant: Grant,
    *,
    gross_income: int,
    household_size: int,
    assets: int,
    actor: User,
    left_out: int = 0,
    exception: str | None = None,
    note: str | None = None,
    adjusted_income: int | None = None,
    left_out_reason: str | None = None,
) -> EligibilityDecision:
    """Judge whether a funding source can pay, by its rules and the guideline in force today.

    Incomes are yearly cents as typed; the gross one is kept, and where somebody's income is left out the
    adjusted one is judged. `household_size` counts the people judged. The same said again decides nothing new.

    :raises ForeignGrant: another programme's, or not running today
    :raises LeftOutNeedsReason: something is left out without a reason
    :raises ExceptionNeedsFacts: an exception without its facts
    :raises OnlySupervisingAttorney: the exception is a lawyer's to approve
    """
    case = lock(case)
    refuse_unless_open(case)
    day = calendars.today(case.programme)
    refuse_if(grant not in standing.live_grants(case.programme_id, day), ForeignGrant)
    refuse_if(household_size < 1 or min(gross_income, assets, left_out, adjusted_income or 0) < 0, BadInput)
    _check_left_out(gross_income, left_out, adjusted_income, left_out_reason)
    _check_exception(case, grant, exception, note, actor)
    line, counted = guideline(day, region_of(case.programme.state)), adjusted_income
    found = judge(grant.ruleset, gross_income if counted is None else counted, household_size, line, exception)
    said = {
        "ruleset": grant.ruleset, "guideline_year": line.year, "gross_income": gross_income,
        "adjusted_income": adjusted_income, "assets": assets, "household_size": household_size, "left_out": left_out,
        "left_out_reason": left_out_reason or None, "percent": found.percent, "eligible": found.eligible,
        "reason": found.reason, "exception": exception or None, "exception_note": note or None,
    }  # fmt: skip
    return _keep_decision(case, grant, said, actor)


def _keep_decision(case: Case, grant: Grant, said: dict[str, Any], actor: User) -> EligibilityDecision:
    last = standing.latest_eligibility(case).get(grant.id)
    if last is not None and all(getattr(last, name) == value for name, value in said.items()):
        return last
    decision = EligibilityDecision(case=case, grant=grant, decided_by_id=actor.id, decided_at=clock.now(), **said)
    session.add(decision)
    session.flush()
    after = {name: getattr(decision, name) for name in ("eligible", "percent", "exception")}
    audit.record("eligibility.decide", decision, actor=actor, after={"grant": decision.grant.id, **after})
    return decision


def _check_left_out(gross: int, left_out: int, adjusted: int | None, reason: str | None) -> None:
    if left_out == 0 and adjusted is None:
        return
    refuse_if(not reason or adjusted is None or adjusted > gross, LeftOutNeedsReason)


def _check_exception(case: Case, grant: Grant, exception: str | None, note: str | None, actor: User) -> None:
    refuse_if(grant.ruleset not in income_rules(), ForeignGrant)
    if not exception:
        return
    ground = income_exceptions().get(exception)
    if ground is None or ground.ruleset != grant.ruleset:
        raise BadInput(_l("This exception does not belong to the funding source's rules."))
    refuse_if(not (note or "").strip(), ExceptionNeedsFacts)
    refuse_if(ground.attorney_only and not policy.may_approve_any_income(actor, case), OnlySupervisingAttorney)


def judge_merits(case: Case, rating: str, note: str | None, *, actor: User) -> MeritsDecision:
    """Record a lawyer's judgement: strong, fair, weak or none.

    :raises OnlySupervisingAttorney: the actor is no supervising attorney of the programme
    """
    case = lock(case)
    refuse_unless_open(case)
    refuse_if(not policy.may_judge_merits(actor, case), OnlySupervisingAttorney)
    refuse_if(rating not in MERITS, BadInput)
    last = standing.latest_merits(case)
    if last is not None and (last.rating, last.note) == (rating, note or None):
        return last
    made = MeritsDecision(case=case, rating=rating, note=note or None, decided_by_id=actor.id, decided_at=clock.now())
    session.add(made)
    finish_tasks("judge_merits", case, actor=actor)
    audit.record("merits.judge", made, actor=actor, after={"rating": rating})
    return made


def accept_case(case: Case, *, grant_ids: Sequence[int], actor: User) -> Case:
    """Accept a request: in scope, eligible, cleared and worth a lawyer's time; the client is told.

    :raises NotInPrescreen: it was answered before
    :raises NotReady: a decision is missing or speaks against it; every one is named
    """
    case = lock(case)
    if case.status is CaseStatus.ACCEPTED:
        return case
    refuse_if(case.status is not CaseStatus.PRESCREEN, NotInPrescreen)
    now = standing.standing_of(case)
    lacks = standing.against_accepting(now)
    if not lacks and (not grant_ids or set(grant_ids) - set(now.eligible_grants)):
        words = _l("Choose a funding source that was found able to pay.")
        lacks = [standing.Lack("grant", words, "eligibility")]
    if lacks:
        raise NotReady(lacks)
    day = calendars.today(case.programme)
    session.add_all(CaseGrant(case=case, grant_id=grant_id, from_on=day) for grant_id in dict.fromkeys(grant_ids))
    case.accepted_at = clock.now()
    _end_intake_tasks(case, actor)
    tell_client(case, "accepted", actor=actor)
    move_case(case, CaseStatus.ACCEPTED, operation="clients.accept_case", actor=actor)
    return case


def ask_for_missing(case: Case, items: Sequence[str], *, actor: User | None) -> Case:
    """Ask the client for what is missing; two more tries by voice follow before the request is closed.

    :raises NothingNamed: no known thing is named
    :raises NotInPrescreen: it was answered before
    """
    case = lock(case)
    refuse_if(case.status is not CaseStatus.PRESCREEN, NotInPrescreen)
    refuse_if(not items or set(items) - set(MISSING_ITEMS), NothingNamed)
    if sorted(items) == sorted(case.missing_items):
        return case
    before = list(case.missing_items)
    case.missing_items, case.missing_asked_at = list(items), clock.now()
    _end_tries(case, actor)
    by = calendars.add_business_days(calendars.today(case.programme), 10, case.programme)
    tell_client(case, "missing", items=list(items), by=by, actor=actor)
    finish_tasks("screen", case, actor=actor, outcome="incomplete")
    audit.record("case.ask_missing", case, actor=actor, before={"items": before}, after={"items": list(items)})
    return case


def receive_missing(case: Case, items: Sequence[str], *, actor: User | None) -> Case:
    """Mark things as received; when nothing is missing any more the request goes on.

    :raises NotInPrescreen: it was answered before
    """
    case = lock(case)
    refuse_if(case.status is not CaseStatus.PRESCREEN, NotInPrescreen)
    before = list(case.missing_items)
    case.missing_items = [each for each in before if each not in items]
    if case.missing_items == before:
        return case
    if not case.missing_items:
        case.missing_asked_at = None
        _end_tries(case, actor)
        _ask_to_screen(case, actor)
    audit.record(
        "case.receive_missing", case, actor=actor, before={"items": before}, after={"items": case.missing_items}
    )
    return case


def _ask_to_screen(case: Case, actor: User | None) -> None:
    open_task(
        "screen", case, programme=case.programme, case=case, actor=actor,
        title=f"Screen {case.number}: all is there now",
        due_at=calendars.add_business_time(clock.now(), case.programme, days=1),
        owner=case.custody.user if case.custody else None,
    )  # fmt: skip


TRIES = ("missing_try_2", "missing_try_3")


def _end_tries(case: Case, actor: User | None) -> None:
    for cause in TRIES:
        finish_tasks(cause, case, actor=actor, outcome="received")


def _end_intake_tasks(case: Case, actor: User | None) -> None:
    for cause in ("screen", "judge_merits", "ask_date", *TRIES):
        finish_tasks(cause, case, actor=actor, outcome="decided")


def reject_case(case: Case, reason: str, other_help: str, *, actor: User) -> Case:
    """Say no to a request, in a letter that names other help; the names stay in conflict searches.

    :raises NotInPrescreen: it was answered before
    :raises NoOtherHelp: no other help is named
    """
    case = lock(case)
    if case.status is CaseStatus.REJECTED:
        return case
    refuse_if(case.status is not CaseStatus.PRESCREEN, NotInPrescreen)
    refuse_if(reason not in REJECT_REASONS, BadInput(_l("Choose a reason.")))
    refuse_if(not other_help.strip(), NoOtherHelp)
    case.rejected_reason = reason
    _end(case, actor)
    tell_client(case, "rejected", other_help=other_help.strip(), actor=actor)
    move_case(case, CaseStatus.REJECTED, operation="clients.reject_case", actor=actor, reason=reason)
    return case


def close_incomplete(case: Case, *, actor: User | None) -> Case:
    """Close a request whose missing things never came, with a way back.

    :raises NotInPrescreen: it was answered before
    """
    case = lock(case)
    refuse_if(case.status is not CaseStatus.PRESCREEN or not case.missing_items, NotInPrescreen)
    _end(case, actor)
    tell_client(case, "closed", actor=actor)
    to = CaseStatus.ADMINISTRATIVELY_CLOSED
    move_case(case, to, operation="clients.close_incomplete", actor=actor, reason="incomplete")
    return case


def _end(case: Case, actor: User | None) -> None:
    """Nobody answers for a request that is over, and nothing is listed."""
    now = clock.now()
    case.closed_at = now
    if case.custody is not None:
        case.custody.until_at = now
    for opening in case.openings:
        opening.status = OpeningStatus.CLOSED
    _end_intake_tasks(case, actor)


def find_grants(case: Case, ids: Sequence[int]) -> list[Any]:
    """The programme's own grants among some ids."""
    found = select(Grant).where(Grant.programme_id == case.programme_id, Grant.id.in_(ids))
    return list(session.scalars(found))
