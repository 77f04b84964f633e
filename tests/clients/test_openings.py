"""Parts and packages of a case: made, changed, listed, taken off and closed by staff, with a sentence where not."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.clients import operations
from app.clients import operations_openings as openings
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus
from app.clients.operations_docket import PartsInHands
from app.clients.operations_openings import (
    BadOpening,
    InHands,
    LeadIsListed,
    NobodyAnswers,
    NotNow,
    OpeningFacts,
    SameOpening,
)
from app.clients.operations_screening import NotReady
from app.clients.vocabulary import KEEP_REASONS
from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, Refusal
from app.matching.operations_supervision import name_supervisor
from tests import factories as make

from .screened import LISTING, accepted, attorney, fund, listed

NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)  # a Wednesday
S = OpeningStatus
PACKAGE = OpeningFacts(
    package="Draft the fee waiver", text="One form with its papers.", hours=300, takers=("paralegal", "attorney"),
    level="learning", ends_on=date(2026, 12, 1),
)  # fmt: skip
INTERPRETER = OpeningFacts(role="interpreter", text="Two meetings at the office.", hours=400)


def changed(facts: OpeningFacts, **changes: Any) -> OpeningFacts:
    return OpeningFacts(**{**vars(facts), **changes})


@pytest.fixture
def work(app: Flask):
    with clock.at(NOON):
        of = make.programme()
        staff = make.coordinator(of)
        yield of, staff, fund(of)


@pytest.fixture
def case(work) -> Case:
    of, staff, grant = work
    return listed(of, staff, grant, language="es")


def test_a_part_is_written_down_listed_taken_off_and_closed(work, case: Case) -> None:
    _of, staff, _grant = work
    made = openings.add_opening(case, INTERPRETER, actor=staff)
    assert (made.role, made.package, made.status, made.takers) == (CaseRole.INTERPRETER, None, S.NOT_LISTED, None)
    openings.list_opening(made, actor=staff)
    assert openings.list_opening(made, actor=staff).status is S.LISTED
    openings.take_off_opening(made, actor=staff)
    assert openings.take_off_opening(made, actor=staff).status is S.NOT_LISTED
    openings.close_opening(made, actor=staff)
    assert openings.close_opening(made, actor=staff).status is S.CLOSED
    with pytest.raises(InHands):
        openings.list_opening(made, actor=staff)
    said = [row.action for row in session.query(AuditEntry).filter(AuditEntry.action.like("opening.%"))]
    assert said == ["opening.add", "opening.list", "opening.take_off", "opening.close"]


def test_a_package_says_for_itself_what_the_case_says_otherwise(work, case: Case) -> None:
    _of, staff, _grant = work
    made = openings.add_opening(case, changed(PACKAGE, package="  Draft   the fee waiver "), actor=staff)
    assert (made.package, made.role, made.hours) == ("Draft the fee waiver", CaseRole.CO_COUNSEL, 300)
    assert made.takers == ["attorney", "paralegal"]
    changes = changed(PACKAGE, takers=("paralegal",), hours=250)
    openings.change_opening(made, changes, actor=staff)
    assert (made.role, made.hours, made.takers) == (CaseRole.PARALEGAL, 250, ["paralegal"])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"package": " "}, "Write what is to be done"),
        ({"package": "x" * 121}, "Write what is to be done"),
        ({"text": ""}, "Write what is to be done"),
        ({"hours": 0}, "Write what is to be done"),
        ({"level": "guru"}, "Write what is to be done"),
        ({"takers": ()}, "Choose who may take it"),
        ({"takers": ("judge",)}, "Choose who may take it"),
        ({"ends_on": None}, "by which day"),
        ({"ends_on": date(2026, 11, 17)}, "last day that is not over"),
        ({"text": "Write to Maribel about it."}, "names somebody"),
        ({"package": "Call 608 555 0100 first"}, "phone number"),
        ({"text": "So: the landlord changed the lock and kept the key, please."}, "own words"),
    ],
)
def test_what_a_package_may_not_say(work, changes: dict[str, Any], sentence: str) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant, narrative="Then the landlord changed the lock and kept the key.")
    with pytest.raises(BadOpening) as no:
        openings.add_opening(case, changed(PACKAGE, **changes), actor=staff)
    assert sentence in " ".join(str(said) for said in (no.value.message, *no.value.details))
    assert session.query(Opening).count() == 1


def test_the_same_is_refused_until_it_is_closed(work, case: Case) -> None:
    _of, staff, _grant = work
    first = openings.add_opening(case, PACKAGE, actor=staff)
    other = openings.add_opening(case, changed(PACKAGE, package="Sort the papers"), actor=staff)
    with pytest.raises(SameOpening):
        openings.add_opening(case, PACKAGE, actor=staff)
    with pytest.raises(SameOpening):
        openings.change_opening(other, PACKAGE, actor=staff)
    part = openings.add_opening(case, INTERPRETER, actor=staff)
    with pytest.raises(SameOpening):
        openings.add_opening(case, INTERPRETER, actor=staff)
    for opening in (first, part):
        openings.close_opening(opening, actor=staff)
    openings.add_opening(case, PACKAGE, actor=staff)
    openings.add_opening(case, INTERPRETER, actor=staff)


def test_nobody_interprets_for_somebody_who_speaks_english(work) -> None:
    of, staff, grant = work
    case = listed(of, staff, grant, language="en")
    with pytest.raises(BadOpening):
        openings.add_opening(case, INTERPRETER, actor=staff)
    with pytest.raises(BadOpening):
        openings.add_opening(case, changed(INTERPRETER, role="lead"), actor=staff)


@pytest.mark.parametrize("status", [each for each in CaseStatus if each not in openings.TAKES_OPENINGS])
def test_only_a_case_in_work_takes_other_parts(work, status: CaseStatus) -> None:
    of, staff, _grant = work
    case = make.case(of, status, owner=staff, language="es")
    with pytest.raises(NotNow):
        openings.add_opening(case, INTERPRETER, actor=staff)


def test_it_is_listed_only_with_what_any_listing_needs(work, case: Case) -> None:
    of, staff, _grant = work
    made = openings.add_opening(case, INTERPRETER, actor=staff)
    case.programme.prefix = "ZZ"
    raw = make.case(of, CaseStatus.ACCEPTED, owner=staff, language="es")
    bare = openings.add_opening(raw, INTERPRETER, actor=staff)
    with pytest.raises(NotReady) as no:
        openings.list_opening(bare, actor=staff)
    assert {"conflict", "eligible", "merits"} <= {lack.key for lack in no.value.lacks}
    openings.list_opening(made, actor=staff)


def test_without_consent_to_share_names_nothing_is_listed(work, case: Case) -> None:
    _of, staff, _grant = work
    from app.clients.operations_status import withdraw_names

    made = openings.add_opening(case, INTERPRETER, actor=staff)
    withdraw_names(case.client, actor=staff)
    with pytest.raises(NotReady) as no:
        openings.list_opening(made, actor=staff)
    assert [lack.key for lack in no.value.lacks] == ["consent"]


def test_a_part_for_people_who_never_work_alone_waits_for_an_attorney(work, case: Case) -> None:
    of, staff, _grant = work
    made = openings.add_opening(case, changed(PACKAGE, takers=("paralegal", "student")), actor=staff)
    with pytest.raises(NobodyAnswers):
        openings.list_opening(made, actor=staff)
    name_supervisor(case, attorney(of), actor=staff)
    assert openings.list_opening(made, actor=staff).status is S.LISTED


def test_the_leads_part_is_the_cases_own_listing(work, case: Case) -> None:
    _of, staff, _grant = work
    for act in (openings.list_opening, openings.take_off_opening, openings.close_opening):
        with pytest.raises(LeadIsListed):
            act(case.lead_opening, actor=staff)


def test_only_staff_of_the_programme_change_it(work, case: Case) -> None:
    other = make.coordinator(make.programme())
    with pytest.raises(NotAllowed):
        openings.add_opening(case, INTERPRETER, actor=other)
    with pytest.raises(NotAllowed):
        openings.add_opening(case, INTERPRETER, actor=make.volunteer().user)


def test_listing_the_case_lists_its_lead_alone(work) -> None:
    of, staff, grant = work
    case = accepted(of, staff, grant, language="es")
    draft = openings.add_opening(case, INTERPRETER, actor=staff)
    operations.list_case(case, actor=staff, **LISTING)
    assert (case.lead_opening.status, draft.status) == (S.LISTED, S.NOT_LISTED)


def test_a_case_with_a_volunteer_in_it_does_not_leave_the_desk(work, case: Case) -> None:
    _of, staff, _grant = work
    made = openings.add_opening(case, INTERPRETER, actor=staff)
    part = make.assignment(case, make.volunteer(), role=CaseRole.INTERPRETER, opening=made)
    with pytest.raises(PartsInHands):
        operations.keep_with_staff(case, next(iter(KEEP_REASONS)), actor=staff)
    with pytest.raises(PartsInHands):
        operations.tell_not_placed(case, "The county's help line.", actor=staff)
    part.ended_at = clock.now()
    operations.keep_with_staff(case, next(iter(KEEP_REASONS)), actor=staff)
    assert case.status is CaseStatus.RETURNED_TO_STAFF


def test_of_many_who_add_the_same_one_does(app: Flask) -> None:
    with clock.at(NOON), transaction():
        of = make.programme()
        staff = make.coordinator(of)
        case_id, staff_id = make.case(of, CaseStatus.IN_SERVICE, owner=staff, language="es").id, staff.id
    session.rollback()
    gate, said = threading.Barrier(6), []

    def add() -> None:
        with app.app_context(), clock.at(NOON):
            gate.wait()
            try:
                with transaction():
                    case = session.get_one(Case, case_id)
                    openings.add_opening(case, INTERPRETER, actor=session.get_one(User, staff_id))
                said.append("added")
            except Refusal as no:
                said.append(type(no).__name__)

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(said) == {"added": 1, "SameOpening": 5}


@pytest.fixture
def desk(work, case: Case, client: FlaskClient) -> FlaskClient:
    _of, staff, _grant = work
    session.commit()
    return make.sign_in(client, staff)


def typed(**changes: Any) -> dict[str, Any]:
    day = NOON + timedelta(days=20)
    return {
        "package": "Draft the fee waiver", "text": "One form with its papers.", "hours": "3",
        "takers": ["interpreter", "paralegal"], "level": "learning", "ends_on-month": day.month,
        "ends_on-day": day.day, "ends_on-year": day.year, **changes,
    }  # fmt: skip


def test_staff_write_a_package_on_its_page_and_list_it_from_the_case(case: Case, desk: FlaskClient) -> None:
    at = f"/cases/{case.public_id}"
    assert desk.get(f"{at}/openings/package").status_code == 200
    wrong = desk.post(f"{at}/openings/package", data=typed(hours="many", text="Ask Maribel."))
    assert wrong.status_code == 422
    assert "Write the hours as a number" in wrong.text
    named = desk.post(f"{at}/openings/package", data=typed(text="Ask Maribel."))
    assert named.status_code == 422
    assert "names somebody" in named.text
    kept = desk.post(f"{at}/openings/package", data=typed(), follow_redirects=True)
    assert "Kept. Volunteers see it once you list it." in kept.text
    made = session.query(Opening).filter(Opening.package.is_not(None)).one()
    assert "Draft the fee waiver" in kept.text
    shown = desk.post(f"/openings/{made.public_id}/list", follow_redirects=True)
    assert "Listed. Volunteers who may take it see it now." in shown.text
    again = desk.post(f"{at}/openings/package", data=typed())
    assert again.status_code == 422
    assert "The case has this already" in again.text


def test_staff_write_a_part_change_it_and_close_it(case: Case, desk: FlaskClient) -> None:
    at = f"/cases/{case.public_id}"
    desk.post(f"{at}/openings/part", data={"role": "interpreter", "text": "Two meetings.", "hours": "4"})
    made = session.query(Opening).filter(Opening.role == CaseRole.INTERPRETER).one()
    page = desk.get(f"/openings/{made.public_id}/edit")
    assert "Two meetings." in page.text
    other = {"role": "mentor", "text": "Three meetings.", "hours": "6"}
    assert desk.post(f"/openings/{made.public_id}/edit", data=other).status_code == 422
    saved = desk.post(f"/openings/{made.public_id}/edit", data={**other, "role": "interpreter"}, follow_redirects=True)
    assert "Three meetings." in saved.text
    desk.post(f"/openings/{made.public_id}/list")
    desk.post(f"/openings/{made.public_id}/take-off")
    closed = desk.post(f"/openings/{made.public_id}/close", follow_redirects=True)
    assert "Closed. Whoever was asked is told." in closed.text
    session.expire_all()
    assert made.status is S.CLOSED
