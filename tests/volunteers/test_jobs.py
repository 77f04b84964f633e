"""What a new day brings: expiry, warnings, ends of pauses, the yearly question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import structlog
from sqlalchemy import delete, func, select

from app.accounts.models import Programme, User
from app.clients.models import CaseStatus
from app.core import clock
from app.core.access import Role
from app.core.db import session, transaction
from app.core.errors import NotAllowed
from app.core.mail import Mail, reason_to_drop
from app.tasks.models import Task
from app.tasks.operations import finish_task
from app.volunteers import jobs, operations, policy, queries
from app.volunteers import operations_requirements as rules
from app.volunteers.models import CredentialKind, Requirement, Volunteer, VolunteerRole, VolunteerStatus
from app.volunteers.requirements import first_requirements, live_requirements
from tests import factories

from .conftest import saved

S, K = VolunteerStatus, CredentialKind
Box = Callable[[], list[Mail]]


def with_licence_until(day: date) -> Volunteer:
    volunteer = saved(factories.volunteer())
    volunteer.credentials[0].valid_until = day
    session.commit()
    return volunteer


def tasks() -> list[Task]:
    return list(session.execute(select(Task).where(Task.done_at.is_(None))).scalars())


def test_an_expired_licence_blocks_at_once_and_lapses_by_night(
    coordinator: User, programme: Programme, mails: Box
) -> None:
    volunteer = with_licence_until(queries.today() - timedelta(days=1))
    case = saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
    session.commit()
    assert volunteer.status is S.APPROVED
    assert not policy.may_take_new_work(volunteer, queries.today())
    jobs.expire_credentials()
    session.refresh(volunteer)
    assert volunteer.status is S.LAPSED
    assert [(task.cause, task.case_id) for task in tasks()] == [("volunteer_may_not_go_on", case.id)]
    assert [row.kind for row in mails()] == ["volunteer.lapsed"]
    assert "A licence in good standing" in mails()[0].text


def test_the_night_after_asks_nobody_twice(coordinator: User, programme: Programme, mails: Box) -> None:
    volunteer = with_licence_until(queries.today() - timedelta(days=1))
    saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
    jobs.expire_credentials()
    with transaction():
        finish_task(tasks()[0], actor=coordinator)
    jobs.every_night()
    assert tasks() == []
    assert [row.kind for row in mails()] == ["volunteer.lapsed"]


def test_a_renewal_restores_approval_and_closes_the_question(coordinator: User, programme: Programme) -> None:
    volunteer = with_licence_until(queries.today() - timedelta(days=1))
    saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
    jobs.expire_credentials()
    with transaction():
        until = queries.today() + timedelta(days=365)
        operations.verify_credential(volunteer.credentials[0], "register", until, actor=coordinator)
    assert volunteer.status is S.APPROVED
    assert tasks() == []
    assert policy.may_take_new_work(volunteer, queries.today())


def test_a_role_that_falls_away_asks_about_cases_though_another_still_holds(
    coordinator: User, programme: Programme
) -> None:
    volunteer = with_licence_until(queries.today() - timedelta(days=1))
    volunteer.roles = ["attorney", "interpreter"]
    saved(factories.case(programme, CaseStatus.IN_SERVICE, lead=volunteer))
    session.commit()
    jobs.expire_credentials()
    session.refresh(volunteer)
    assert volunteer.status is S.APPROVED
    assert len(tasks()) == 1
    assert policy.roles_in_force(volunteer, queries.today()) == ["interpreter"]


def test_warnings_leave_once_at_60_30_and_7_days(programme: Programme, mails: Box) -> None:
    start = datetime(2026, 3, 1, 15, tzinfo=UTC)  # no warning falls on a day without mails
    with clock.at(start):
        with_licence_until(queries.today() + timedelta(days=61))
    for day in range(62):
        with clock.at(start + timedelta(days=day)):
            jobs.warn_of_expiry()
    sent = [(row.due_at - start).days for row in mails()]
    assert sent == [1, 31, 54]
    assert "Licence to practise, Wisconsin" in mails()[0].text


def test_what_a_newer_one_outlasts_is_not_warned_of(coordinator: User, mails: Box) -> None:
    volunteer = with_licence_until(queries.today() + timedelta(days=5))
    with transaction():
        newer = queries.find_by_id(volunteer.id)
        assert newer is not None
        session.add(
            type(newer.credentials[0])(
                volunteer=newer,
                kind=K.FULL_LICENCE,
                jurisdiction="WI",
                verified_at=clock.now(),
                valid_until=queries.today() + timedelta(days=370),
            )
        )
    jobs.warn_of_expiry()
    assert mails() == []


def test_a_warning_is_dropped_when_the_renewal_came_first(coordinator: User, mails: Box) -> None:
    volunteer = with_licence_until(queries.today() + timedelta(days=5))
    jobs.warn_of_expiry()
    assert reason_to_drop(mails()[0]) is None
    with transaction():
        until = queries.today() + timedelta(days=370)
        operations.verify_credential(volunteer.credentials[0], "register", until, actor=coordinator)
    assert reason_to_drop(mails()[0]) == "renewed"


def test_a_pause_ends_by_itself(coordinator: User) -> None:
    volunteer = saved(factories.volunteer(status=S.PAUSED, paused_until=queries.today() - timedelta(days=1)))
    waiting = saved(factories.volunteer(status=S.PAUSED, paused_until=queries.today()))
    session.commit()
    jobs.end_pauses()
    session.expire_all()
    assert (volunteer.status, waiting.status) == (S.APPROVED, S.PAUSED)


def test_once_a_year_the_volunteer_is_asked_once(programme: Programme, mails: Box) -> None:
    saved(factories.volunteer(confirmed_on=queries.today() - timedelta(days=365)))
    factories.volunteer(confirmed_on=queries.today() - timedelta(days=364))
    session.commit()
    jobs.ask_to_confirm()
    jobs.ask_to_confirm()
    assert [row.kind for row in mails()] == ["volunteer.confirm"]


def test_only_those_lapse_who_lack_something(coordinator: User) -> None:
    gone = with_licence_until(queries.today() - timedelta(days=1))
    fine = saved(factories.volunteer())
    session.commit()
    jobs.every_night()
    session.expire_all()
    assert (gone.status, fine.status) == (S.LAPSED, S.APPROVED)


class TestRequirements:
    @pytest.fixture
    def admin(self, programme: Programme) -> User:
        made = factories.user(Role.ADMIN)
        session.commit()
        return made

    def test_the_delivered_ones_are_stored_once(self, admin: User) -> None:
        with transaction():
            assert rules.load_requirements(actor=admin) == 20
            assert rules.load_requirements(actor=admin) == 0
        assert session.scalar(select(func.count(Requirement.id))) == 20

    def test_an_older_database_gets_those_of_roles_that_an_update_brought(self, admin: User) -> None:
        with transaction():
            assert rules.bring_requirements() == 0  # an empty desk goes by the delivered file
            rules.load_requirements(actor=admin)
            session.execute(delete(Requirement).where(Requirement.role == VolunteerRole.SOCIAL_WORKER))
            ended = session.scalars(select(Requirement).where(Requirement.role == VolunteerRole.MENTOR)).all()
            for row in ended:
                row.ended_at = clock.now()
        missing = sum(row.role is VolunteerRole.SOCIAL_WORKER for row in first_requirements())
        with transaction():
            assert rules.bring_requirements() == missing > 0
            assert rules.bring_requirements() == 0
        assert {row.role for row in live_requirements()} == set(VolunteerRole) - {VolunteerRole.MENTOR}

    def test_asking_more_lapses_by_night_who_lacks_it(self, admin: User, coordinator: User) -> None:
        volunteer = saved(factories.volunteer())
        with transaction():
            rules.load_requirements(actor=admin)
            rules.add_requirement(
                VolunteerRole.ATTORNEY, "background", ["background_check"], "A background check", 24,
                reason="Board decision", actor=admin,
            )  # fmt: skip
        assert not policy.may_take_new_work(volunteer, queries.today())
        jobs.recheck_all()
        session.refresh(volunteer)
        assert volunteer.status is S.LAPSED

    def test_asking_less_restores_by_night(self, admin: User, coordinator: User) -> None:
        volunteer = with_licence_until(queries.today() - timedelta(days=1))
        jobs.expire_credentials()
        with transaction():
            rules.load_requirements(actor=admin)
            asked = select(Requirement).where(Requirement.role == "attorney", Requirement.name == "licence")
            rules.end_requirement(session.execute(asked).scalar_one(), reason="Clinic work only", actor=admin)
        jobs.recheck_all()
        session.refresh(volunteer)
        assert volunteer.status is S.APPROVED

    def test_a_change_ends_the_old_wording_and_keeps_it(self, admin: User) -> None:
        with transaction():
            rules.load_requirements(actor=admin)
            old = session.execute(select(Requirement).order_by(Requirement.id).limit(1)).scalar_one()
            new = rules.change_requirement(old, ["full_licence"], "A full licence", 6, reason="Insurer", actor=admin)
        assert old.ended_at is not None
        assert (new.role, new.name, new.months_valid) == (old.role, old.name, 6)

    def test_a_role_keeps_at_least_one(self, admin: User) -> None:
        with transaction():
            rules.load_requirements(actor=admin)
            asked = select(Requirement).where(Requirement.role == "interpreter").order_by(Requirement.id)
            first, last = session.execute(asked).scalars().all()
            rules.end_requirement(first, reason="x", actor=admin)
        with pytest.raises(rules.LastRequirement), transaction():
            rules.end_requirement(last, reason="x", actor=admin)

    def test_the_same_name_twice_is_refused(self, admin: User) -> None:
        with pytest.raises(rules.RequirementThere), transaction():
            rules.load_requirements(actor=admin)
            rules.add_requirement(
                VolunteerRole.MENTOR, "licence", ["full_licence"], "x", None, reason="x", actor=admin
            )  # fmt: skip

    def test_coordinators_do_not_change_them(self, coordinator: User) -> None:
        with pytest.raises(NotAllowed), transaction():
            rules.add_requirement(
                VolunteerRole.MENTOR, "x", ["training"], "x", None, reason="x", actor=coordinator
            )  # fmt: skip


def test_trouble_with_one_volunteer_keeps_nobody_else_waiting(
    coordinator: User, programme: Programme, mails: Box, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    yesterday = queries.today() - timedelta(days=1)
    first, second = with_licence_until(yesterday), with_licence_until(yesterday)
    paused = saved(factories.volunteer(status=S.PAUSED, paused_until=yesterday))
    session.commit()
    broken, real = first.id, operations.act_on_expiry

    def act_on_expiry(volunteer: Volunteer) -> None:
        real(volunteer)
        if volunteer.id == broken:
            raise ValueError(f"{volunteer.email} cannot be read")

    monkeypatch.setattr(operations, "act_on_expiry", act_on_expiry)
    to_page = structlog.wrap_logger(structlog.PrintLogger(), [structlog.processors.JSONRenderer()])
    monkeypatch.setattr(jobs, "log", to_page)
    address = first.email
    jobs.expire_credentials()
    session.expire_all()
    assert [each.status for each in (first, second)] == [S.APPROVED, S.LAPSED]  # the first's step was undone
    jobs.every_night()
    session.expire_all()
    assert paused.status is S.APPROVED
    said = capsys.readouterr().out
    assert "volunteers.step_failed" in said
    assert address not in said
