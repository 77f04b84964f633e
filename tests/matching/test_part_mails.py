"""What volunteers are told about parts and packages, word for word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app.casework import operations_packages as packages
from app.casework import package_mails
from app.casework.models_packages import PackageReport
from app.clients.models import CaseRole, CaseStatus
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching import operations
from app.matching.models import Assignment
from tests import factories
from tests.matching.desk import MONDAY, Desk
from tests.matching.players import PACKAGE, led, put, user
from tests.snapshots import same_as_stored


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    with clock.at(MONDAY):
        made = led()
        with transaction():
            made.case.number, made.case.public_id = "26-00012", "case0000000000id"
            made.programme.name = "Lakeshore Legal Aid"
        yield made


def taken(desk: Desk, role: CaseRole = CaseRole.PARALEGAL, who: str = "paralegal", **part: object) -> tuple[int, int]:
    assignment_id, user_id, _opening = put(desk, role, who, **part)
    with transaction():
        session.get_one(Assignment, assignment_id).public_id = "part0000000000id"
    return assignment_id, user_id


def stored(kind: str, name: str | None = None) -> None:
    (mail,) = session.query(Mail).filter_by(kind=kind)
    assert "Castro" not in mail.subject + mail.text
    same_as_stored(f"{name or kind}.en", mail)


def test_somebody_has_a_part(desk: Desk) -> None:
    taken(desk, CaseRole.INTERPRETER, "interpreter")
    stored("matching.part_placed")


def test_somebody_has_a_package(desk: Desk) -> None:
    taken(desk, takers=["paralegal"], **PACKAGE)
    stored("matching.part_placed", "matching.part_placed.package")


def test_somebody_rests_and_goes_on(desk: Desk) -> None:
    taken(desk)
    with transaction():
        operations.end_assignment(desk.case.assignments[0], "no_time", CaseStatus.AVAILABLE, actor=desk.staff)
    with transaction():
        lead = factories.volunteer()
        operations.place_by_hand(desk.opening, lead, "phone_yes", actor=desk.staff, checked=True)
    stored("matching.part_rests")
    stored("matching.part_goes_on")


@pytest.mark.parametrize("answer", ["approved", "returned"])
def test_a_report_is_answered(desk: Desk, answer: str) -> None:
    part, account = taken(desk, takers=["paralegal"], **PACKAGE)
    with transaction():
        one = session.get_one(Assignment, part)
        made = packages.report_package(one, text="Filed.", hundredths=100, actor=user(account)).id
    with transaction():
        report = session.get_one(PackageReport, made)
        if answer == "approved":
            packages.approve_package(report, actor=desk.staff)
        else:
            packages.return_package(report, reason="The stamp.", actor=desk.staff)
    stored(f"casework.package_{answer}")


def test_every_mail_about_packages_is_tried() -> None:
    folder = Path(package_mails.__file__).parent / "templates" / package_mails.FOLDER
    assert {path.name for path in folder.iterdir()} == {f"package_{said}.en.txt" for said in ("approved", "returned")}
