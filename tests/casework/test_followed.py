"""Whose file closes as somebody else's firm or household changes, and nobody slips through in the same instant."""

from __future__ import annotations

import pytest
from flask import Flask

from app.accounts.models import User
from app.clients.models import CaseStatus, Opening, PartyRole
from app.clients.operations_parties import add_party
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import operations as matching
from app.matching.models import HOLDING, Assignment, Referral
from app.volunteers import operations_organisations as organisations
from app.volunteers import operations_profile as profiles
from app.volunteers import operations_ties
from app.volunteers.models import Membership, Organisation, Volunteer
from tests import factories
from tests.casework.conftest import Work
from tests.casework.test_cut_off import named_like, sees
from tests.matching.test_race import at_once


def test_who_is_placed_as_they_come_to_live_with_a_party_is_noticed(app: Flask) -> None:
    for _round in range(4):
        with transaction():
            of = factories.programme()
            factories.user(Role.SUPERVISING_ATTORNEY, programme=of)
            staff, who = factories.coordinator(of), factories.volunteer()
            case = factories.case(of, CaseStatus.AVAILABLE, owner=staff)
            add_party(case, role=PartyRole.ADVERSE, name="Rosa Hartwell", actor=staff)
            ids = (case.lead_opening.id, who.id, staff.id)
        session.rollback()

        def place(ids: tuple[int, ...] = ids) -> str:
            try:
                with transaction():
                    opening, actor = session.get_one(Opening, ids[0]), session.get_one(User, ids[2])
                    volunteer = session.get_one(Volunteer, ids[1])
                    matching.place_by_hand(opening, volunteer, "phone_yes", checked=True, actor=actor)
            except Refusal as refused:
                return type(refused).__name__
            return "placed"

        def say(ids: tuple[int, ...] = ids) -> str:
            with transaction():
                volunteer = session.get_one(Volunteer, ids[1])
                assert volunteer.user is not None
                operations_ties.change_ties(volunteer, household=["Rosa Hartwell"], employers=[], actor=volunteer.user)
            return "said"

        placed, said = at_once(app, [place, say])
        session.rollback()
        parts = session.query(Assignment).filter_by(volunteer_id=ids[1]).all()
        assert said == "said"
        assert [part.cut_off_at is not None for part in parts] == ([True] if placed == "placed" else [])


@pytest.mark.parametrize("how", ["firm", "household"])
def test_who_comes_to_share_a_firm_or_home_with_a_party_who_volunteers_is_outside(work: Work, how: str) -> None:
    with transaction():
        party = factories.volunteer(given_name="Orla", family_name="Whitcombe")
        other = factories.volunteer(given_name="Rufus", family_name="Unconcerned")
        firm = factories.add(Organisation(name="Marsh & Vane"))
        for each in (work.user.volunteer, other):
            session.add(Membership(volunteer=each, organisation=firm))
        held = matching.hold(_open_case_against(work, "Orla Whitcombe"), actor=work.user).id
        party_id, firm_id, name = party.id, firm.id, work.user.volunteer.name  # type: ignore[union-attr]
    named_like(work, "Orla Whitcombe")
    assert sees(work), "nothing ties them yet"
    with transaction():
        party = session.get_one(Volunteer, party_id)
        assert party.user is not None
        if how == "firm":
            profiles.change_organisation(party, session.get_one(Organisation, firm_id), actor=party.user)
        else:
            operations_ties.change_ties(party, household=[name], employers=[], actor=party.user)
    assert not sees(work)
    assert work.tasks()["cut_off"] is None
    assert session.get_one(Referral, held).status not in HOLDING, "no name is read any more"


def _open_case_against(work: Work, name: str) -> Opening:
    case = factories.case(work.case.programme, CaseStatus.AVAILABLE, owner=work.staff)
    add_party(case, role=PartyRole.ADVERSE, name=name, actor=work.staff)
    return case.lead_opening


def test_a_firm_that_gets_the_name_of_a_party_closes_the_files_of_its_people(work: Work) -> None:
    named_like(work, "Larkspur Homes LLC")
    with transaction():
        firm = factories.add(Organisation(name="Larkspurr"))
        session.add(Membership(volunteer=work.user.volunteer, organisation=firm))
        firm_id = firm.id
    assert sees(work)
    with transaction():
        firm = session.get_one(Organisation, firm_id)
        organisations.change_organisation_name(firm, "Some Other Name", "firm", actor=work.staff)
    assert sees(work)
    with transaction():
        firm = session.get_one(Organisation, firm_id)
        organisations.change_organisation_name(firm, "Larkspur Homes", "firm", actor=work.staff)
    assert not sees(work)
    assert work.tasks()["cut_off"] is None
