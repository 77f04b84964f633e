"""Signing off a period for a grant: what a funder reads, and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts import calendars
from app.accounts.models import Grant, User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from .figures import PeriodFigures, member_name, period_of, read_period
from .hiding import is_small, shown
from .measures import LEFT_THE_LIST
from .models import PublishedPeriod

TABLES = (("closed", "category"), ("closed", "closing_code"), ("closed", "county"), ("accepted", "category"))
PLACES_AND_TRAITS = ("county", "language")
PLAIN = ("accepted", "listed", "closed", "checkins_sent", "checkins_answered")  # a grant pays from acceptance on


class PeriodRunning(Refusal):
    """The period has not ended."""

    message = _l("The period has not ended yet. Sign it off from the day after its last one.")


class AlreadyPublished(Refusal):
    """The period is published."""

    message = _l("This period is published already. Publish a restatement if figures have changed since.")


def sign_off(grant: Grant, first: date, *, actor: User, restate: bool = False) -> PublishedPeriod:
    """Publish a grant's reporting period for its funder, or a restatement of it.

    :raises PeriodRunning: it has not ended
    :raises AlreadyPublished: it is published and no restatement was asked for
    """
    grant = lock(grant)
    refuse_if(not actor.has(Role.COORDINATOR, grant.programme_id), NotAllowed)
    if first != period_of(first, grant.reports_every)[0]:
        raise BadInput(_l("Choose one of the grant’s reporting periods."))
    first, last = period_of(first, grant.reports_every)
    refuse_if(last >= calendars.today(grant.programme), PeriodRunning)
    before = _live(grant, first)
    refuse_if(before is not None and not restate, AlreadyPublished)
    if before is not None:
        before.replaced_at = clock.now()
        session.flush()
    figures = read_period(grant.programme, first, last, grant_id=grant.id)
    made = PublishedPeriod(
        programme_id=grant.programme_id,
        grant_id=grant.id,
        starts_on=first,
        ends_on=last,
        signed_off_at=clock.now(),
        signed_off_by_id=actor.id,
        restates_id=before.id if before else None,
        figures=publishable(figures, grant.programme.small_count, grant.programme.small_count_crossed),
    )
    session.add(made)
    audit.record("period.sign_off", made, actor=actor, after={"grant": grant.id, "first": first.isoformat()})
    return made


def _live(grant: Grant, first: date) -> PublishedPeriod | None:
    found = select(PublishedPeriod).where(
        PublishedPeriod.grant_id == grant.id,
        PublishedPeriod.starts_on == first,
        PublishedPeriod.replaced_at.is_(None),
    )
    return session.execute(found).scalar_one_or_none()


def publishable(figures: PeriodFigures, small: int, small_crossed: int) -> dict[str, Any]:
    """A period's figures with small counts, and what gives them away, left out."""
    counts = {m: None if is_small(figures.count(m), small) else figures.count(m) for m in PLAIN}
    flow_cells = {m: figures.count(m) for m in (*LEFT_THE_LIST, "listed_waiting")}
    flow = shown(flow_cells, small=small, total_hidden=counts["listed"] is None)
    known = {member: n for member, n in flow or [] if n is not None}
    clients = figures.count("clients_helped")
    hide_people = counts["closed"] is None or is_small(clients, small)
    return {
        "counts": {
            **counts,
            "clients_helped": None if hide_people else clients,
            "people_helped": None if hide_people else figures.count("people_helped"),
            "hours": figures.count("hours"),
        },
        "flow": flow,
        "placement_rate": _placement_rate(known, counts["listed"]),
        "days_to_placement": figures.days_to_placement() if sum(figures.durations.values()) >= small else None,
        "answer_rate": _answer_rate(figures, counts),
        "tables": {f"{m}_by_{d}": _table(figures, m, d, counts, small, small_crossed) for m, d in TABLES},
    }


def _placement_rate(shown: dict[Any, Any], listed: int | None) -> int | None:
    """From what is shown: placed, divided by those listed less those waiting, which is all that left the list."""
    if listed is None or "listed_placed" not in shown or "listed_waiting" not in shown:
        return None
    left = listed - shown["listed_waiting"]
    return _percent(shown["listed_placed"] / left if left else None)


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)


def _answer_rate(figures: PeriodFigures, counts: dict[str, int | None]) -> int | None:
    hidden = counts["checkins_sent"] is None or counts["checkins_answered"] is None
    return None if hidden else _percent(figures.answer_rate)


def _table(
    figures: PeriodFigures, measure: str, dimension: str, counts: dict[str, int | None], small: int, small_crossed: int
) -> list[list[Any]] | None:
    floor = small_crossed if dimension in PLACES_AND_TRAITS else small
    rows = shown(figures.by(measure, dimension), small=floor, total_hidden=counts[measure] is None)
    if rows is None:
        return None
    return [[member, member_name(dimension, str(member)), n] for member, n in rows]


def unpublished_periods(grant: Grant, *, most: int = 8) -> list[tuple[date, date]]:
    """The ended reporting periods of a grant that wait to be signed off, oldest first."""
    today = calendars.today(grant.programme)
    done = set(
        session.execute(
            select(PublishedPeriod.starts_on).where(
                PublishedPeriod.grant_id == grant.id, PublishedPeriod.replaced_at.is_(None)
            )
        ).scalars()
    )
    found = []
    first, last = period_of(today, grant.reports_every)
    for _ in range(most):
        first, last = period_of(first - timedelta(days=1), grant.reports_every)
        if last >= grant.starts_on and first not in done:
            found.append((first, last))
    return found[::-1]


def periods_for(viewer: User, grant_ids: list[int] | None = None) -> list[PublishedPeriod]:
    """The published periods of the grants the viewer pays for, newest first."""
    ids = viewer.grant_ids() if grant_ids is None else grant_ids
    found = select(PublishedPeriod).where(PublishedPeriod.grant_id.in_(ids), PublishedPeriod.replaced_at.is_(None))
    return list(session.execute(found.order_by(PublishedPeriod.starts_on.desc(), PublishedPeriod.id)).scalars())
