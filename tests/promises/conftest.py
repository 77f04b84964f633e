"""A small programme with every kind of record, made once by the desk's own operations and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from app import create_app
from app.accounts import operations as accounts
from app.accounts.models import Closure, Office, Programme
from app.accounts.queries import find_user
from app.clients import operations_intake as intake
from app.clients.models import CaseStatus
from app.clients.models.statuses import WITH_VOLUNTEER
from app.core.access import Role
from app.core.db import engine, session, transaction
from app.demo import load as demo
from app.matching import operations as matching
from app.matching.docket_jobs import place_docket_now
from app.volunteers.models import Organisation, VolunteerStatus
from config import Settings
from tests import factories
from tests.conftest import KEYS, SERVER, _on_server
from tests.journeys.conftest import catalogues, live, page_at
from tests.look import everybody

__all__ = ["catalogues", "live", "page_at"]

CASES, RECENT, VOLUNTEERS = 16, 12, 14


@pytest.fixture(scope="session")
def small_world(empty_database: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """The address of a database with a year and a half of invented work."""
    name = f"desk_world_{worker_id}"
    url = copied(empty_database, name, tmp_path_factory.mktemp("world"))
    made = create_app(Settings(database_url=url, **KEYS))
    with pytest.MonkeyPatch.context() as patch:
        for size, n in (("CASES", CASES), ("RECENT", RECENT), ("VOLUNTEERS", VOLUNTEERS)):
            patch.setattr(demo, size, n)
        patch.setattr(demo, "set_the_scene", lambda cast, end: None)  # needs a hundred cases
        with made.app_context():
            demo.load()
            _what_the_demo_leaves_out()
            place_docket_now()
            session.remove()
            if engine().dialect.name == "sqlite":
                with engine().connect() as connection:
                    connection.exec_driver_sql("COMMIT")
                    connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            engine().dispose()
    yield url
    if SERVER:
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _what_the_demo_leaves_out() -> None:
    """Rows of the kinds that the demo has none of, and fresh links in mails."""
    with transaction():
        programme = session.query(Programme).order_by(Programme.id).first()
        star, staff, admin = (find_user(f"{name}@demo.test") for name in ("volunteer", "coordinator", "admin"))
        assert programme is not None
        assert star is not None
        assert star.volunteer is not None
        assert staff is not None
        star.volunteer.capacity = 12
        session.add(Closure(programme_id=programme.id, on_day=date(2026, 12, 24), reason="Office moves"))
        session.add(Office(programme_id=programme.id, name="Main office", county=programme.counties[0]))
        factories.volunteer(status=VolunteerStatus.APPLIED, about="I did housing law.")
        accounts.invite(factories.coordinator(programme), actor=admin)
        for status in CaseStatus:
            led = star.volunteer if status in WITH_VOLUNTEER else None
            factories.case(programme, status, owner=staff, lead=led)
        held, asked, offered, other = (
            factories.case(programme, CaseStatus.AVAILABLE, owner=staff).lead_opening for _ in range(4)
        )
        matching.hold(held, actor=star)
        matching.attest(matching.hold(asked, actor=star), "clear", actor=star)
        matching.send_offer(offered, star.volunteer, actor=staff)
        matching.send_offer(other, factories.volunteer(), actor=staff)
        intake.begin_request(language="en", watched=False, actor=staff)
        answers = factories.user(email="firm@demo.test", name="Wren Abbott")
        firm = factories.add(Organisation(name="Orchard and Vale LLP"))
        accounts.grant_role(answers, Role.FIRM_COORDINATOR, organisation=firm, actor=None)
        for scene in (everybody._ask_a_firm, everybody._change_hands, everybody._share_the_work):
            scene(programme)


def copied(template: str, name: str, folder: Path) -> str:
    """A copy of a database at rest; its address."""
    if SERVER:
        of = make_url(template).database
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE {of}")
        return make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    copy = folder / "desk.sqlite3"
    shutil.copy(template.removeprefix("sqlite:///"), copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def world_url(small_world: str, tmp_path: Path, worker_id: str) -> str:
    """This test's own copy of the small world."""
    return copied(small_world, f"desk_{worker_id}", tmp_path)
