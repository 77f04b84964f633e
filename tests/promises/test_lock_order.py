"""Whoever acts at once on the same case and people waits, but never in a ring: one order of locks for everything."""

from __future__ import annotations

import random
import threading
from collections import Counter

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from app.accounts.models import User
from app.clients.models import Case, CaseStatus, Opening
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.matching import operations
from app.matching.models import Assignment
from app.volunteers import operations as volunteers
from app.volunteers.models import Volunteer
from tests import factories as make
from tests.conftest import SERVER
from tests.matching.test_race import at_once

from .deeds import DEEDS, Nothing, World, choose, people, usual
from .test_never_lost import START, wrong_with

pytestmark = pytest.mark.promise(1)
PEOPLE = ("suspend_volunteer", "join_or_leave_firm")


def test_two_who_are_each_others_mentor_are_placed_at_once(app: Flask) -> None:
    """Each placement takes both volunteers; whoever is named first does not matter."""
    for _round in range(6):
        with transaction():
            of = make.programme()
            staff = make.coordinator(of).id
            openings = [make.case(of, CaseStatus.AVAILABLE).lead_opening.id for _ in range(2)]
            two = [make.volunteer(capacity=3, mentors_others=True).id for _ in range(2)]
        session.rollback()

        def place(n: int, staff: int = staff, openings: list[int] = openings, two: list[int] = two) -> str:
            with transaction():
                who, mentor = session.get_one(Volunteer, two[n]), session.get_one(Volunteer, two[1 - n])
                what, by = session.get_one(Opening, openings[n]), session.get_one(User, staff)
                operations.place_by_hand(what, who, "phone_yes", actor=by, checked=True, mentor=mentor)
            return "placed"

        said = at_once(app, [lambda: place(0), lambda: place(1)])
        assert said == ["placed", "placed"]
        assert session.query(Assignment).filter(Assignment.volunteer_id.in_(two)).count() == 4


def test_a_suspension_and_a_placement_at_once_both_end(app: Flask) -> None:
    for _round in range(6):
        with transaction():
            of = make.programme()
            staff = make.coordinator(of).id
            make.user(make.Role.SUPERVISING_ATTORNEY, programme=of)
            first, second = (make.case(of, CaseStatus.AVAILABLE) for _ in range(2))
            who = make.volunteer(capacity=3)
            operations.place_by_hand(first.lead_opening, who, "phone_yes", actor=session.get_one(User, staff),
                                     checked=True)  # fmt: skip
            opening, volunteer, lead = second.lead_opening.id, who.id, first.assignments[0].id
        session.rollback()

        def suspend(volunteer: int = volunteer, staff: int = staff) -> str:
            with transaction():
                volunteers.suspend_volunteer(
                    session.get_one(Volunteer, volunteer), "Complaint", actor=session.get_one(User, staff)
                )
            return "suspended"

        def place(volunteer: int = volunteer, staff: int = staff, opening: int = opening) -> str:
            try:
                with transaction():
                    who, by = session.get_one(Volunteer, volunteer), session.get_one(User, staff)
                    operations.place_by_hand(
                        session.get_one(Opening, opening), who, "phone_yes", actor=by, checked=True
                    )
            except Refusal:
                return "refused"
            return "placed"

        def end(lead: int = lead, staff: int = staff) -> str:
            with transaction():
                part, by = session.get_one(Assignment, lead), session.get_one(User, staff)
                operations.end_assignment(part, "no_time", CaseStatus.AVAILABLE, actor=by)
            return "ended"

        said = at_once(app, [suspend, place, end])
        assert said[0] == "suspended"
        assert said[1] in ("placed", "refused")
        assert said[2] == "ended"


@pytest.mark.skipif(not SERVER, reason="One writes at a time on SQLite: nobody can wait in a ring.")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full), pytest.param(3, marks=pytest.mark.full)])
def test_everybody_does_everything_at_once_and_nobody_waits_in_a_ring(app: Flask, seed: int) -> None:
    """Six people at three cases and among the people, every kind of deed: refused or done, never a deadlock."""
    with clock.at(START):
        with transaction():
            world = people()
        session.rollback()
        said: Counter[str] = Counter()
        guard = threading.Lock()

        def act(n: int) -> str:
            chance = random.Random(f"{seed} {n}")
            for _step in range(60):
                ended = _one_deed(world, chance)
                with guard:
                    said[ended] += 1
            return "done"

        assert at_once(app, [lambda n=n: act(n) for n in range(6)]) == ["done"] * 6  # type: ignore[misc]
        session.rollback()
        assert [fault for each in world.cases for fault in wrong_with(session.get_one(Case, each))] == []
    assert said["done"] > 30, said
    assert set(said) <= {"done", "refused", "nothing", "stale"}, said


def _one_deed(world: World, chance: random.Random) -> str:
    case_id, pick = chance.choice(world.cases), chance.randrange(1_000_000)
    with clock.at(START):
        status = session.get_one(Case, case_id).status
        name = chance.choice([*(usual(status) or list(DEEDS)), *PEOPLE])
        try:
            programme = session.get_one(Case, case_id).programme_id
            who = world.somebody(choose(DEEDS[name].who, pick // 3), pick, programme).id
            with transaction():
                DEEDS[name].act(world, session.get_one(User, who), session.get_one(Case, case_id), pick)
        except Nothing:
            return "nothing"
        except Refusal:
            return "refused"
        except (StaleDataError, ObjectDeletedError):
            return "stale"
        except DBAPIError as error:
            return f"{name}: {error.orig}"
        finally:
            session.rollback()
    return "done"
