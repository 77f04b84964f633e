"""From stored rows to what the engine judges: for one pair, one volunteer or the whole docket."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, String, bindparam, cast, func, select

from app.accounts import calendars
from app.accounts.models import Programme
from app.clients import problems, roles
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus
from app.core.db import session
from app.volunteers.models import Volunteer

from .barring import Purpose, barred_volunteers
from .engine.docket import CaseRow, Docket, VolunteerRow
from .engine.fit import fit, needs_mentor, terms_of
from .engine.rules import RULES, fails
from .engine.settings import Settings
from .engine.tables import CASE_WIDTH
from .roles import acting_role, either_role, widened
from .volunteer_rows import volunteer_rows

SETTINGS = Settings()
GUIDES = (CaseRole.MENTOR, CaseRole.SUPERVISING_ATTORNEY)  # who stands by others needs no mentor
ON_DOCKET = (CaseStatus.ACCEPTED, CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE)

FACTS = (
    Opening.id, Opening.public_id, Opening.role.label("part"), Opening.hours, Opening.case_id, Opening.takers,
    Case.priority_level, Case.points, Case.received_at, Case.next_critical_on, Case.problem_code,
    func.coalesce(Opening.level, cast(Case.level, String)).label("level"),
    Case.role, Case.forum_state, Case.licence, Case.credentials, Case.county,
    func.coalesce(Opening.in_person, Case.in_person).label("in_person"), Case.language,
    Case.interpreter, Case.trainings, Programme.slug, Programme.time_zone,
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """What the engine says of one opening and one volunteer."""

    rules: list[str]
    terms: dict[str, int]
    needs_mentor: bool
    acts_as: str | None = None  # the role of the volunteer in which they would take it

    @property
    def fit(self) -> int:
        """The terms summed, at least 1."""
        return max(1, sum(self.terms.values()))


ONE = select(Opening.id).where(Opening.id == bindparam("opening_id"))


def is_listed() -> tuple[ColumnElement[bool], ...]:
    """The conditions, on an opening and its case, of being on the docket."""
    return (
        Opening.status == OpeningStatus.LISTED,
        Case.status.in_(ON_DOCKET),
        Case.paused_at.is_(None),
        Case.problem_code.is_not(None),
    )


@lru_cache(maxsize=1)
def listed_openings() -> Select[Any]:
    """The ids of every opening on the docket, all programmes'."""
    return select(Opening.id).join(Case).where(*is_listed())


def case_rows(openings: Select[Any], purpose: Purpose = Purpose.MATCH, **asked: Any) -> dict[int, CaseRow]:
    """The engine's rows of openings by their id, in a fixed number of selects.

    `openings` selects opening ids; `asked` are its parameters, where it has any.
    """
    barred = barred_volunteers(openings, purpose, **asked)
    found = session.execute(_facts(openings), asked)
    return {facts.id: _case_row(facts, barred.get(facts.case_id, set())) for facts in found}


@lru_cache(maxsize=16)
def _facts(openings: Select[Any]) -> Any:
    return select(*FACTS).join(Case, Case.id == Opening.case_id).join(Programme).where(Opening.id.in_(openings))


def stands_open(opening: Opening) -> bool:
    """Is an opening, read under its lock, on the docket? The lead's is as long as its case waits for a volunteer."""
    case = opening.case
    where = (CaseStatus.AVAILABLE,) if opening.role is CaseRole.LEAD else ON_DOCKET
    return opening.status is OpeningStatus.LISTED and case.paused_at is None and case.status in where


def still_stands_open(opening: Opening) -> bool:
    """Is a locked opening on the docket, its case not paused while others waited for the lock?"""
    session.refresh(opening.case, ["paused_at"])
    return stands_open(opening)


def is_overdue(opening: Opening) -> bool:
    """Is the day by which a package was to be done over where its case is?"""
    return opening.ends_on is not None and opening.ends_on < calendars.today(opening.case.programme)


