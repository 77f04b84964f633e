"""Volunteers kept in memory: whatever changes them, in whichever process, the next look is as if all were read anew."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from app.accounts import operations as accounts
from app.clients.hearing import hear_of
from app.clients.models import CaseStatus, Opening, OpeningStatus, Party, PartyRole
from app.core import clock
from app.core.access import Role
from app.core.db import engine, session, transaction
from app.matching import at_hand, changes, operations, shortlists
from app.matching.at_hand import AtHand
from app.matching.barring import Purpose
from app.matching.cases_at_hand import CasesAtHand
from app.matching.docket_jobs import place_docket_now
from app.matching.dockets import lay_docket, open_to_matching, today, zone
from app.matching.models import Bar, Referral
from app.matching.models_changes import DocketChange
from app.matching.rules import ONE, case_rows, listed_openings
from app.matching.volunteer_rows import volunteer_rows
from app.volunteers import operations_ties
from app.volunteers.models import Area, Membership, Organisation, Standing, Volunteer
from app.volunteers.operations import pause_volunteer
from app.volunteers.operations_organisations import refuse_membership
from tests import factories
from tests.conftest import SERVER
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


def few(read: int, changed: int) -> bool:
    """Was no more read than changed? On PostgreSQL whatever is at work on the server has its last notes read again."""
    return (read != 0 or not changed) if SERVER else read == changed


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
            whole = change in (firm, rename)
            assert few(here.read, len(fresh) if whole else 1), f"{change.__name__} is read again, and nobody else"
        with clock.at(MONDAY + timedelta(minutes=10 * n + 5)):
            here.refresh(zone())
            there.refresh(zone())
    with clock.at(MONDAY + timedelta(minutes=10 * len(CHANGES) + 9)):
        here.refresh(zone())
        assert few(here.read, 0)


@pytest.mark.parametrize("behind", [timedelta(seconds=90), timedelta(minutes=9), timedelta(days=1)])
def test_a_server_whose_clock_is_wrong_changes_nothing_unseen(app: Flask, behind: timedelta) -> None:
    desk = lay(volunteers=2)
    with clock.at(MONDAY):
        kept, cases = AtHand(engine(), today()), cases_kept()
        kept.refresh(zone())
        cases.refresh()
    with clock.at(MONDAY - behind), transaction():
        desk.volunteer().capacity = 9
        desk.case.points += 7
    with clock.at(MONDAY + timedelta(seconds=1)):
        kept.refresh(zone())
        cases.refresh()
        assert kept.rows[desk.volunteer_ids[0]].slots == 9
        assert cases.rows == case_rows(open_to_matching())


def test_a_change_saved_after_later_ones_were_seen_is_not_missed(app: Flask) -> None:
    """On PostgreSQL others begin and save while it is at work; on SQLite they wait."""
    with clock.at(MONDAY):
        desk = lay(volunteers=2)
        kept = AtHand(engine(), today())
        kept.refresh(zone())
    session.rollback()
    changed, looked = threading.Event(), threading.Event()

    def begun_early() -> str:
        with clock.at(MONDAY), transaction():
            desk.volunteer(0).capacity = 7
            session.flush()
            changed.set()
            assert looked.wait(20)
        return "saved"

    def saved_first() -> str:
        assert changed.wait(20)
        with clock.at(MONDAY):
            if engine().dialect.name == "postgresql":
                with transaction():
                    desk.volunteer(1).capacity = 8
            for _ in range(2):
                kept.refresh(zone())
                session.rollback()
            looked.set()
        return "looked"

    assert at_once(app, [begun_early, saved_first]) == ["saved", "looked"]
    with clock.at(MONDAY):
        kept.refresh(zone())
        assert kept.rows[desk.volunteer_ids[0]].slots == 7
        assert kept.rows == volunteer_rows(today(), zone())


def cases_kept() -> CasesAtHand:
    return CasesAtHand(engine(), today(), open_to_matching())


def bar(desk: Desk) -> None:
    session.add(Bar(case_id=desk.case_id, volunteer_id=desk.volunteer_ids[0], reason="conflict"))


def party(desk: Desk) -> None:
    session.add(Party(case=desk.case, role=PartyRole.ADVERSE, name="Dunmore Hale LLP"))


def excluded(desk: Desk) -> None:
    session.add(Standing(volunteer=desk.volunteer(3), programme=desk.programme, standing="excluded"))


def household(desk: Desk) -> None:
    operations_ties.change_ties(desk.volunteer(1), household=["Dunmore Hale"], employers=[], actor=desk.user(1))


def criticality(desk: Desk) -> None:
    desk.case.points, desk.opening.hours = 119, 2300


def pause_case(desk: Desk) -> None:
    desk.case.paused_at = clock.now()


def resume_case(desk: Desk) -> None:
    desk.case.paused_at = None


def another(desk: Desk) -> None:
    factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, problem_code="32")


def gone(desk: Desk) -> None:
    desk.opening.status = OpeningStatus.CLOSED


CASE_CHANGES: list[Callable[[Desk], None]] = [
    bar, firm, party, excluded, criticality, pause_case, resume_case, another, offer, decline, household, placed, gone,
]  # fmt: skip


def test_after_any_change_the_cases_at_hand_are_what_the_database_says(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=6, volunteer={"capacity": 3})
        with transaction():
            for _ in range(3):
                another(desk)
        here, there = cases_kept(), cases_kept()
        to_take = CasesAtHand(engine(), today(), listed_openings(), Purpose.CLAIM)
        for change in (None, *CASE_CHANGES):
            if change:
                with transaction():
                    change(desk)
            session.rollback()
            fresh = case_rows(open_to_matching())
            for one in (here, there):
                one.refresh()
                assert one.rows == fresh, change and change.__name__
                assert sum(map(len, one.of_case.values())) == sum(map(len, one.listing.values())) == len(fresh)
            to_take.refresh()
            assert to_take.rows == case_rows(listed_openings(), Purpose.CLAIM), change and change.__name__
            cold = CasesAtHand(engine(), today(), listed_openings(), Purpose.CLAIM)
            cold.refresh()
            assert to_take.alike == cold.alike, change and change.__name__
            all_again = change in (None, firm, excluded, household)
            assert few(here.read, -1 if all_again else 1), f"{change and change.__name__} reads that case, no other"
        here.refresh()
        assert few(here.read, 0)
        with transaction():
            hear_of(desk.case, clock.now() + timedelta(hours=1))
        here.refresh()
        assert few(here.read, 0), "hearing of a case is no change on the docket"


def test_whatever_is_read_into_memory_is_watched(app: Flask) -> None:
    with clock.at(MONDAY):
        lay(volunteers=2)
        read: set[str] = set()

        def noted(_c: object, _cursor: object, said: str, *_rest: object) -> None:
            read.update(re.findall(r"(?:FROM|JOIN) ([a-z_]+)", said))

        event.listen(engine(), "before_cursor_execute", noted)
        cases_kept().refresh()
        AtHand(engine(), today()).refresh(zone())
        event.remove(engine(), "before_cursor_execute", noted)
    assert {"cases", "parties", "bars", "volunteers", "referrals"} <= read
    assert read - {"docket_changes"} <= changes.WATCHED.keys()


def test_both_shortlists_say_the_same_of_a_pair(app: Flask) -> None:
    """The same rules, terms and prices whichever way one looks, from memory and from the database alone."""
    with clock.at(MONDAY):
        desk = lay(volunteers=1, problem_code="63")
        with transaction():
            for areas in ({"63b": "expert"}, {"Housing": "learning"}, {"Family": "competent"}, {"32": "experienced"}):
                factories.volunteer(areas=areas, mentor_ok=True, counties=["WI"])
            for code in ("63b", "32", "37", "69"):
                factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff, problem_code=code)
            bar(desk)
        place_docket_now()
        openings = session.query(Opening).filter(Opening.status == OpeningStatus.LISTED).all()
        by_case = {
            (one.listed.case_id, one.listed.volunteer_id): (one.listed.worth, one.listed.terms, one.listed.needs_mentor)
            for opening in openings
            for one in shortlists.shortlist_for(opening).choices
        }
        slug = desk.programme.slug
        by_person = {
            (one.listed.case_id, one.listed.volunteer_id): (one.listed.worth, one.listed.terms, one.listed.needs_mentor)
            for person in session.query(Volunteer)
            for one in shortlists.shortlist_for_volunteer(person, [slug], 99).matters
        }
        assert by_case == by_person
        assert len(by_case) > 5
        elsewhere = shortlists.shortlist_for_volunteer(desk.volunteer(), [], 99)
        assert (elsewhere.matters, elsewhere.total) == ([], 0)


def test_old_notes_are_forgotten_and_the_newest_stays(app: Flask) -> None:
    with clock.at(MONDAY):
        desk = lay(volunteers=2)
        kept = AtHand(engine(), today())
        kept.refresh(zone())
    with clock.at(MONDAY + timedelta(days=4)):
        changes.forget()
        assert session.query(DocketChange).count() == 1
        session.rollback()
        with transaction():
            desk.volunteer().capacity = 5
        kept.refresh(zone())
        assert few(kept.read, 1)


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
