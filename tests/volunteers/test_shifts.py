"""Clinics and advice shifts: logged once by whoever may, taken back, and never more hours than a day has."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Programme, User
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.volunteers import operations_shifts as operations
from app.volunteers.models import Standing, Volunteer, VolunteerStatus
from app.volunteers.models_shifts import Shift, ShiftKind
from app.volunteers.operations_shifts import ShiftDoesNotFit, ShiftFacts
from tests import factories

NOW = datetime(2026, 8, 21, 3, tzinfo=UTC)  # the evening of August 20 at the programme
TODAY = date(2026, 8, 20)
K = ShiftKind


@pytest.fixture(autouse=True)
def _now(app: Flask):
    with clock.at(NOW):
        yield


@pytest.fixture
def world(app: Flask) -> tuple[Programme, Volunteer, User]:
    """A programme, a volunteer who is welcome anywhere, and a coordinator."""
    with transaction():
        programme = factories.programme(name="Lakeshore Legal Aid", slug="lakeshore")
        return (
            programme,
            factories.volunteer(given_name="Odile", family_name="Brandt"),
            factories.coordinator(programme),
        )


def facts(**changes: object) -> ShiftFacts:
    values: dict[str, object] = {"kind": K.CLINIC, "on_day": TODAY, "hundredths": 250, "people_served": 6}
    return ShiftFacts(**{**values, **changes})  # type: ignore[arg-type]


def log(programme: Programme, whose: Volunteer, actor: User, **changes: object) -> str:
    with transaction():
        of, row, who = (session.get_one(type(each), each.id) for each in (programme, whose, actor))
        return operations.log_shift(row, of, facts(**changes), actor=who).public_id  # type: ignore[arg-type]


def live() -> list[Shift]:
    session.rollback()
    return session.query(Shift).filter(Shift.removed_at.is_(None)).order_by(Shift.id).all()


def test_a_shift_is_kept_once_and_taken_back(world: tuple[Programme, Volunteer, User]) -> None:
    programme, helper, staff = world
    first = log(programme, helper, helper.user)
    assert log(programme, helper, helper.user) == first, "told twice, it is one shift"
    assert log(programme, helper, staff) == first, "whoever tells it"
    log(programme, helper, staff, kind=K.ADVICE, people_served=None)
    (clinic, advice) = live()
    assert (clinic.hundredths, clinic.people_served, clinic.created_by_id) == (250, 6, helper.user_id)
    assert (advice.kind, advice.people_served, advice.created_by_id) == (K.ADVICE, None, staff.id)
    with transaction():
        shift = operations.get_shift(first, viewer=session.get_one(User, helper.user_id))
        operations.take_back(shift, actor=session.get_one(User, helper.user_id))
        operations.take_back(shift, actor=session.get_one(User, helper.user_id))
    assert [each.kind for each in live()] == [K.ADVICE]
    assert log(programme, helper, helper.user, hundredths=100) != first, "after that the day is free"
    acts = [row.action for row in session.query(AuditEntry).filter(AuditEntry.record_kind == "shifts")]
    assert Counter(acts) == {"volunteer.log_shift": 3, "volunteer.take_shift_back": 1}


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"on_day": TODAY + timedelta(days=1)}, "on_day", "Hours cannot lie in the future."),
        ({"hundredths": 5}, "hours", "between 0.1 and 24 hours"),
        ({"hundredths": 2401}, "hours", "between 0.1 and 24 hours"),
        ({"people_served": 501}, "people_served", "at most 500"),
        ({"people_served": -1}, "people_served", "at most 500"),
        ({"hundredths": 300}, "on_day", "logged for that day already, with other figures"),
        ({"kind": K.ADVICE, "hundredths": 2151}, "hours", "more than 24 hours"),
    ],
)
def test_what_cannot_be_logged_is_said(
    world: tuple[Programme, Volunteer, User], changes: dict[str, object], field: str, said: str
) -> None:
    programme, helper, _staff = world
    log(programme, helper, helper.user)
    with pytest.raises(ShiftDoesNotFit) as no:
        log(programme, helper, helper.user, **changes)
    assert no.value.field == field
    assert said in str(no.value.message)
    assert len(live()) == 1
    log(programme, helper, helper.user, kind=K.ADVICE, hundredths=2150)  # the day is full to the minute


def test_nobody_logs_for_others_or_where_they_are_not_welcome(world: tuple[Programme, Volunteer, User]) -> None:
    programme, helper, staff = world
    with transaction():
        other, elsewhere = factories.volunteer(), factories.programme()
        stranger, applied = (
            factories.coordinator(elsewhere),
            factories.volunteer(status=VolunteerStatus.APPLIED, approved_at=None),
        )
        session.add(Standing(volunteer_id=other.id, programme_id=elsewhere.id, standing="welcome"))
        out = factories.volunteer()
        session.add(Standing(volunteer_id=out.id, programme_id=programme.id, standing="excluded"))
    for whose, actor in ((helper, other.user), (helper, stranger), (other, other.user), (out, out.user),
                         (applied, applied.user), (applied, staff)):  # fmt: skip
        with pytest.raises(NotAllowed):
            log(programme, whose, actor)
    log(programme, out, staff)  # they were there before it came to that
    log(elsewhere, other, other.user)
    assert len(live()) == 2


def test_a_sheet_is_one_entry_for_everybody_and_leaves_what_is_there(
    world: tuple[Programme, Volunteer, User],
) -> None:
    programme, helper, staff = world
    log(programme, helper, helper.user, hundredths=300)
    with transaction():
        others = [factories.volunteer() for _n in range(3)]
        people = [session.get_one(Volunteer, each.id) for each in (others[2], helper, others[0])]
        of, actor = session.get_one(Programme, programme.id), session.get_one(User, staff.id)
        made, before = operations.log_sheet(people, of, facts(people_served=None), actor=actor)
        assert ([each.volunteer_id for each in made], before) == ([others[2].id, others[0].id], [people[1]])
    assert sorted((each.volunteer_id, each.hundredths) for each in live()) == sorted(
        [(helper.id, 300), (others[2].id, 250), (others[0].id, 250)]
    )
    with pytest.raises(ShiftDoesNotFit), transaction():
        operations.log_sheet([], session.get_one(Programme, programme.id), facts(), actor=staff)


def test_of_many_clicks_at_once_one_shift_is_kept(app: Flask, world: tuple[Programme, Volunteer, User]) -> None:
    programme, helper, staff = world
    ids = (programme.id, helper.id, helper.user_id, staff.id)
    session.rollback()
    gate, said = threading.Barrier(8), list[str]()

    def click(n: int) -> None:
        with app.app_context(), clock.at(NOW):
            gate.wait()
            try:
                with transaction():
                    of, row = session.get_one(Programme, ids[0]), session.get_one(Volunteer, ids[1])
                    actor = session.get_one(User, ids[2 + n % 2])
                    told = facts(hundredths=250 if n < 6 else 100)
                    said.append(operations.log_shift(row, of, told, actor=actor).public_id)
            except ShiftDoesNotFit:
                said.append("refused")

    threads = [threading.Thread(target=click, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (kept,) = live()
    assert Counter(said) == ({kept.public_id: 6, "refused": 2} if kept.hundredths == 250 else
                             {kept.public_id: 2, "refused": 6})  # fmt: skip
    entries = session.query(AuditEntry).filter(AuditEntry.action == "volunteer.log_shift").count()
    assert entries == 1


def test_of_many_sheets_at_once_no_day_has_more_than_24_hours(
    app: Flask, world: tuple[Programme, Volunteer, User]
) -> None:
    """Ten hours each of two kinds at two programmes: any two fit into the day."""
    programme, helper, _staff = world
    with transaction():
        second = factories.programme()
    todo = [(of, helper.id, helper.user_id, kind) for of in (programme.id, second.id) for kind in ShiftKind]
    session.rollback()
    gate = threading.Barrier(len(todo))

    def click(of: int, volunteer_id: int, user_id: int, kind: ShiftKind) -> None:
        with app.app_context(), clock.at(NOW):
            gate.wait()
            try:
                with transaction():
                    row, actor = session.get_one(Volunteer, volunteer_id), session.get_one(User, user_id)
                    told = facts(kind=kind, hundredths=1000)
                    operations.log_shift(row, session.get_one(Programme, of), told, actor=actor)
            except ShiftDoesNotFit:
                pass

    threads = [threading.Thread(target=click, args=each) for each in todo]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.hundredths for each in live()] == [1000, 1000]


def typed(**changes: str) -> dict[str, object]:
    values: dict[str, object] = {"kind": "clinic", "on_day-month": "8", "on_day-day": "20", "on_day-year": "2026",
                                 "hours": "2.5", "people_served": "6"}  # fmt: skip
    return {**values, **changes}


def test_a_volunteer_logs_and_takes_back_on_their_own_page(
    app: Flask, client: FlaskClient, world: tuple[Programme, Volunteer, User]
) -> None:
    programme, helper, _staff = world
    browser = factories.sign_in(client, session.merge(helper).user)
    page = browser.get("/my/shifts").text
    assert "Log a clinic or advice shift" in page
    assert 'name="programme"' not in page, "there is only one"
    for changes, said in (
        ({"hours": "25"}, "Write between 0.1 and 24 hours for one day."),
        ({"hours": "two"}, "Write hours as a number"),
        ({"kind": ""}, "Say whether it was a clinic or an advice shift."),
        ({"on_day-day": "21"}, "Hours cannot lie in the future."),
        ({"people_served": "many"}, "Write a whole number"),
    ):
        answer = browser.post("/my/shifts", data=typed(**changes))
        assert (answer.status_code, said in answer.text) == (422, True), said
    assert live() == []
    for _click in range(2):
        assert browser.post("/my/shifts", data=typed()).status_code == 303
    (shift,) = live()
    page = browser.get("/my/shifts").text
    assert "Clinic" in page
    assert "Thu, Aug 20" in page
    assert "Log a clinic or advice shift" in browser.get("/my/impact").text
    assert "20,,2.5,clinic" in browser.get("/my/hours.csv").text
    with transaction():
        other = factories.volunteer().user
        stranger = factories.coordinator(factories.programme())
    for who in (other, stranger):
        theirs = factories.sign_in(app.test_client(), session.merge(who))
        assert theirs.post(f"/shifts/{shift.public_id}/take-back").status_code == 404
    assert browser.post(f"/shifts/{shift.public_id}/take-back").status_code == 303
    assert live() == []
    with transaction():
        factories.programme(name="Northwoods Justice", slug="north")
    assert "Northwoods Justice" in browser.get("/my/shifts").text
    chosen = session.query(Programme).filter_by(slug="north").one().public_id
    assert browser.post("/my/shifts", data=typed()).status_code == 422, "nobody knows at which"
    assert browser.post("/my/shifts", data=typed(programme=chosen)).status_code == 303
    assert [each.programme.slug for each in live()] == ["north"]
    assert programme.id != live()[0].programme_id


def test_a_coordinator_enters_the_sheet_that_everybody_signed(
    app: Flask, client: FlaskClient, world: tuple[Programme, Volunteer, User]
) -> None:
    _programme, helper, staff = world
    with transaction():
        people = [factories.volunteer(given_name=name, family_name="Vale") for name in ("Ana", "Bo", "Cleo")]
        factories.volunteer(given_name="Out", family_name="Side", status=VolunteerStatus.RETIRED)
    desk = factories.sign_in(client, session.merge(staff))
    page = desk.get("/volunteers/shifts").text
    assert "Ana Vale" in page
    assert "Out Side" not in page
    nobody = desk.post("/volunteers/shifts", data=typed())
    assert nobody.status_code == 422
    assert '<a href="#volunteers-0">Tick who was there.</a>' in nobody.text
    assert nobody.text.count('id="volunteers-0"') == 1
    ids = [each.public_id for each in people[:2]]
    sent = desk.post("/volunteers/shifts?programme=lakeshore", data={**typed(), "volunteers": ids})
    assert sent.status_code == 303
    page = desk.get(sent.headers["Location"]).text
    assert "Logged for 2 people." in page
    assert "Logged for Thu, Aug 20" in page
    assert "There in the last 12 months" in page
    again = desk.post("/volunteers/shifts", data={**typed(), "volunteers": [*ids, people[2].public_id]})
    page = desk.get(again.headers["Location"]).text
    assert "Logged for one person." in page
    assert "left as it was: Ana Vale, Bo Vale." in page
    assert len(live()) == 3
    assert {each.people_served for each in live()} == {None}
    mine = desk.get(f"/volunteers/{people[0].public_id}/shifts")
    assert "Clinics and advice shifts of Ana Vale" in mine.text
    assert desk.post(f"/volunteers/{helper.public_id}/shifts", data=typed(kind="advice")).status_code == 303
    assert "Advice shift, Thu, Aug 20: 2.5 hours" in desk.get(f"/volunteers/{helper.public_id}").text
    taken = desk.post(f"/shifts/{live()[0].public_id}/take-back", data={"sheet": "1"})
    assert taken.headers["Location"] == "/volunteers/shifts?programme=lakeshore&day=2026-08-20"
    assert len(live()) == 3
    with transaction():
        stranger = factories.coordinator(factories.programme())
        admin = factories.user(Role.ADMIN)
    theirs = factories.sign_in(app.test_client(), session.merge(stranger))
    assert theirs.get("/volunteers/shifts?programme=lakeshore").status_code == 404
    assert "<h2>Logged</h2>" not in theirs.get(f"/volunteers/{people[1].public_id}/shifts").text
    assert factories.sign_in(app.test_client(), session.merge(admin)).get("/volunteers/shifts").status_code == 403
