"""Where cases wait: how long each stage takes, and what stands in it now."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, func, select

from app.accounts.models import Programme
from app.clients.models import OPEN, Case, CaseMove
from app.clients.problems import category
from app.core.db import session

from .definitions import Measure
from .figures import PeriodFigures
from .measures import MEASURES, within_days
from .registry import STAGES
from .window import OF, Window


@dataclass(frozen=True)
class Stage:
    """One stage: the days those took that left it in the period, and those it holds now."""

    key: str
    measure: Measure
    left: int
    half: int | None
    most: int | None  # 90 of 100
    half_before: int | None
    waiting: int
    waiting_half: int | None
    waiting_most: int | None
    oldest: int | None


def stages(programme: Programme, now: PeriodFigures, before: PeriodFigures, category_asked: str = "") -> list[Stage]:
    """Every stage of an open case, in their order."""
    ages = ages_now(programme, category_asked)
    cell = ("category", category_asked) if category_asked else ("all", "all")
    found = []
    for key in STAGES:
        name = f"stage_{key}"
        days, earlier = (f.days.get((name, *cell), Counter()) for f in (now, before))
        here = Counter(ages.get(key, ()))
        found.append(Stage(
            key, MEASURES[name], now.count(name, *cell), within_days(days, {}, 0.5), within_days(days, {}, 0.9),
            within_days(earlier, {}, 0.5), sum(here.values()), within_days(here, {}, 0.5), within_days(here, {}, 0.9),
            max(here, default=None),
        ))  # fmt: skip
    return found


def slowest(found: list[Stage]) -> Stage | None:
    """The stage that takes most days in all: cases that left it times the half of them, and those waiting in it."""

    def weight(stage: Stage) -> int:
        return stage.left * (stage.half or 0) + stage.waiting * (stage.waiting_half or 0)

    worst = max(found, key=weight)
    return worst if weight(worst) else None


def ages_now(programme: Programme, category_asked: str = "") -> dict[str, list[int]]:
    """The days each open case has been where it stands."""
    window = Window(programme)
    found: dict[str, list[int]] = {}
    for status, code, since in session.execute(_since(programme)):
        if not category_asked or (category(code) or "unknown") == category_asked:
            found.setdefault(str(status), []).append(max(0, (window.today - window.day(since)).days))
    return found


def _since(programme: Programme) -> Any:
    """Since when each open case stands where it does: its last move to that status."""
    moved = and_(CaseMove.case_id == Case.id, CaseMove.to_status == Case.status)
    columns = (Case.status, Case.problem_code, func.coalesce(func.max(CaseMove.at), Case.received_at))
    of = (programme.id == OF, Case.status.in_(OPEN))
    return select(*columns).outerjoin(CaseMove, moved).where(*of).group_by(
        Case.id, Case.status, Case.problem_code, Case.received_at
    )  # fmt: skip


def cases_waiting(programme: Programme, stage: str, today: date, *, most: int = 200) -> list[tuple[Case, int]]:
    """The cases in a stage, those longest there first."""
    window = Window(programme)
    moved = and_(CaseMove.case_id == Case.id, CaseMove.to_status == Case.status)
    since: Any = func.coalesce(func.max(CaseMove.at), Case.received_at)
    listed = (
        select(Case.id, since)
        .outerjoin(CaseMove, moved)
        .where(programme.id == OF, Case.status == stage)
        .group_by(Case.id, Case.received_at)
        .order_by(since, Case.id)
        .limit(most)
    )
    rows = session.execute(listed).all()
    cases = {c.id: c for c in session.execute(select(Case).where(Case.id.in_([row[0] for row in rows]))).scalars()}
    return [(cases[case_id], max(0, (today - window.day(at)).days)) for case_id, at in rows]
