"""A transaction is whole or not at all, and indexes decide who was first."""

from __future__ import annotations

import pytest
from flask import Flask

from app.clients.models import CaseStatus
from app.core import clock, statistics
from app.core.db import engine, session, transaction
from app.core.slots import ScheduleSlot, win_slot
from tests import factories


def test_a_failed_change_leaves_nothing(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError), transaction():
        factories.programme(name="Gone")
        raise ZeroDivisionError
    assert session.query(factories.Programme).count() == 0


def test_transactions_do_not_nest(app: Flask) -> None:
    with transaction(), pytest.raises(RuntimeError), transaction():
        pass


def test_one_scheduler_wins_a_tick(app: Flask) -> None:
    tick = clock.now()
    with transaction():
        assert win_slot("nightly", tick) is not None
        assert win_slot("nightly", tick) is None
    assert session.query(ScheduleSlot).count() == 1


def test_names_are_sealed_on_disk(app: Flask) -> None:
    with transaction():
        case = factories.case(factories.programme(), CaseStatus.AVAILABLE)
        person_id = case.client.person_id
    raw = session.connection().exec_driver_sql("SELECT given_name FROM people").scalar_one()
    assert b"Maribel" not in bytes(raw)
    assert session.get(factories.Person, person_id).given_name == "Maribel"


def test_every_night_sqlite_learns_how_its_tables_are_filled(app: Flask) -> None:
    with transaction():
        factories.case(factories.programme(), CaseStatus.AVAILABLE)
    session.remove()
    assert statistics.refresh() is False, "there is no more to do"
    if engine().dialect.name == "sqlite":
        known = session.connection().exec_driver_sql("SELECT idx FROM sqlite_stat1 WHERE tbl = 'cases'").scalars()
        assert "ix_cases_open_county" in set(known)
