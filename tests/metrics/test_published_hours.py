"""The hours a funder reads come from several cases, and so does every difference between two versions of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from app.accounts.models import Grant, User
from app.casework.models import TimeEntry
from app.clients.models import Case, CaseGrant
from app.core import clock
from app.core.db import session, transaction
from app.metrics import publishing, publishing_draft, rollup
from app.volunteers.models import Volunteer
from tests import factories

MAY, DAY = date(2026, 5, 1), date(2026, 5, 12)
NOW = datetime(2026, 6, 10, 15, tzinfo=UTC)


class Worked:
    """Cases that a grant pays for, with somebody who logs time on them."""

    def __init__(self, n: int) -> None:
        programme = factories.programme()
        self.grant = factories.grant(programme, reports_every="month")
        self.staff, self.volunteer = factories.coordinator(programme), factories.volunteer()
        self.cases = [factories.case(programme) for _ in range(n)]
        for case in self.cases:
            factories.add(CaseGrant(case=case, grant_id=self.grant.id, from_on=MAY))

    def log(self, case: Case, hundredths: int, *, by: Volunteer | None) -> None:
        user = by.user if by else self.staff
        factories.add(TimeEntry(case=case, user=user, volunteer_id=by.id if by else None, on_day=DAY,
                                hundredths=hundredths, role="lead"))  # fmt: skip

    def publish(self, *, restate: bool = False) -> int | None:
        """The hours that the funder reads."""
        rollup.refresh(self.grant.programme_id)
        with transaction():
            grant, staff = session.get_one(Grant, self.grant.id), session.get_one(User, self.staff.id)
            made = publishing.sign_off(grant, MAY, actor=staff, restate=restate)
            return made.figures["counts"]["hours"]  # type: ignore[no-any-return]


def test_time_of_staff_does_not_stand_behind_volunteers_hours(app: Flask) -> None:
    with clock.at(NOW):
        with transaction():
            world = Worked(6)
            world.log(world.cases[0], 700, by=world.volunteer)
            for case in world.cases:
                world.log(case, 100, by=None)
        assert world.publish() is None, "the hours of one case"


def test_late_hours_of_one_case_wait_until_those_of_others_came_too(app: Flask) -> None:
    with clock.at(NOW), transaction():
        world = Worked(6)
        for case in world.cases:
            world.log(case, 300, by=world.volunteer)
    with clock.at(NOW + timedelta(hours=1)):
        assert world.publish() == 1800
    with clock.at(NOW + timedelta(days=1)), transaction():
        world.log(session.merge(world.cases[0]), 650, by=session.merge(world.volunteer))
    with clock.at(NOW + timedelta(days=2)):
        with pytest.raises(publishing_draft.NothingToCorrect):
            world.publish(restate=True)
        with transaction():
            for case in world.cases[1:5]:
                world.log(session.merge(case), 100, by=session.merge(world.volunteer))
    with clock.at(NOW + timedelta(days=3)):
        assert world.publish(restate=True) == 1800 + 650 + 400
