"""A placed case with its volunteer and its coordinator: what the tests on the work begin from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from app.accounts.models import User
from app.casework import operations_closing
from app.casework.closing import Closing
from app.casework.models import ClosingReport
from app.clients.models import Case, CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching.models import Assignment
from app.tasks.models import Task
from tests import factories

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)  # 10 in the morning in Chicago
TODAY = date(2026, 3, 2)


@dataclass
class Work:
    """Ids of what the test begins from, and fresh rows for them."""

    case_id: int
    staff_id: int
    attorney_id: int
    user_id: int

    @property
    def case(self) -> Case:
        return session.get_one(Case, self.case_id)

    @property
    def staff(self) -> User:
        return session.get_one(User, self.staff_id)

    @property
    def attorney(self) -> User:
        """A supervising attorney of the programme."""
        return session.get_one(User, self.attorney_id)

    @property
    def user(self) -> User:
        """The account of the volunteer on the case."""
        return session.get_one(User, self.user_id)

    @property
    def lead(self) -> Assignment:
        return self.case.assignments[0]

    @property
    def path(self) -> str:
        return f"/my/cases/{self.case.public_id}"

    def tasks(self) -> dict[str, str | None]:
        """Cause and outcome of every task."""
        session.rollback()
        return {task.cause: task.outcome for task in session.query(Task).order_by(Task.id)}

    def mails(self) -> list[str]:
        """The kinds of mail waiting to leave."""
        session.rollback()
        return [mail.kind for mail in session.query(Mail).order_by(Mail.id)]


def begin(status: CaseStatus = CaseStatus.IN_SERVICE, **case: Any) -> Work:
    """Make the programme, its people and the case."""
    with clock.at(MONDAY), transaction():
        programme = factories.programme()
        staff, person = factories.coordinator(programme), factories.volunteer()
        attorney = factories.user(Role.SUPERVISING_ATTORNEY, programme=programme)
        made = factories.case(programme, status, owner=staff, lead=person, **case)
        assert person.user is not None
        return Work(made.id, staff.id, attorney.id, person.user.id)


@pytest.fixture
def work(app: Flask) -> Work:
    """A case in service."""
    return begin()


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Any:
    """Every test happens on one Monday morning unless it says otherwise."""
    with clock.at(MONDAY):
        yield


def closing_with(**changes: Any) -> Closing:
    """A closing by advice after two hours."""
    values: dict[str, Any] = {
        "closing_code": "A", "main_benefit": None, "outcome": None, "decision": None, "decided_on": None,
        "counsel_of_record": False, "settlement_documented": False, "work_ended_on": TODAY, "hours": 200,
    }  # fmt: skip
    return Closing(**{**values, **changes})


@pytest.fixture
def report(work: Work) -> Callable[..., ClosingReport]:
    """Send a closing report as the volunteer."""

    def send(*amounts: operations_closing.Amount, **changes: Any) -> ClosingReport:
        with transaction():
            return operations_closing.report_closing(
                work.case, closing_with(**changes), amounts=amounts, actor=work.user
            )

    return send
