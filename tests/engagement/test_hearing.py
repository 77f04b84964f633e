"""When something was last heard of a case is kept on it, and always equals what the rows say."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from app.accounts.models import User
from app.casework import operations as casework
from app.casework import operations_closing as endings
from app.casework.closing import Closing
from app.casework.models import TimeEntry
from app.clients import hearing
from app.clients.models import Case, CaseStatus, ConflictSearch
from app.core import clock
from app.core.db import Base, session, transaction
from app.engagement import operations as engagement
from app.engagement.models import Audience, Checkin
from app.matching import operations_placement as placing
from app.matching.models import Assignment
from tests import factories as make

S = CaseStatus
MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
LATER = MONDAY + timedelta(days=40)
TODAY = LATER.date()


def served(status: CaseStatus = CaseStatus.IN_SERVICE) -> Case:
    """A case placed on a Monday, of which nothing was heard since."""
    with clock.at(MONDAY), transaction():
        case = make.case(make.programme(), status, lead=make.volunteer())
        case.placed_at = MONDAY
        hearing.hear_of(case, case.assignments[0].started_at)
        return case


def lead(case: Case) -> Assignment:
    return case.assignments[0]


def answered(case: Case, audience: Audience, values: dict[str, object]) -> None:
    checkin = Checkin(
        case=case, assignment=lead(case), audience=audience, series_key="status", questions="volunteer_regular",
        due_on=MONDAY.date(), due_at=MONDAY, sent_at=MONDAY,
    )  # fmt: skip
    engagement.answer(make.add(checkin), values)


def closing_reported(case: Case) -> None:
    report = Closing(
        closing_code="A", main_benefit=None, outcome=None, decision=None, decided_on=None, counsel_of_record=False,
        settlement_documented=False, work_ended_on=TODAY, hours=200,
    )  # fmt: skip
    endings.report_closing(case, report, amounts=[], actor=account_of(case))


def placed_anew(case: Case) -> None:
    """Given back, listed again and placed with somebody else."""
    staff = staff_of(case)
    placing.end_assignment(lead(case), "no_time", CaseStatus.AVAILABLE, actor=staff)
    make.add(
        ConflictSearch(
            case_id=case.id, parties_version=case.parties_version, searched_at=LATER, names_searched=2, hits=[],
            hit_count=0, decided_at=LATER, outcome="clear",
        )
    )  # fmt: skip
    placing.place_by_hand(case.lead_opening, make.volunteer(), "phone_yes", checked=True, actor=staff)


def staff_of(case: Case) -> User:
    assert case.custody is not None
    return case.custody.user


def account_of(case: Case) -> User:
    assert lead(case).volunteer.user is not None
    return lead(case).volunteer.user


# One operation at least for each kind of row that counts: what it is, the case it begins from, what is done.
OPERATIONS: tuple[tuple[str, CaseStatus, Callable[[Case], object]], ...] = (
    ("contact", S.PLACED, lambda case: casework.record_first_contact(lead(case), actor=account_of(case))),
    ("contact", S.PLACED, lambda case: casework.record_attempt(
        lead(case), "call", reached=True, actor=account_of(case))),
    ("contact", S.IN_SERVICE, lambda case: casework.record_contact(case, "call", reached=True, actor=staff_of(case))),
    ("note", S.IN_SERVICE, lambda case: casework.add_note(case, "We spoke.", actor=account_of(case))),
    ("hours", S.IN_SERVICE, lambda case: casework.add_time(case, on_day=TODAY, hundredths=50, actor=account_of(case))),
    ("hours", S.IN_SERVICE, closing_reported),
    ("answer", S.IN_SERVICE, lambda case: answered(case, Audience.CLIENT, {"contact": "yes"})),
    ("answer", S.PLACED, lambda case: answered(case, Audience.VOLUNTEER, {"contact": "yes", "hours": 150})),
    ("placement", S.IN_SERVICE, placed_anew),
)  # fmt: skip


def said_and_reckoned(case_id: int) -> tuple[datetime | None, datetime | None]:
    """What is kept on the case, and what its rows say."""
    session.rollback()
    kept = session.execute(select(Case.heard_at).where(Case.id == case_id)).scalar_one()
    return kept, session.execute(hearing.last_heard(case_id)).scalar_one()


@pytest.mark.parametrize(("kind", "status", "do"), OPERATIONS)
def test_each_operation_that_counts_is_heard(
    app: Flask, kind: str, status: CaseStatus, do: Callable[[Case], object]
) -> None:
    case_id = served(status).id
    assert said_and_reckoned(case_id) == (MONDAY, MONDAY)
    with clock.at(LATER), transaction():
        do(session.get_one(Case, case_id))
    assert said_and_reckoned(case_id) == (LATER, LATER)


def test_every_kind_that_counts_has_an_operation_here(app: Flask) -> None:
    assert {kind for kind, _status, _do in OPERATIONS} == set(hearing.kinds())


def test_an_attempt_that_reached_nobody_is_not_heard(app: Flask) -> None:
    case_id = served().id
    with clock.at(LATER), transaction():
        case = session.get_one(Case, case_id)
        casework.record_contact(case, "call", reached=False, actor=staff_of(case))
    assert said_and_reckoned(case_id) == (MONDAY, MONDAY)


def test_hours_taken_back_were_not_heard(app: Flask) -> None:
    case_id = served().id
    with clock.at(LATER), transaction():
        case = session.get_one(Case, case_id)
        made = casework.add_time(case, on_day=TODAY, hundredths=50, actor=account_of(case))
        casework.remove_time(made, actor=account_of(case))
    assert said_and_reckoned(case_id) == (MONDAY, MONDAY)


def test_hearing_of_a_case_makes_nobodys_edit_stale(app: Flask) -> None:
    case_id = served().id
    before = session.execute(select(Case.version, Case.changed_at).where(Case.id == case_id)).one()
    with clock.at(LATER), transaction():
        case = session.get_one(Case, case_id)
        casework.add_note(case, "We spoke.", actor=account_of(case))
    session.rollback()
    assert session.execute(select(Case.version, Case.changed_at).where(Case.id == case_id)).one() == before


def test_many_at_once_leave_the_latest(app: Flask) -> None:
    case_id = served().id
    with clock.at(LATER), transaction():
        case = session.get_one(Case, case_id)
        entry_id = casework.add_time(case, on_day=TODAY, hundredths=50, actor=account_of(case)).id

    def work(n: int) -> None:
        with app.app_context(), clock.at(MONDAY + timedelta(days=10)), transaction():
            case = session.get_one(Case, case_id)
            if n == 5:
                casework.remove_time(session.get_one(TimeEntry, entry_id), actor=account_of(case))
            else:
                casework.add_note(case, f"Note {n}", actor=account_of(case))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(12)))
    kept, reckoned = said_and_reckoned(case_id)
    assert kept == reckoned == MONDAY + timedelta(days=10)


WRITERS = {"ContactAttempt", "Note", "TimeEntry", "Assignment"}


def test_whoever_writes_a_row_that_counts_says_so_in_the_same_function() -> None:
    forgot = []
    for path in sorted(Path("app").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(function, ast.FunctionDef) and _makes(function) and "hear_of" not in _calls(function):
                forgot.append(f"{path}: {function.name}")
    assert not forgot, f"call clients.hearing.hear_of where the row is made: {forgot}"


def _calls(function: ast.FunctionDef) -> dict[str, ast.Call]:
    found = (node for node in ast.walk(function) if isinstance(node, ast.Call))
    return {node.func.id: node for node in found if isinstance(node.func, ast.Name)}


def _makes(function: ast.FunctionDef) -> bool:
    """Does it make a row that counts? Neither a mentor's assignment, since somebody leads the case already, nor an
    attempt that reached nobody."""
    made = (ast.unparse(call) for name, call in _calls(function).items() if name in WRITERS)
    return any("role=CaseRole.MENTOR" not in call and "reached=False" not in call for call in made)


# Tables of the work that tell nothing of the case by themselves, with the reason.
NOT_HEARD = {
    "messages": "what is not answered becomes a task of its own",
    "message_marks": "says who has read a message",
    "case_milestones": "told to the client of what was done already",
    "closing_reports": "ends the service; the hours in it count",
    "package_reports": "ends a part of the work; the hours in it count",
    "transfers": "the desk's own step",
    "transfer_asks": "asked of the next volunteer, who does not have the case yet",
    "surveys": "asked after the case is closed",
    "escalations": "the desk's own worry",
    "series_pauses": "a time in which nothing was asked",
}
COUNTED = {"contact_attempts", "time_entries", "notes", "checkins"}


def test_every_table_of_the_work_is_counted_or_named_as_silent(app: Flask) -> None:
    found = {
        kind.__tablename__
        for kind in (mapper.class_ for mapper in Base.registry.mappers)
        if kind.__module__.startswith(("app.casework", "app.engagement")) and "case_id" in kind.__table__.columns
    }
    assert found <= COUNTED | set(NOT_HEARD), "count it in the package's wiring, or say here why it is not heard"
    assert found >= COUNTED


def test_the_migration_reckons_what_is_stored_from_the_rows(app: Flask) -> None:
    case_id = served().id
    with clock.at(LATER), transaction():
        case = session.get_one(Case, case_id)
        casework.add_note(case, "We spoke.", actor=account_of(case))
        silent = make.case(case.programme)
    path = next(Path("migrations/versions").glob("0002_*.py"))
    backfill = re.search(r'HEARD = """(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    assert backfill is not None
    with transaction():
        session.execute(update(Case).values(heard_at=None))
        session.execute(text(backfill[1]))
    assert said_and_reckoned(case_id) == (LATER, LATER)
    assert said_and_reckoned(silent.id) == (None, None)
