"""From stored rows to what the engine judges: for one pair, one volunteer or the whole docket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, bindparam, select

from app.accounts.models import Programme
from app.clients import problems
from app.clients.models import Case, CaseRole, CaseStatus, Opening, OpeningStatus
from app.core.db import session
from app.volunteers.models import Volunteer

from .barring import Purpose, barred_volunteers
from .engine.docket import CaseRow, Docket, VolunteerRow
from .engine.fit import needs_mentor, terms_of
from .engine.rules import RULES, fails
from .engine.settings import Settings
from .engine.tables import CASE_WIDTH
from .volunteer_rows import volunteer_rows

SETTINGS = Settings()
AS_THE_CASE_ASKS = (CaseRole.LEAD, CaseRole.CO_COUNSEL)

FACTS = (
    Opening.id, Opening.public_id, Opening.role.label("part"), Opening.hours, Opening.case_id,
    Case.priority_level, Case.points, Case.received_at, Case.next_critical_on, Case.problem_code, Case.level,
    Case.role, Case.forum_state, Case.licence, Case.credentials, Case.county, Case.in_person, Case.language,
    Case.interpreter, Case.trainings, Programme.slug, Programme.time_zone,
)  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """What the engine says of one opening and one volunteer."""

    rules: list[str]
    terms: dict[str, int]
    needs_mentor: bool

    @property
    def fit(self) -> int:
        """The terms summed, at least 1."""
        return max(1, sum(self.terms.values()))


ONE = select(Opening.id).where(Opening.id == bindparam("opening_id"))


def is_listed() -> tuple[ColumnElement[bool], ...]:
    """The conditions, on an opening and its case, of being on the docket."""
    return (
        Opening.status == OpeningStatus.LISTED,
        Case.status.in_((CaseStatus.AVAILABLE, CaseStatus.PLACED, CaseStatus.IN_SERVICE)),
        Case.paused_at.is_(None),
        Case.problem_code.is_not(None),
    )


@lru_cache(maxsize=1)
def listed_openings() -> Select[Any]:
    """The ids of every opening on the docket, all programmes'."""
    return select(Opening.id).join(Case).where(*is_listed())


def case_rows(openings: Select[Any], purpose: Purpose = Purpose.MATCH, **asked: int) -> dict[int, CaseRow]:
    """The engine's rows of openings by their id, in a fixed number of selects.

    `openings` selects opening ids; `asked` are its parameters, where it has any.
    """
    barred = barred_volunteers(openings, purpose, **asked)
    found = session.execute(_facts(openings), asked)
    return {facts.id: _case_row(facts, barred.get(facts.case_id, set())) for facts in found}


@lru_cache(maxsize=16)
def _facts(openings: Select[Any]) -> Any:
    return select(*FACTS).join(Case, Case.id == Opening.case_id).join(Programme).where(Opening.id.in_(openings))


def _case_row(facts: Any, barred: set[str]) -> CaseRow:
    return CaseRow(
        case_id=facts.public_id,
        priority=facts.priority_level.value,
        points=facts.points,
        waiting_since=facts.received_at.astimezone(ZoneInfo(facts.time_zone)).date(),
        next_critical_on=facts.next_critical_on,
        problem_code=facts.problem_code,
        level=facts.level.value,
        role=facts.role if facts.part in AS_THE_CASE_ASKS else facts.part.value,
        state=problems.counties().get(facts.county, ("", facts.forum_state))[1],
        licence=facts.licence or facts.forum_state,
        credentials=tuple(facts.credentials),
        county=facts.county,
        in_person=facts.in_person,
        language=facts.language,
        interpreter=facts.interpreter,
        hours=facts.hours / 100,
        trainings=tuple(facts.trainings),
        barred=tuple(sorted(barred)),
        programme=facts.slug,
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
    return judge_rows([row], one_volunteer(volunteer, today, zone), today)[row.case_id]


def judge_rows(cases: Sequence[CaseRow], volunteer: VolunteerRow, today: date) -> dict[str, Pair]:
    """What the engine says of each case and one volunteer, by the case's id."""
    docket = Docket.from_rows(cases, [volunteer], today, SETTINGS)
    tables, judged = docket.lists, {}
    for index, case in enumerate(docket.cases):
        c = index * CASE_WIDTH
        against = [name for rule, name in enumerate(RULES) if fails(*tables, c, 0, rule)]
        judged[case.case_id] = Pair(against, terms_of(*tables, c, 0), bool(needs_mentor(*tables, c, 0)))
    return judged
