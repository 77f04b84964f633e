"""A programme's offices: who keeps them, which requests are theirs, and that reports tell of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Office, Programme, User
from app.accounts.operations_offices import NameInUse, add_office, change_office, close_office, office_for
from app.clients.models import CaseStatus
from app.clients.operations_office import choose_office
from app.clients.operations_screening import change_matter
from app.core import clock
from app.core.access import Role
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import BadInput, NotAllowed
from app.metrics import figures, rollup
from tests import factories

NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)
DANE, ROCK = "55025", "55105"
Desk = tuple[Programme, User]


@pytest.fixture
def desk(app: Flask) -> Desk:
    with transaction():
        programme = factories.programme(counties=[DANE, ROCK])
        return programme, factories.coordinator(programme)


def here(desk: Desk) -> Desk:
    return session.merge(desk[0]), session.merge(desk[1])


def opened(desk: Desk, name: str = "Madison", county: str = DANE) -> Office:
    with transaction():
        programme, staff = here(desk)
        return add_office(programme, name, county, actor=staff)


def test_the_office_of_the_county_has_new_requests_until_staff_choose(desk: Desk) -> None:
    madison, janesville = opened(desk), opened(desk, "Janesville", ROCK)
    with transaction():
        programme, staff = here(desk)
        assert office_for(programme.id, DANE).id == madison.id  # type: ignore[union-attr]
        case = factories.case(programme, county=DANE)
        case.office_id = madison.id
        matter = partial(change_matter, case, problem_code="63", forum=case.forum, forum_state="WI", actor=staff)
        matter(county=ROCK)
        assert case.office_id == janesville.id, "it goes with its county"
        choose_office(case, None, actor=staff)
        matter(county=DANE)
        assert case.office_id is None, "what staff chose stays"
        choose_office(case, session.merge(janesville), actor=staff)
        close_office(programme, session.merge(janesville), closed=True, actor=staff)
        choose_office(case, session.merge(janesville), actor=staff)
        assert case.office_id == janesville.id, "a closed one keeps what it has"
        assert office_for(programme.id, ROCK) is None
        choose_office(case, None, actor=staff)
        with pytest.raises(BadInput):
            choose_office(case, session.merge(janesville), actor=staff)
        elsewhere = factories.add(Office(programme_id=factories.programme().id, name="X", county=DANE))
        with pytest.raises(BadInput):
            choose_office(case, elsewhere, actor=staff)


def test_who_keeps_offices_and_what_is_refused(desk: Desk) -> None:
    madison = opened(desk)
    with transaction():
        programme, staff = here(desk)
        stranger = factories.coordinator(factories.programme())
        for refused in (
            lambda: add_office(programme, "Janesville", ROCK, actor=stranger),
            lambda: change_office(programme, session.merge(madison), "Y", DANE, actor=stranger),
            lambda: close_office(programme, session.merge(madison), closed=True, actor=stranger),
        ):
            with pytest.raises(NotAllowed):
                refused()
        with pytest.raises(BadInput):
            add_office(programme, "Nowhere", "99999", actor=staff)
        with pytest.raises(NameInUse):
            add_office(programme, "Madison", ROCK, actor=staff)
        other = add_office(programme, "Janesville", ROCK, actor=staff)
        with pytest.raises(NameInUse):
            change_office(programme, other, "Madison", ROCK, actor=staff)
        change_office(programme, other, "Beloit", ROCK, actor=staff)
        for closed in (True, True, False):
            close_office(programme, other, closed=closed, actor=staff)
        done = [entry.action for entry in session.query(AuditEntry).filter(AuditEntry.action.like("office.%"))]
        assert sorted(done) == ["office.add", "office.add", "office.change", "office.close", "office.reopen"]


def test_of_many_who_add_the_same_office_at_once_one_does(app: Flask, desk: Desk) -> None:
    together = Barrier(8)

    def add(_n: int) -> bool:
        with app.app_context():
            together.wait()
            try:
                opened(desk)
            except NameInUse:
                return False
            finally:
                session.remove()
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(8))) == 1
    assert session.query(Office).count() == 1


def test_pages_and_the_report(client: FlaskClient, desk: Desk) -> None:
    """A coordinator opens two, a new request of the county is theirs, staff move it, and the report follows."""
    programme, staff = desk
    base = f"/programmes/{programme.public_id}/offices"
    with clock.at(NOW):
        with transaction():
            case = factories.case(session.merge(programme), CaseStatus.PRESCREEN, county=DANE)
            factories.sign_in(client, session.merge(staff))
        assert "No office yet" in client.get(base).text
        assert "Office</h2>" not in client.get(f"/intake/{case.public_id}").text
        assert client.post(base, data={"name": "", "county": ""}).status_code == 422
        assert client.post(base, data={"name": " Madison  East ", "county": DANE}).status_code == 303
        again = client.post(base, data={"name": "Madison East", "county": ROCK})
        assert (again.status_code, "an office of that name already" in again.text) == (422, True)
        assert client.post(base, data={"name": "Janesville", "county": ROCK}).status_code == 303
        office = session.query(Office).filter_by(name="Madison East").one().public_id
        session.rollback()
        assert client.get(f"{base}/{office}").status_code == 200
        assert client.get(f"{base}/{'f' * 16}").status_code == 404
        assert client.post(f"{base}/{office}", data={"name": "Madison", "county": DANE}).status_code == 303
        page = client.get(f"/intake/{case.public_id}").text
        assert "No office" in page
        saved = client.post(f"/intake/{case.public_id}/office", data={"office-office": office})
        assert saved.status_code == 303
        rollup.refresh(programme.id)
        read = figures.read_period(session.merge(programme), NOW.date(), NOW.date(), dimensions=["office"])
        number = str(session.query(Office).filter_by(name="Madison").one().id)
        session.rollback()
        assert read.by("requests", "office") == {number: 1}
        report = client.get("/reports?by=office").text
        assert "Madison" in report
        assert f'href="{base}"' in report
        assert client.post(f"{base}/{office}/close").status_code == 303
        assert "closed" in client.get(base).text
        assert client.post(f"/intake/{case.public_id}/office", data={"office-office": "nothing"}).status_code == 422


def test_other_people_reach_no_office(client: FlaskClient, desk: Desk) -> None:
    programme, _staff = desk
    with transaction():
        other = factories.coordinator(factories.programme())
        factories.sign_in(client, other)
    assert client.get(f"/programmes/{programme.public_id}/offices").status_code == 404
    with transaction():
        paid = factories.grant(session.merge(programme))
        factories.sign_in(client, factories.user(Role.FUNDER, programme=session.merge(programme), grant=paid))
    assert client.get(f"/programmes/{programme.public_id}/offices").status_code == 403
