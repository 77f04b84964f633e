"""Each cause that nobody says: it opens an escalation where it holds, once, and never where it does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from flask import Flask

from app.accounts import calendars
from app.casework.models import ContactAttempt, Note, TimeEntry
from app.casework.transfer_models import AskStatus, Transfer, TransferAsk, TransferKind, TransferStatus
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.engagement import jobs_escalations as jobs
from app.engagement.escalation_finds import PREDICATES
from app.engagement.models import Audience, Checkin
from app.engagement.models_escalations import Escalation
from app.volunteers.models import CredentialKind, VolunteerStatus
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 am in Chicago
Change = Callable[[Case], object]


def days(count: float) -> datetime:
    return MONDAY + timedelta(days=count)


def asked(case: Case, n: int, audience: Audience = Audience.CLIENT, **changes: object) -> Checkin:
    """A check-in asked of one side and handed to a person without an answer."""
    at = days(-30 + n)
    values = {"case": case, "assignment": case.assignments[0], "audience": audience, "series_key": f"n{n}",
              "questions": "client_regular", "due_on": at.date(), "due_at": at, "sent_at": at,
              "handed_over_at": at + timedelta(days=9)}  # fmt: skip
    made: Checkin = factories.add(Checkin(**{**values, **changes}))
    return made


def two_silent(case: Case) -> None:
    asked(case, 1)
    asked(case, 8)


def ask_for_transfer(case: Case, status: AskStatus = AskStatus.EXPIRED) -> TransferAsk:
    staff = case.custodies[0].user_id
    left = factories.add(Transfer(case=case, assignment=case.assignments[0], kind=TransferKind.TRANSFER,
                                  status=TransferStatus.PREPARED, reason="workload", opened_at=days(-9)))  # fmt: skip
    made: TransferAsk = factories.add(TransferAsk(
        transfer=left, case_id=case.id, volunteer=factories.volunteer(), status=status, chosen_at=days(-8),
        chosen_by_id=staff, asked_at=days(-8), ends_at=days(-1),
    ))  # fmt: skip
    return made


def another_ask(case: Case) -> None:
    before = ask_for_transfer(case)
    factories.add(TransferAsk(transfer=before.transfer, case_id=case.id, volunteer=factories.volunteer(),
                              status=AskStatus.ASKED, chosen_at=days(-1), chosen_by_id=before.chosen_by_id,
                              asked_at=days(-1), ends_at=days(1)))  # fmt: skip


def date_in(count: int) -> Change:
    return lambda case: setattr(case, "next_critical_on", (MONDAY + timedelta(days=count)).date())


def worked(case: Case, ago: float) -> None:
    lead = case.assignments[0].volunteer
    factories.add(TimeEntry(case=case, user=lead.user, role="lead", on_day=days(-ago).date(), volunteer_id=lead.id,
                            hundredths=50, created_at=days(-ago)))  # fmt: skip


def noted(case: Case, by_lead: bool) -> None:
    author = case.assignments[0].volunteer.user if by_lead else case.custodies[0].user
    factories.add(Note(case=case, author=author, text="Read the file.", created_at=days(-1)))


def reached(case: Case, by_lead: bool, ok: bool = True) -> None:
    by = case.assignments[0].volunteer.user if by_lead else case.custodies[0].user
    factories.add(ContactAttempt(case=case, by=by, channel="call", reached=ok, at=days(-1)))


def placed_again(case: Case) -> None:
    case.assignments[0].started_at = days(-0.5)


def both(*changes: Change) -> Change:
    def change(case: Case) -> None:
        for each in changes:
            each(case)

    return change


def lead_is(status: VolunteerStatus) -> Change:
    return lambda case: setattr(case.assignments[0].volunteer, "status", status)


def quiet_for(count: int) -> Change:
    return lambda case: setattr(case, "heard_at", days(-count))


def clock_ended(count: float) -> Change:
    return lambda case: setattr(case, "clock_ends_at", days(-count))


near = date_in(5)
S = CaseStatus
TRUE: list[tuple[str, str, CaseStatus, Change]] = [
    ("silence", "two of one side", S.IN_SERVICE, two_silent),
    ("silence", "one of a critical case", S.IN_SERVICE,
     both(lambda case: setattr(case, "priority_rank", 1), lambda case: asked(case, 1))),
    ("silence", "staff reached nobody", S.IN_SERVICE, both(two_silent, lambda case: reached(case, False, ok=False))),
    ("silence", "two of the volunteer, noted by staff", S.IN_SERVICE,
     both(lambda case: [asked(case, n, Audience.VOLUNTEER) for n in (1, 8)], lambda case: noted(case, False))),
    ("date_near", "nothing was done", S.IN_SERVICE, near),
    ("date_near", "placed and nothing done", S.PLACED, near),
    ("date_near", "hours of last month", S.IN_SERVICE, both(near, lambda case: worked(case, 30))),
    ("date_near", "staff worked, the lead did not", S.IN_SERVICE,
     both(near, lambda case: noted(case, False), lambda case: reached(case, False))),
    ("clock_over", "two days ago", S.AVAILABLE, clock_ended(2)),
    ("dormant", "ninety-one days", S.IN_SERVICE, quiet_for(91)),
    ("credential_lapsed", "lapsed", S.IN_SERVICE, lead_is(VolunteerStatus.LAPSED)),
    ("credential_lapsed", "suspended", S.PLACED, lead_is(VolunteerStatus.SUSPENDED)),
    ("transfer_unanswered", "ran out of time", S.IN_SERVICE, ask_for_transfer),
]  # fmt: skip
FALSE: list[tuple[str, str, CaseStatus, Change]] = [
    ("silence", "one of each side", S.IN_SERVICE,
     both(lambda case: asked(case, 1), lambda case: asked(case, 8, Audience.VOLUNTEER))),
    ("silence", "answered since", S.IN_SERVICE,
     both(two_silent, lambda case: asked(case, 9, answered_at=days(-10), handed_over_at=None))),
    ("silence", "closed otherwise", S.IN_SERVICE,
     lambda case: [asked(case, n, closed_at=days(-1), close_reason="moot") for n in (1, 8)]),
    ("silence", "handed over an hour ago", S.IN_SERVICE,
     lambda case: [asked(case, n, handed_over_at=days(-0.05)) for n in (1, 8)]),
    ("silence", "staff spoke with the client", S.IN_SERVICE, both(two_silent, lambda case: reached(case, False))),
    ("silence", "the volunteer worked", S.IN_SERVICE,
     both(lambda case: [asked(case, n, Audience.VOLUNTEER) for n in (1, 8)], lambda case: worked(case, 1))),
    ("date_near", "far away", S.IN_SERVICE, date_in(8)),
    ("date_near", "over", S.IN_SERVICE, date_in(-1)),
    ("date_near", "hours this week", S.IN_SERVICE, both(near, lambda case: worked(case, 2))),
    ("date_near", "a note of the lead", S.IN_SERVICE, both(near, lambda case: noted(case, True))),
    ("date_near", "the lead reached the client", S.IN_SERVICE, both(near, lambda case: reached(case, True))),
    ("date_near", "placed today", S.PLACED, both(near, placed_again)),
    ("date_near", "being closed", S.CLOSING, near),
    ("clock_over", "this morning", S.AVAILABLE, clock_ended(0.5)),
    ("clock_over", "placed by now", S.PLACED, clock_ended(5)),
    ("dormant", "eighty-nine days", S.IN_SERVICE, quiet_for(89)),
    ("dormant", "not begun", S.PLACED, quiet_for(200)),
    ("credential_lapsed", "paused", S.IN_SERVICE, lead_is(VolunteerStatus.PAUSED)),
    ("transfer_unanswered", "somebody else is asked", S.IN_SERVICE, another_ask),
    ("transfer_unanswered", "a no is an answer", S.IN_SERVICE,
     lambda case: ask_for_transfer(case, AskStatus.DECLINED)),
]  # fmt: skip


def lay(status: CaseStatus, change: Change) -> int:
    """A case a month old on which nothing was done, as it becomes."""
    with clock.at(days(-40)), transaction():
        lead = None if status is S.AVAILABLE else factories.volunteer()
        case = factories.case(factories.programme(), status, lead=lead)
        case.heard_at, case.clock_ends_at = days(-10), days(9)
    with clock.at(MONDAY), transaction():
        change(session.get_one(Case, case.id))
    return case.id


def causes(case_id: int) -> list[str]:
    session.rollback()
    return sorted(each.cause for each in session.query(Escalation).filter_by(case_id=case_id))


def test_each_opens_once_where_it_holds_and_nothing_else_does(app: Flask) -> None:
    laid = {lay(status, change): (cause, what) for cause, what, status, change in TRUE}
    with clock.at(MONDAY):
        assert (jobs.look(), jobs.look()) == (len(TRUE), 0)
    assert {laid[case_id]: causes(case_id) for case_id in laid} == {row[:2]: [row[0]] for row in TRUE}
    assert {cause for cause, _what in laid.values()} == set(PREDICATES)


def test_nothing_opens_where_no_cause_holds(app: Flask) -> None:
    laid = {lay(status, change): f"{cause}: {what}" for cause, what, status, change in FALSE}
    with clock.at(MONDAY):
        jobs.look()
        opened = {f"{laid[each.case_id]} opened {each.cause}" for each in session.query(Escalation)}
    assert {line for line in opened if line.split(":")[0] == line.rsplit(" ", 1)[1]} == set()


def test_nothing_opens_while_a_case_is_paused_or_after_it_ended(app: Flask) -> None:
    for status in (S.IN_SERVICE, S.WITHDRAWN):
        case_id = lay(S.IN_SERVICE, both(quiet_for(200), near))
        with transaction():
            case = session.get_one(Case, case_id)
            case.status, case.paused_at = status, MONDAY if status is S.IN_SERVICE else None
    with clock.at(MONDAY):
        assert jobs.look() == 0


def test_what_was_closed_stays_closed_until_something_new_sets_it_off(app: Flask) -> None:
    case_id = lay(S.IN_SERVICE, quiet_for(91))
    with clock.at(MONDAY):
        jobs.look()
    with transaction():
        found = session.query(Escalation).one()
        found.closed_at, found.root_cause = days(1), "false_alarm"
    with clock.at(days(2)):
        assert jobs.look() == 0
    with transaction():
        session.get_one(Case, case_id).heard_at = days(1)
    with clock.at(days(95)):
        assert jobs.look() == 1
    assert causes(case_id) == ["dormant", "dormant"]


def test_a_credential_that_lapses_again_opens_it_again(app: Flask) -> None:
    case_id = lay(S.IN_SERVICE, lead_is(VolunteerStatus.LAPSED))
    with clock.at(MONDAY):
        jobs.look()
    with transaction():
        found = session.query(Escalation).one()
        found.closed_at = days(1)
        lead = session.get_one(Case, case_id).assignments[0].volunteer
        licence = next(each for each in lead.credentials if each.kind is CredentialKind.FULL_LICENCE)
        licence.valid_until = date(2026, 3, 10)
    with clock.at(days(10)):
        assert calendars.today(session.get_one(Case, case_id).programme) == date(2026, 3, 12)
        assert jobs.look() == 1
    assert causes(case_id) == ["credential_lapsed"]
    assert session.query(Escalation).one().round == 2
