"""Who names a firm as theirs is bound by its conflicts at once, and taken for it only once somebody confirmed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from app.core import clock
from app.core.audit import AuditEntry
from app.core.db import session, transaction
from app.core.errors import NotAllowed, NotFound
from app.core.mail import Mail
from app.matching import firms, operations
from app.matching.operations_placement import bar
from app.matching.refusals import CannotBeNamed, FirmCannot
from app.volunteers.models import Membership
from app.volunteers.operations_organisations import confirm_membership, refuse_membership
from app.volunteers.operations_profile import change_organisation
from app.volunteers.refusals import NotYourOwn
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay
from tests.matching.firm import Firm, ask, cleared, found
from tests.matching.test_called import kept


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def typed(desk: Desk, firm: Firm, n: int = 0) -> Membership:
    """A volunteer names the firm in their own profile."""
    with transaction():
        change_organisation(desk.volunteer(n), firm.organisation, actor=desk.user(n))
    return session.query(Membership).filter_by(volunteer_id=desk.volunteer_ids[n]).one()


def test_the_firm_cannot_be_asked_for_somebody_unconfirmed_nor_name_them(app: Flask) -> None:
    desk = lay(2)
    firm = found(desk)
    mine = typed(desk, firm)
    with pytest.raises(FirmCannot):
        ask(desk, firm)
    with transaction():
        confirm_membership(mine, actor=firm.coordinator)
    other = typed(desk, firm, 1)
    referral = cleared(desk, firm)
    with pytest.raises(CannotBeNamed), transaction():
        operations.name_person(referral, desk.volunteer(1), actor=firm.coordinator)
    with transaction():
        confirm_membership(other, actor=desk.staff)
        operations.name_person(referral, desk.volunteer(1), actor=firm.coordinator)


def test_a_conflict_there_binds_them_unconfirmed(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk)
    typed(desk, firm)
    with transaction():
        bar(desk.case, firm.organisation, reason="conflict", actor=desk.staff)
    assert kept(desk) == {desk.volunteer().public_id}


def test_who_may_confirm(app: Flask) -> None:
    desk = lay(2)
    firm, other = found(desk), found(desk, name="Elsewhere LLP")
    mine = typed(desk, firm)
    with transaction():
        funder = factories.user()
    for actor, refusal in ((other.coordinator, NotAllowed), (funder, NotAllowed), (desk.user(0), NotAllowed)):
        with pytest.raises(refusal), transaction():
            confirm_membership(mine, actor=actor)
    with transaction():
        desk.volunteer(0).user = desk.staff
    with pytest.raises(NotYourOwn), transaction():
        confirm_membership(mine, actor=desk.staff)
    assert firms.members([firm.organisation_id]) == {}


def test_staff_who_enter_somebodys_firm_need_no_second_word(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk)
    with transaction():
        change_organisation(desk.volunteer(), firm.organisation, actor=desk.staff)
    assert firms.members([firm.organisation_id]) == {firm.organisation_id: desk.volunteer_ids}


def test_both_confirm_on_their_page(app: Flask) -> None:
    desk = lay(3)
    firm = found(desk)
    for n in range(3):
        typed(desk, firm, n)
    office = factories.sign_in(app.test_client(), desk.staff)
    partner = factories.sign_in(app.test_client(), firm.coordinator)
    page, people = f"/organisations/{firm.organisation.public_id}", [desk.volunteer(n).public_id for n in range(3)]
    assert f"{page}/people/{people[0]}/confirm" in office.get(page).text
    assert office.post(f"{page}/people/{people[0]}/confirm").status_code == 303
    assert f"/firm/people/{people[1]}/confirm" in partner.get("/firm").text
    assert partner.post(f"/firm/people/{people[1]}/confirm").status_code == 303
    assert partner.post(f"/firm/people/{people[2]}/refuse").status_code == 303
    assert partner.post(f"/firm/people/{people[2]}/refuse").status_code == 404, "answered"
    session.rollback()
    assert sorted(firms.members([firm.organisation_id])[firm.organisation_id]) == desk.volunteer_ids[:2]
    assert desk.volunteer(2).memberships == []
    told = [mail for mail in session.query(Mail) if mail.kind == "volunteer.not_of"]
    assert [mail.to_address for mail in told] == [desk.volunteer(2).email]
    assert "Alder" not in told[0].subject + told[0].text
    assert "Are they yours?" not in partner.get("/firm").text
    assert {"volunteer.confirm_organisation", "volunteer.refuse_organisation"} <= {
        entry.action for entry in session.query(AuditEntry)
    }


def test_a_firm_set_by_staff_that_a_volunteer_had_typed_is_confirmed_by_them(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk)
    mine = typed(desk, firm)
    with transaction():
        change_organisation(mine.volunteer, mine.organisation, actor=mine.volunteer.user)  # type: ignore[arg-type]
    assert session.query(Membership).one().confirmed_at is None, "one's own word is no confirmation"
    with transaction():
        change_organisation(mine.volunteer, mine.organisation, actor=desk.staff)
    assert session.query(Membership).one().confirmed_by_id == desk.staff_id
    assert session.query(AuditEntry).filter_by(action="volunteer.confirm_organisation").count() == 1


def test_refusing_twice_and_from_elsewhere(app: Flask) -> None:
    desk = lay(1)
    firm, other = found(desk), found(desk, name="Elsewhere LLP")
    mine = typed(desk, firm)
    with pytest.raises(NotAllowed), transaction():
        refuse_membership(mine, actor=other.coordinator)
    assert session.query(Membership).count() == 1


@pytest.mark.parametrize("first", [confirm_membership, refuse_membership])
def test_of_two_who_answer_at_once_the_second_refusal_changes_nothing(app: Flask, first: Callable[..., object]) -> None:
    desk = lay(1)
    firm = found(desk)
    mine = typed(desk, firm)
    with transaction():
        first(mine, actor=firm.coordinator)
    left = session.query(Membership).count()
    with pytest.raises(NotFound), transaction():
        refuse_membership(mine, actor=desk.staff)
    assert session.query(Membership).count() == left == (first is confirm_membership)
