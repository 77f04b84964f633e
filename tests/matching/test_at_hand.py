"""Volunteers kept in memory: whatever changes them, in whichever process, the next look is as if all were read anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.accounts import operations as accounts
from app.core import clock
from app.core.access import Role
from app.core.db import engine, session, transaction
from app.matching import at_hand, operations, shortlists
from app.matching.at_hand import AtHand
from app.matching.dockets import lay_docket, today, zone
from app.matching.models import Referral
from app.matching.rules import ONE
from app.matching.volunteer_rows import volunteer_rows
from app.volunteers.models import Area, Membership, Organisation, Standing, Volunteer
from app.volunteers.operations import pause_volunteer
from app.volunteers.operations_organisations import refuse_membership
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay
from tests.matching.test_race import at_once


def offer(desk: Desk) -> None:
    operations.send_offer(desk.opening, desk.volunteer(1), actor=desk.staff)


def decline(desk: Desk) -> None:
    operations.decline_offer(session.query(Referral).order_by(Referral.id.desc()).first(), "no_time", actor=None)


def hold(desk: Desk) -> None:
    operations.hold(desk.opening, actor=desk.user(2))


def profile(desk: Desk) -> None:
    person = desk.volunteer(3)
    person.areas = [Area(area="Family", level="expert"), Area(area="63", level="competent")]
    person.counties, person.changed_at = ["55025"], clock.now()


def licence(desk: Desk) -> None:
    desk.volunteer(1).credentials[0].valid_until = today() - timedelta(days=1)


def pause(desk: Desk) -> None:
    pause_volunteer(desk.volunteer(0), today() + timedelta(days=9), "Leave", actor=desk.staff)


def close(desk: Desk) -> None:
    accounts.deactivate_user(desk.user(3), actor=factories.user(Role.ADMIN))


def firm(desk: Desk) -> None:
    made = Organisation(name="Dunmore Hale LLP")
    session.add(Membership(volunteer=desk.volunteer(2), organisation=made, confirmed_at=clock.now()))


def rename(desk: Desk) -> None:
    session.query(Organisation).one().name = "Dunmore LLP"


def cover(desk: Desk) -> None:
    session.add(Standing(volunteer=desk.volunteer(1), programme=desk.programme, standing="welcome",
                         covered_by_programme=True))  # fmt: skip


def placed(desk: Desk) -> None:
    factories.case(desk.programme, "in_service", owner=desk.staff, lead=desk.volunteer(1))


def newcomer(desk: Desk) -> None:
    factories.volunteer(languages=["en", "hmn"])


CHANGES: list[Callable[[Desk], None]] = [
    offer, decline, hold, profile, licence, pause, close, firm, rename, cover, placed, newcomer,
]  # fmt: skip


def test_after_any_change_what_is_at_hand_is_what_the_database_says(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=6, volunteer={"capacity": 3})
        here, there = AtHand(engine(), today()), AtHand(engine(), today())
        here.refresh(zone())
        there.refresh(zone())
        assert here.read == 6
    session.rollback()
    with clock.at(MONDAY + timedelta(minutes=5)):
        for one in (here, there):
            one.refresh(zone())
    for n, change in enumerate(CHANGES, 1):
        with clock.at(MONDAY + timedelta(minutes=10 * n)):
            with transaction():
                change(desk)
            session.rollback()
            fresh = volunteer_rows(today(), zone())
            for one in (here, there):
                one.refresh(zone())
                assert one.rows == fresh, change.__name__
            whole = change in (firm, rename, cover, newcomer)
            assert here.read == (len(fresh) if whole else 1), f"{change.__name__} is read again, and nobody else"
        with clock.at(MONDAY + timedelta(minutes=10 * n + 5)):
            here.refresh(zone())
            there.refresh(zone())
    with clock.at(MONDAY + timedelta(minutes=10 * len(CHANGES) + 9)):
        here.refresh(zone())
        assert here.read == 0


def test_a_change_that_was_saved_late_is_not_missed(app: Flask) -> None:
    desk = lay(volunteers=2)
    with clock.at(MONDAY):
        kept = AtHand(engine(), today())
        kept.refresh(zone())
    with clock.at(MONDAY - timedelta(seconds=90)), transaction():  # it began before that look, and is saved after it
        desk.volunteer().capacity = 9
        session.flush()
    with clock.at(MONDAY + timedelta(seconds=1)):
        kept.refresh(zone())
    assert kept.rows[desk.volunteer_ids[0]].slots == 9


@pytest.mark.parametrize("code", ["63", "63b", "69", "32"])
def test_who_lists_the_field_is_everybody_who_may_take_it(app: Flask, code: str) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=3, problem_code=code)
        with transaction():
            for areas in ({"63": "competent"}, {"63b": "expert"}, {"Family": "competent"}, {"Housing": "learning"}):
                factories.volunteer(areas=areas, mentor_ok=True)
        found = shortlists.shortlist_for(desk.opening)
        laid = lay_docket(ONE.params(opening_id=desk.opening_id), today())
        everybody = shortlists.ranked_volunteers(laid, 0, {})
        assert [one.row.volunteer_id for one in found.choices] == [one.volunteer_id for one in everybody]
        assert found.able == len(everybody) > 0


def test_what_is_not_saved_stays_out_of_memory(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=1)
        assert shortlists.shortlist_for(desk.opening).able == 1
        session.rollback()

        class Undone(Exception):
            pass

        with pytest.raises(Undone), transaction():
            desk.volunteer().declines = ["Housing"]
            session.flush()
            assert shortlists.shortlist_for(desk.opening).able == 0
            raise Undone
        assert shortlists.shortlist_for(desk.opening).able == 1


def test_many_look_and_change_at_once(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=8, volunteer={"capacity": 1})
    session.rollback()

    def change(n: int) -> str:
        with clock.at(MONDAY + timedelta(seconds=n)):
            for capacity in range(2, 6):
                with transaction():
                    session.get_one(Volunteer, desk.volunteer_ids[n]).capacity = capacity
                shortlists.shortlist_for(desk.opening)
                session.rollback()
        return "done"

    assert at_once(app, [lambda n=n: change(n) for n in range(8)]) == ["done"] * 8
    session.rollback()
    with clock.at(MONDAY + timedelta(seconds=30)):
        found = shortlists.shortlist_for(desk.opening)
        assert [choice.row.slots for choice in found.choices] == [5] * 8
        kept: AtHand = app.extensions["volunteers_at_hand"]
        assert kept.rows == volunteer_rows(today(), zone())
        assert at_hand.MANY > 8


def test_a_firm_refused_as_another_is_named_bars_nobody_longer(app: Flask) -> None:
    """As many words about firms as before, though not of the same people."""
    with clock.at(MONDAY):
        desk = lay(volunteers=3)
    with clock.at(MONDAY), transaction():
        made = factories.add(Organisation(name="Dunmore Hale LLP"))
        factories.add(Membership(volunteer_id=desk.volunteer(0).id, organisation_id=made.id))
        admin = factories.user(Role.ADMIN)
    kept = AtHand(engine(), today())
    with clock.at(MONDAY + timedelta(minutes=5)):
        kept.refresh(zone())
        assert kept.rows[desk.volunteer_ids[0]].firm
    with clock.at(MONDAY + timedelta(minutes=10)), transaction():
        refuse_membership(desk.volunteer(0).memberships[0], actor=admin)
        session.add(Membership(volunteer=desk.volunteer(1), organisation_id=made.id))
    session.rollback()
    with clock.at(MONDAY + timedelta(minutes=11)):
        kept.refresh(zone())
        assert kept.rows == volunteer_rows(today(), zone())
