"""Requests that staff found to be one person's count once, from the next roll-up on, until it is taken back."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import Grant, Programme, User
from app.casework.models import ClosingReport
from app.clients.models import Case, Client, Demographics
from app.clients.operations_about_you import note_about_client
from app.clients.operations_same_person import join_requests, part_request
from app.core import clock
from app.core.db import session, transaction
from app.metrics import equity, figures, publishing, publishing_cells, rollup
from app.metrics.models import PublishedPeriod
from app.metrics.publishing_draft import NothingToCorrect
from tests import factories
from tests.metrics.lives import Lives
from tests.metrics.test_rollup import everything

NOW = datetime(2026, 9, 1, 15, tzinfo=UTC)
YEAR = (date(2026, 1, 1), date(2026, 8, 31))


def helped(programme: Programme) -> tuple[int, int]:
    """Different clients of a year's closings by the figure, and by the records."""
    counted = figures.read_period(programme, *YEAR).count("clients_helped")
    of = select(Client.identity_id).join(ClosingReport, ClosingReport.case_id == Client.case_id)
    return counted, len(set(session.scalars(of.where(ClosingReport.approved_at.is_not(None)))))


def test_joined_requests_count_once_after_the_next_roll_up_and_twice_again_when_parted(app: Flask) -> None:
    with clock.at(NOW):
        with transaction():
            programme = factories.programme()
            lives = Lives(programme, 3)
            lives.some(70)
            staff_id = lives.staff.id
        rollup.refresh(programme.id)
        before, first = everything(), helped(programme)
        approved = select(ClosingReport.case_id).where(ClosingReport.approved_at.is_not(None))
        closed = session.scalars(approved.order_by(ClosingReport.case_id)).all()
        chance, alone = random.Random(1), [case_id for case_id in closed if _is_alone(case_id)]
        pairs = [(one, chance.choice([other for other in closed if other not in alone])) for one in alone]
        assert len(pairs) > 5
        with transaction():
            for one, other in pairs:
                join_requests(_case(one), _case(other), actor=session.get_one(User, staff_id))
        rollup.refresh(programme.id)
        joined = everything()
        assert helped(programme) == (first[0] - len(pairs), first[1] - len(pairs))
        rollup.refresh(programme.id, whole=True)
        assert everything() == joined, "counting only what was touched tells the same as counting everything"
        with transaction():
            for one, other in pairs:
                part_request(_case(other), _case(one), actor=session.get_one(User, staff_id))
        rollup.refresh(programme.id)
        assert everything() == before
        assert helped(programme) == first


def _case(case_id: int) -> Case:
    return session.get_one(Case, case_id)


def _is_alone(case_id: int) -> bool:
    who = select(Client.identity_id).where(Client.case_id == case_id).scalar_subquery()
    return len(session.scalars(select(Client.id).where(Client.identity_id == who)).all()) == 1


def test_equity_reads_what_the_person_told_with_any_request_and_first_what_was_told_with_this_one(app: Flask) -> None:
    with clock.at(NOW), transaction():
        of = factories.programme()
        staff = factories.coordinator(of)
        old, new, last = (factories.case(of) for _ in range(3))
        note_about_client(old.client, {"gender": "woman"}, actor=staff)
        join_requests(old, new, actor=staff)
        join_requests(new, last, actor=staff)
        assert _genders(old, new, last) == ["woman", "woman", "woman"]
        note_about_client(last.client, {"gender": "declined"}, actor=staff)
        assert _genders(old, new, last) == ["woman", "declined", "declined"]
        assert session.query(Demographics).count() == 2
        part_request(old, last, actor=staff)
        assert _genders(old, new, last) == ["woman", "woman", "declined"]


def _genders(*cases: Case) -> list[str]:
    told = equity._people([case.id for case in cases], frozenset())
    return [told[case.id].answers.get("gender") for case in cases]


def test_many_joined_requests_correct_what_is_published_and_few_of_them_wait(app: Flask) -> None:
    with clock.at(NOW), transaction():
        lives = Lives(factories.programme(), 3)
        lives.again.random = lambda: 1.0  # type: ignore[method-assign]  # nobody came before
        lives.some(90)
        ids = (lives.grant.id, lives.staff.id)
    with clock.at(NOW):
        rollup.refresh(session.get_one(Grant, ids[0]).programme_id)
        _sign(*ids, 6, "month")
        _sign(*ids, 4, "quarter")
    before = _told()
    june = datetime(2026, 6, 1, 6, tzinfo=UTC), datetime(2026, 7, 1, 4, tzinfo=UTC)
    closed = session.scalars(select(ClosingReport.case_id).where(ClosingReport.approved_at.between(*june))).all()
    assert before[6][0] == before[6][1] == len(closed) > 5, "nobody came twice"
    with clock.at(NOW.replace(day=2)):
        _same_person(closed[:2], *ids)
        with pytest.raises(NothingToCorrect):
            _sign(*ids, 6, "month")
    with clock.at(NOW.replace(day=3)):
        _same_person(closed, *ids)
        _sign(*ids, 6, "month")
    now = _told()
    assert [now[n][1] for n in (6, 4)] == [before[n][1] for n in (6, 4)], "no case was closed or opened"
    assert [before[n][0] - now[n][0] for n in (6, 4)] == [len(closed) - 1] * 2, "its quarter too"


def _same_person(case_ids: Sequence[int], grant_id: int, staff_id: int) -> None:
    with transaction():
        for each in case_ids[1:]:
            join_requests(_case(case_ids[0]), _case(each), actor=session.get_one(User, staff_id))
    rollup.refresh(session.get_one(Grant, grant_id).programme_id)


def _sign(grant_id: int, staff_id: int, month: int, kind: str) -> None:
    with transaction():
        grant, staff, told = session.get_one(Grant, grant_id), session.get_one(User, staff_id), _told()
        publishing.sign_off(grant, date(2026, month, 1), actor=staff, kind=kind, restate=month in told)


def _told() -> dict[int, tuple[int, int]]:
    """Different clients and closed cases of what is published now, by the month it begins with."""
    live = session.scalars(select(PublishedPeriod).where(PublishedPeriod.replaced_at.is_(None)))
    cells = {row.starts_on.month: publishing_cells.figures_of(row.exact or {}) for row in live}
    return {month: (each["clients_helped/all/all"], each["closed/all/all"]) for month, each in cells.items()}
