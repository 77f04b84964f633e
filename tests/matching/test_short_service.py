"""A short service of a clinic: a conflict of one lawyer is theirs, not the firm's (Rule 6.5)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.listing import Listing
from app.clients.models import Party, PartyRole, ServiceLevel
from app.clients.operations_docket import NotShortTerm, write_listing
from app.core import clock
from app.core.db import session, transaction
from app.matching import board, operations
from app.matching.barring import Purpose, barred_volunteers
from app.matching.models import Bar, ReferralStatus
from app.matching.refusals import NotForYou
from app.matching.rules import listed_openings
from app.volunteers.models import Membership, Organisation
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay

CLINIC = {"service_level": ServiceLevel.LIMITED, "short_term_by": "court"}


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def firm_of_both(desk: Desk, name: str = "Orchard Partners") -> int:
    with transaction():
        firm = factories.add(Organisation(name=name))
        for person_id in desk.volunteer_ids:
            factories.add(Membership(volunteer_id=person_id, organisation_id=firm.id))
        return int(firm.id)


@pytest.mark.parametrize(("changes", "firm_is_barred"), [({}, True), (CLINIC, False)])
def test_a_conflict_keeps_the_person_off_and_the_firm_only_of_a_whole_matter(
    app: Flask, changes: dict[str, object], firm_is_barred: bool
) -> None:
    desk = lay(**changes)
    firm_of_both(desk)
    with transaction():
        operations.attest(operations.hold(desk.opening, actor=desk.user()), "conflict", actor=desk.user())
    assert session.query(Bar).count() == 1 + firm_is_barred
    with pytest.raises(NotForYou), transaction():
        operations.hold(desk.opening, actor=desk.user())
    if firm_is_barred:
        with pytest.raises(NotForYou), transaction():
            operations.hold(desk.opening, actor=desk.user(1))
    else:
        with transaction():
            assert operations.hold(desk.opening, actor=desk.user(1)).status is ReferralStatus.HELD


@pytest.mark.parametrize(("changes", "colleague_is_kept"), [({}, True), (CLINIC, False)])
def test_who_is_a_party_never_meets_it_and_a_colleague_only_of_a_clinics(
    app: Flask, changes: dict[str, object], colleague_is_kept: bool
) -> None:
    desk = lay(**changes)
    firm_of_both(desk)
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name=desk.volunteer().name))
    kept = barred_volunteers(listed_openings(), Purpose.CLAIM)[desk.case_id]
    assert desk.volunteer().public_id in kept
    assert (desk.volunteer(1).public_id in kept) == colleague_is_kept
    assert board.one_matter(desk.volunteer(), desk.opening) is None


def test_a_firm_that_is_itself_a_party_is_kept_off_a_clinics_matter_too(app: Flask) -> None:
    desk = lay(**CLINIC)
    firm_of_both(desk, "Cottonwood Lenders LLP")
    with transaction():
        session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name="Cottonwood Lenders LLP", is_organisation=True))
    kept = barred_volunteers(listed_openings(), Purpose.CLAIM)[desk.case_id]
    assert kept >= {desk.volunteer(n).public_id for n in range(2)}


def test_a_bar_of_the_firm_from_before_the_flag_is_not_imputed(app: Flask) -> None:
    desk = lay(**CLINIC)
    firm_id = firm_of_both(desk)
    with transaction():
        session.add(Bar(case_id=desk.case_id, organisation_id=firm_id, reason="conflict"))
    assert desk.volunteer().public_id not in barred_volunteers(listed_openings(), Purpose.CLAIM)[desk.case_id]


def test_listing_staff_and_holder_read_what_it_relaxes(app: Flask, client: FlaskClient) -> None:
    desk = lay(**CLINIC)
    volunteer = factories.sign_in(app.test_client(), desk.user())
    assert "Short service of a clinic" in volunteer.get("/opportunities").text
    held = volunteer.post(
        f"/opportunities/{desk.opening.public_id}/hold", data={"confidential": "y"}, follow_redirects=True
    )
    assert "answer from what you yourself know" in held.text
    staff = factories.sign_in(client, desk.staff)
    for path in (f"/openings/{desk.opening.public_id}/by-hand", f"/matching/case/{desk.case.public_id}"):
        assert "keeps that person off, not the firm" in staff.get(path).text
    assert 'value="court" selected' in staff.get(f"/intake/{desk.case.public_id}/listing").text.replace(
        'selected value="court"', 'value="court" selected'
    )


def test_only_a_limited_service_is_short(app: Flask) -> None:
    desk = lay()
    words = {"title": "Advice at the court's desk", "text": "One hour of advice.", "level": "competent", "hours": 100}
    for wrong in ({"short_term_by": "court"}, {"short_term_by": "anybody", "service_level": "limited"}):
        with pytest.raises(NotShortTerm), transaction():
            write_listing(desk.case, Listing(**words, **wrong), actor=desk.staff)  # type: ignore[arg-type]
    with transaction():
        write_listing(desk.case, Listing(**words, short_term_by="court", service_level="limited"),  # type: ignore[arg-type]
                      actor=desk.staff)  # fmt: skip
    assert desk.case.short_term_by == "court"
