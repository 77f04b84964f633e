"""A volunteer who lives with a party, works for one, or shares an employer with one never meets the case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text

from app.clients.models import Case, Party, PartyRole
from app.core import clock
from app.core.db import engine, session, transaction
from app.core.errors import NotAllowed
from app.matching import operations, rules, shortlists
from app.matching.barring import Purpose
from app.matching.models import Referral
from app.matching.open_matters import open_matters
from app.matching.refusals import NotForYou, RulesAgainst
from app.volunteers import operations_ties, ties
from app.volunteers.models import Membership, Organisation, TieKind, Volunteer
from tests import factories
from tests.matching.desk import MONDAY, Desk, entries, lay


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def tie(of: Volunteer, household: tuple[str, ...] = (), employers: tuple[str, ...] = ()) -> None:
    assert of.user is not None
    operations_ties.change_ties(of, household=list(household), employers=list(employers), actor=of.user)


def party(of: Case, name: str, **changes: object) -> None:
    session.add(Party(case=of, role=PartyRole.ADVERSE, name=name, **changes))


def kept(desk: Desk, purpose: Purpose = Purpose.CLAIM) -> set[int]:
    barred = rules.one_case(desk.opening, purpose).barred
    return {n for n in range(len(desk.volunteer_ids)) if desk.volunteer(n).public_id in barred}


def test_who_lives_with_a_party_is_kept_and_the_colleagues_are_not(app: Flask) -> None:
    desk = lay(3)
    with transaction():
        party(desk.case, "Ana Maria Brandt", aliases=["Annie Brandt"])
        firm = factories.add(Organisation(name="Orchard Partners"))
        for n in (0, 1):
            factories.add(Membership(volunteer_id=desk.volunteer_ids[n], organisation_id=firm.id))
        tie(desk.volunteer(0), household=("Jo Heron", "Ána  Brandt"))
    assert kept(desk) == {0}
    for purpose in Purpose:
        assert 0 in kept(desk, purpose)


@pytest.mark.parametrize(
    ("called", "employer", "is_kept"),
    [
        ("Cottonwood Row Holdings, LLC", "cottonwood row holdings", True),
        ("Cottonwood Row Holdings", "Cottonwood Row Holdings L.L.C.", True),
        ("Cottonwood Row Holdings", "Cottonwood Row", False),
        ("Northern Mills Inc.", "The Northern Mills Company", True),
    ],
)
def test_who_works_for_a_party_is_kept(app: Flask, called: str, employer: str, is_kept: bool) -> None:
    desk = lay(2)
    with transaction():
        party(desk.case, called, is_organisation=True)
        tie(desk.volunteer(1), employers=("Dane County", employer))
    assert kept(desk) == ({1} if is_kept else set())


def test_who_shares_an_employer_or_home_with_a_volunteer_who_is_a_party_is_kept(app: Flask) -> None:
    desk = lay(6)
    with transaction():
        for n, (given, family) in enumerate([("Vera", "Lindholm"), ("Otto", "Brenner"), ("Ida", "Falk")]):
            desk.volunteer(n).given_name, desk.volunteer(n).family_name = given, family
        party(desk.case, "Vera Lindholm")
        firm = factories.add(Organisation(name="Northern Mills, Inc."))
        factories.add(Membership(volunteer_id=desk.volunteer_ids[3], organisation_id=firm.id))
        tie(desk.volunteer(0), household=("Otto Brenner",), employers=("Northern Mills",))
        tie(desk.volunteer(4), employers=("Northern Mills Corp.",))
        tie(desk.volunteer(5), employers=("Southern Mills",))
    assert kept(desk) == {0, 1, 3, 4}


def test_nothing_about_such_a_case_shows(app: Flask, client: FlaskClient) -> None:
    desk = lay(2)
    with transaction():
        party(desk.case, "Ana Brandt")
        tie(desk.volunteer(0), household=("Ana Brandt",))
        user = desk.user(0)
        with pytest.raises(NotForYou):
            operations.hold(desk.opening, actor=user)
        with pytest.raises(RulesAgainst):
            operations.send_offer(desk.opening, desk.volunteer(0), actor=desk.staff)
    assert list(open_matters(desk.volunteer(0))) == []
    assert len(open_matters(desk.volunteer(1))) == 1
    found = shortlists.shortlist_for(desk.opening)
    assert [choice.volunteer_id for choice in found.choices] == [desk.volunteer_ids[1]]
    assert found.nearly == []
    found_for = shortlists.shortlist_for_volunteer(desk.volunteer(0), [desk.case.programme.slug], 99)
    assert (found_for.matters, found_for.elsewhere) == ([], 0)
    public_id, title = desk.opening.public_id, desk.case.listing_title
    factories.sign_in(client, user)
    page = client.get("/opportunities?show=all").text
    assert title not in page
    assert "0 open" in page
    unknown = client.get("/opportunities/" + "0" * 16)
    real = client.get(f"/opportunities/{public_id}")
    assert (real.status_code, real.text.replace(public_id, "0" * 16)) == (404, unknown.text)
    assert title not in client.get("/my").text


def test_it_counts_at_once_and_ends_with_the_tie(app: Flask) -> None:
    desk = lay(1)
    with transaction():
        party(desk.case, "Ana Brandt")
        operations.send_offer(desk.opening, desk.volunteer(0), actor=desk.staff)
        tie(desk.volunteer(0), household=("Ana Brandt",))
    with transaction(), pytest.raises(NotForYou):
        operations.accept_offer(the_attempt(), actor=desk.user(0))
    with transaction():
        tie(desk.volunteer(0))
    assert kept(desk) == set()


def the_attempt() -> Referral:
    return session.query(Referral).one()


def test_the_names_lie_sealed_and_the_audit_counts_them(app: Flask) -> None:
    desk = lay(2)
    with transaction():
        tie(desk.volunteer(0), household=("Ana Brandt", "Jo Heron"), employers=("Dane County",))
        with pytest.raises(NotAllowed):
            operations_ties.change_ties(desk.volunteer(0), household=[], employers=[], actor=desk.user(1))
    stored = session.execute(text("SELECT name FROM volunteer_ties")).scalars().all()
    assert len(stored) == 3
    assert not any(b"Brandt" in bytes(name) for name in stored)
    assert [entry.after for entry in entries("volunteer.change_ties")] == [{"household": 2, "employer": 1}]
    assert ties.names_of(desk.volunteer(0), TieKind.HOUSEHOLD) == ["Ana Brandt", "Jo Heron"]


def test_the_number_of_questions_does_not_grow(app: Flask) -> None:
    desk = lay(2)

    def questions() -> int:
        asked: list[str] = []
        listener = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(engine(), "before_cursor_execute", listener)
        rules.case_rows(rules.listed_openings())
        event.remove(engine(), "before_cursor_execute", listener)
        return len(asked)

    few = questions()
    with transaction():
        for _n in range(6):
            party(factories.case(desk.programme, "available", owner=desk.staff), "Ana Brandt")
            tie(factories.volunteer(), household=("Ana Brandt",), employers=("Dane County",))
    assert questions() == few


def test_the_page_keeps_the_names_for_their_reader(app: Flask, client: FlaskClient) -> None:
    desk = lay(1)
    factories.sign_in(client, desk.user(0))
    assert "People close to you" in client.get("/my/profile").text
    short = client.post("/my/profile/close-to-me", data={"household": "Ana", "employers": ""})
    assert short.status_code == 422
    assert "Write given and family name" in short.text
    version = desk.volunteer(0).version
    typed = {"household": "Ana  Brandt\n\nAna Brandt\nJo Heron", "employers": "Dane County", "seen_version": version}
    with clock.at(MONDAY + timedelta(minutes=1)):
        assert client.post("/my/profile/close-to-me", data=typed).status_code == 303
    session.rollback()
    assert ties.names_of(desk.volunteer(0), TieKind.HOUSEHOLD) == ["Ana Brandt", "Jo Heron"]
    page = client.get("/my/profile/close-to-me").text
    assert "Ana Brandt\nJo Heron" in page
    assert client.post("/my/profile/close-to-me", data={**typed, "household": ""}).status_code == 409
    factories.sign_in(client, desk.staff)
    staff = client.get(f"/volunteers/{desk.volunteer(0).public_id}").text
    assert "Jo Heron" not in staff
