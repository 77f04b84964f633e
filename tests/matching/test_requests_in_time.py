"""A request is answered by the next business day where pressing, else in three; till then it is somebody's task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clients.models import CaseStatus, PriorityLevel
from app.core import clock
from app.core.db import transaction
from app.matching import jobs, operations
from app.matching.models import Referral, ReferralStatus
from tests import factories
from tests.matching.desk import MONDAY, Desk, lay, tasks

FRIDAY_EVENING = datetime(2026, 11, 7, 1, 0, tzinfo=UTC)  # seven in Chicago
EVENING = 23  # the office closes at five, in UTC


def ask(desk: Desk) -> Referral:
    with transaction():
        referral = operations.hold(desk.opening, actor=desk.user())
        return operations.attest(referral, "clear", actor=desk.user())


@pytest.mark.parametrize(
    ("level", "asked_at", "due"),
    [
        ("critical", MONDAY, datetime(2026, 11, 3, EVENING, tzinfo=UTC)),
        ("high", MONDAY, datetime(2026, 11, 3, EVENING, tzinfo=UTC)),
        ("normal", MONDAY, datetime(2026, 11, 5, EVENING, tzinfo=UTC)),
        ("low", MONDAY, datetime(2026, 11, 5, EVENING, tzinfo=UTC)),
        ("critical", FRIDAY_EVENING, datetime(2026, 11, 9, EVENING, tzinfo=UTC)),
        ("normal", FRIDAY_EVENING, datetime(2026, 11, 12, EVENING, tzinfo=UTC)),  # Veterans Day is the 11th
    ],
)
def test_by_when_a_request_is_answered(app: Flask, level: str, asked_at: datetime, due: datetime) -> None:
    rank = list(PriorityLevel).index(PriorityLevel(level)) + 1
    with clock.at(asked_at):
        desk = lay(priority_level=PriorityLevel(level), priority_rank=rank)
        referral = ask(desk)
    (task,) = tasks("answer_request")
    assert (referral.ends_at, task.due_at, task.owner_id) == (due, due, desk.staff_id)


def test_a_request_outlives_its_time_as_a_late_task_until_it_is_answered(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        desk = lay()
        referral = ask(desk)
    with clock.at(MONDAY + timedelta(days=30)):
        assert not jobs.expire_one()
        assert referral.status is ReferralStatus.REQUESTED
        assert tasks("answer_request")[0].due_at < clock.now()
        assert desk.case.number in factories.sign_in(client, desk.staff).get("/today").text
        with transaction():
            operations.refuse_request(referral, "level", actor=desk.staff)
        assert tasks("answer_request") == []


def test_the_oldest_promise_comes_first(app: Flask, client: FlaskClient) -> None:
    with clock.at(MONDAY):
        desk = lay(3)
        ask(desk)
    with clock.at(MONDAY + timedelta(hours=2)):
        with transaction():
            pressing = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff,
                                      priority_level="critical", priority_rank=1)  # fmt: skip
            held = operations.hold(pressing.lead_opening, actor=desk.user(1))
            operations.attest(held, "clear", actor=desk.user(1))
            number = pressing.number
        page = factories.sign_in(client, desk.staff).get("/requests").text
    assert page.index(number) < page.index(desk.case.number)
