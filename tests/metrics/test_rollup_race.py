"""Two roll-ups at once count nothing twice, and of two who set the same goal one does."""

from __future__ import annotations

from collections import Counter
from datetime import date

from flask import Flask

from app.accounts.models import Programme, User
from app.core import clock
from app.core.db import session, transaction
from app.core.errors import Refusal
from app.metrics import operations_goals as operations
from app.metrics import rollup
from app.metrics.models import Goal
from tests import factories
from tests.matching.test_race import at_once
from tests.metrics.lives import Lives
from tests.metrics.test_rollup import NOW, everything


def test_two_roll_ups_at_once_count_nothing_twice(app: Flask) -> None:
    with clock.at(NOW), transaction():
        programme_id = factories.programme().id
        Lives(session.get_one(Programme, programme_id), 2).some(4)

    def work() -> str:
        with clock.at(NOW):
            return str(rollup.refresh(programme_id, whole=True) > 0)

    assert "True" in at_once(app, [work] * 3)
    found = everything()
    assert max(Counter(key[:6] for key in found).values()) == 1
    with clock.at(NOW):
        rollup.refresh(programme_id, whole=True)
    assert everything() == found


def test_of_many_who_set_the_same_goal_one_does(app: Flask) -> None:
    with transaction():
        programme = factories.programme()
        programme_id, staff_id = programme.id, factories.coordinator(programme).id

    def work() -> str:
        try:
            with transaction():
                of, who = session.get_one(Programme, programme_id), session.get_one(User, staff_id)
                operations.set_goal(of, "closed", date(2026, 1, 1), date(2026, 3, 31), 9, None, actor=who)
        except Refusal as no:
            return type(no).__name__
        return "set"

    assert Counter(at_once(app, [work] * 4)) == {"set": 1, "GoalExists": 3}
    assert session.query(Goal).count() == 1
