"""Rows for tests: a pair that fits, to be changed one thing at a time, and dockets drawn at random."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from app.matching.engine.docket import CaseRow, VolunteerRow

AS_OF = date(2026, 11, 21)

CASE: dict[str, Any] = {
    "case_id": "C1",
    "priority": "normal",
    "points": 10,
    "waiting_since": date(2026, 11, 1),
    "next_critical_on": None,
    "problem_code": "63",
    "level": "competent",
    "role": "attorney",
    "state": "WI",
    "licence": "WI",
    "credentials": (),
    "county": "55025",
    "in_person": True,
    "language": "en",
    "interpreter": False,
    "hours": 10.0,
    "trainings": (),
    "barred": (),
    "programme": "north",
}

VOLUNTEER: dict[str, Any] = {
    "volunteer_id": "V1",
    "status": "approved",
    "roles": ("attorney",),
    "firm": "",
    "licences": ("WI",),
    "credentials": (),
    "areas": (("63", "competent"),),
    "languages": ("en",),
    "counties": ("55025",),
    "remote": False,
    "slots": 1,
    "max_hours": 20.0,
    "available_from": None,
    "trainings": (),
    "mentor_ok": False,
    "declines": (),
    "last_asked_on": None,
    "asks_14d": 0,
    "asks_60d": 0,
}


def a_case(**changes: Any) -> CaseRow:
    return CaseRow(**(CASE | changes))


def a_volunteer(**changes: Any) -> VolunteerRow:
    return VolunteerRow(**(VOLUNTEER | changes))


LEVELS = st.sampled_from(["learning", "competent", "experienced", "expert"])
AREAS = st.sampled_from(["63", "63b", "61", "Housing", "31", "Family"])
STATES = st.sampled_from(["WI", "MN"])
COUNTIES = st.sampled_from(["55025", "55079", "27053"])
DAYS_BACK = st.integers(0, 90).map(lambda days: AS_OF - timedelta(days=days))


def some(things: st.SearchStrategy[Any], most: int = 2) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(things, max_size=most, unique=True).map(tuple)


def rarely(things: st.SearchStrategy[Any], otherwise: Any) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda die: things if die == 0 else st.just(otherwise))


def case_rows(number: int) -> st.SearchStrategy[CaseRow]:
    return st.builds(
        CaseRow,
        case_id=st.just(f"C{number}"),
        priority=st.sampled_from(["critical", "high", "normal", "low"]),
        points=st.integers(0, 3),
        waiting_since=DAYS_BACK,
        next_critical_on=st.none() | st.integers(0, 3).map(lambda days: AS_OF + timedelta(days=days)),
        problem_code=st.sampled_from(["63", "63b", "61", "31"]),
        level=LEVELS,
        role=rarely(st.just("interpreter"), "attorney"),
        state=STATES,
        licence=st.sampled_from(["WI", "WI", "MN", "any", ""]),
        credentials=rarely(st.sampled_from([("va",), ("va", "eoir")]), ()),
        county=COUNTIES,
        in_person=st.booleans(),
        language=rarely(st.just("es"), "en"),
        interpreter=st.booleans(),
        hours=st.sampled_from([0.0, 2.5, 10.0, 12.1]),
        trainings=rarely(st.just(("dv",)), ()),
        barred=rarely(st.sampled_from([("V0",), ("firm:Acme LLP", "nobody")]), ()),
        programme=st.just("north"),
    )


def volunteer_rows(number: int) -> st.SearchStrategy[VolunteerRow]:
    return st.builds(
        VolunteerRow,
        volunteer_id=st.just(f"V{number}"),
        status=rarely(st.just("lapsed"), "approved"),
        roles=rarely(some(st.sampled_from(["attorney", "interpreter"])), ("attorney",)),
        firm=st.sampled_from(["", "Acme LLP", "Cole Group"]),
        licences=some(st.sampled_from(["WI", "WI", "MN"])),
        credentials=rarely(some(st.sampled_from(["va", "eoir"])), ()),
        areas=st.lists(st.tuples(AREAS, LEVELS), min_size=1, max_size=3).map(tuple),
        languages=rarely(some(st.sampled_from(["en", "es"])), ("en",)),
        counties=some(st.sampled_from(["55025", "55079", "27053", "WI"])),
        remote=st.booleans(),
        slots=st.integers(0, 3),
        max_hours=st.sampled_from([None, 2.5, 10.0, 40.0, 200.0]),
        available_from=rarely(st.sampled_from([AS_OF, AS_OF + timedelta(days=1)]), None),
        trainings=rarely(st.just(("dv",)), ()),
        mentor_ok=st.booleans(),
        declines=rarely(some(AREAS, 1), ()),
        last_asked_on=st.none() | DAYS_BACK,
        asks_14d=rarely(st.integers(0, 3), 0),
        asks_60d=rarely(st.integers(0, 5), 0),
    )


@st.composite
def dockets(draw: Any, cases: int = 9, volunteers: int = 7) -> tuple[list[CaseRow], list[VolunteerRow]]:
    """Draw a small crowded docket."""
    how_many, how_few = draw(st.integers(0, cases)), draw(st.integers(0, volunteers))
    return (
        [draw(case_rows(number)) for number in range(how_many)],
        [draw(volunteer_rows(number)) for number in range(how_few)],
    )
