"""Nobody answers for a firm any more, or somebody joins a firm that is barred: staff hear of it once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from app.accounts import operations as accounts
from app.clients.models import CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.matching import firm_jobs, operations
from app.matching.operations_placement import bar
from app.tasks.models import Task
from app.volunteers.operations_organisations import take_coordinator_away
from app.volunteers.operations_profile import change_organisation
from tests import factories
from tests.matching.desk import MONDAY, lay
from tests.matching.firm import ask, found, holding


@pytest.fixture(autouse=True)
def _monday(app: Flask) -> Iterator[None]:
    with clock.at(MONDAY):
        yield


def tasks(cause: str) -> list[Task]:
    session.rollback()
    return session.query(Task).filter_by(cause=cause).order_by(Task.id).all()


def all_jobs() -> int:
    jobs = (firm_jobs.note_unanswered_one, firm_jobs.settle_unanswered_one, firm_jobs.ask_about_colleagues_one)
    return sum(1 for job in jobs for _ in range(5) if job())


@pytest.mark.parametrize("how", ["deactivated", "taken_away"])
def test_staff_hear_once_which_holds_and_asks_nobody_answers_for(app: Flask, how: str) -> None:
    desk = lay(2)
    firm = found(desk, 0, 1)
    holding(desk, firm)
    with transaction():
        second = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening
        operations.ask_firm(second, firm.organisation, actor=desk.staff)
        number = second.case.number
    assert all_jobs() == 0, "somebody answers"
    with transaction():
        if how == "deactivated":
            accounts.deactivate_user(firm.coordinator, actor=factories.user(Role.ADMIN))
        else:
            take_coordinator_away(firm.organisation, firm.coordinator, actor=desk.staff)
    assert all_jobs() == 1
    (task,) = tasks("firm_unanswered")
    assert (task.owner_id, task.done_at) == (desk.staff.id, None)
    assert [word for word in (desk.case.number, number, firm.organisation.name) if word not in task.title] == []
    with transaction():
        accounts.grant_role(factories.user(), Role.FIRM_COORDINATOR, organisation=firm.organisation, actor=desk.staff)
    assert all_jobs() == 1
    assert [one.outcome for one in tasks("firm_unanswered")] == ["answered"]


def test_each_programme_hears_of_its_own(app: Flask) -> None:
    one, two = lay(1), lay(1)
    firm = found(one, 0)
    ask(one, firm)
    ask(two, firm)
    with transaction():
        take_coordinator_away(firm.organisation, firm.coordinator, actor=one.staff)
    assert all_jobs() == 2
    assert {(task.programme_id, one.case.number in task.title) for task in tasks("firm_unanswered")} == {
        (one.programme_id, True), (two.programme_id, one.case.number == two.case.number),
    }  # fmt: skip


def test_a_long_name_and_many_matters_fit_the_task(app: Flask) -> None:
    desk = lay(1, volunteer={"capacity": 9})
    firm = found(desk, 0, name="Orchard and Vale, Attorneys and Counsellors at Law " + "x" * 60)
    with transaction():
        for _ in range(7):
            opening = factories.case(desk.programme, CaseStatus.AVAILABLE, owner=desk.staff).lead_opening
            operations.ask_firm(opening, firm.organisation, actor=desk.staff)
        take_coordinator_away(firm.organisation, firm.coordinator, actor=desk.staff)
    assert all_jobs() == 1
    assert "…" in tasks("firm_unanswered")[0].title


def test_who_joins_a_barred_firm_while_on_the_case_is_a_task(app: Flask) -> None:
    desk = lay(1)
    firm = found(desk)
    with transaction():
        operations.place_by_hand(desk.opening, desk.volunteer(), "phone_yes", actor=desk.staff, checked=True)
        bar(desk.case, firm.organisation, reason="conflict", actor=desk.staff)
    assert tasks("firm_barred") == []
    with transaction():
        change_organisation(desk.volunteer(), firm.organisation, actor=desk.user())
    assert all_jobs() == 1
    assert len(tasks("firm_barred")) == 1
    assert all_jobs() == 0