def _case_row(facts: Any, barred: set[str]) -> CaseRow:
    takers = roles.takers(facts.part, facts.takers, facts.role)
    licence = facts.licence or facts.forum_state
    needs_field = not set(takers) <= roles.NEEDS_NO_FIELD
    return CaseRow(
        case_id=facts.public_id,
        priority=facts.priority_level.value,
        points=facts.points,
        waiting_since=facts.received_at.astimezone(ZoneInfo(facts.time_zone)).date(),
        next_critical_on=facts.next_critical_on,
        problem_code=facts.problem_code,
        level=facts.level if needs_field else "learning",
        role=either_role(takers, licence),
        state=problems.counties().get(facts.county, ("", facts.forum_state))[1],
        licence=licence,
        credentials=tuple(facts.credentials) if set(takers) <= roles.LAWYERS or facts.part is CaseRole.LEAD else (),
        county=facts.county,
        in_person=facts.in_person,
        language=facts.language,
        interpreter=facts.interpreter and facts.part is not CaseRole.INTERPRETER,
        hours=facts.hours / 100,
        trainings=tuple(facts.trainings) if needs_field else (),
        barred=tuple(sorted(barred)),
        programme=facts.slug,
        any_field=not needs_field,
    )


def one_case(opening: Opening, purpose: Purpose = Purpose.MATCH) -> CaseRow:
    """The engine's row of one opening."""
    return case_rows(ONE, purpose, opening_id=opening.id)[opening.id]


def one_volunteer(volunteer: Volunteer, today: date, zone: str) -> VolunteerRow:
    """The engine's row of one volunteer."""
    return volunteer_rows(today, zone, volunteer_ids=[volunteer.id])[volunteer.id]


def rules_against(opening: Opening, volunteer: Volunteer, today: date, purpose: Purpose = Purpose.MATCH) -> list[str]:
    """The names of the hard rules that speak against a pair, in their order."""
    return judge_pair(opening, volunteer, today, purpose).rules


def judge_pair(opening: Opening, volunteer: Volunteer, today: date, purpose: Purpose = Purpose.MATCH) -> Pair:
    """Rules, terms and the need for a mentor of one pair."""
    zone = opening.case.programme.time_zone
    row = one_case(opening, purpose)
    pair = judge_rows([row], one_volunteer(volunteer, today, zone), today)[row.case_id]
    if pair.needs_mentor and opening.role in GUIDES:
        against = [rule for rule in RULES if rule in (*pair.rules, "below_level")]
        return replace(pair, rules=against, needs_mentor=False)
    return pair


def judge_rows(cases: Sequence[CaseRow], volunteer: VolunteerRow, today: date) -> dict[str, Pair]:
    """What the engine says of each case and one volunteer, by the case's id."""
    docket = Docket.from_rows(cases, widened([volunteer], cases), today, SETTINGS)
    tables, judged = docket.lists, {}
    for index, case in enumerate(docket.cases):
        c = index * CASE_WIDTH
        against = [name for rule, name in enumerate(RULES) if fails(*tables, c, 0, rule)]
        mentored, acts_as = bool(needs_mentor(*tables, c, 0)), acting_role(case, volunteer)
        judged[case.case_id] = Pair(against, terms_of(*tables, c, 0), mentored, acts_as)
    return judged


def weigh_rows(
    cases: Sequence[CaseRow], volunteer: VolunteerRow, today: date, *, but: Collection[str]
) -> dict[str, tuple[bool, int]]:
    """By the case's id: does no rule but these speak against it for one volunteer, and how well do they fit?"""
    docket = Docket.from_rows(cases, widened([volunteer], cases), today, SETTINGS)
    tables, asked = docket.lists, [rule for rule, name in enumerate(RULES) if name not in but]
    return {
        case.case_id: (not any(fails(*tables, c, 0, rule) for rule in asked), int(fit(*tables, c, 0)))
        for c, case in zip(range(0, len(docket.cases) * CASE_WIDTH, CASE_WIDTH), docket.cases, strict=True)
    }
