"""What volunteers are told about the work on a case, word for word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.casework import mails
from app.casework.models import ClosingReport
from app.core import clock
from app.core.db import session, transaction
from app.core.mail import Mail
from app.matching.models import Assignment
from tests.casework.conftest import Work
from tests.snapshots import same_as_stored

WRITE: dict[str, Callable[[Assignment, ClosingReport], None]] = {
    "thanks": lambda a, r: mails.thanks(a, r),
    "closing_returned": lambda a, r: mails.closing_returned(a, r),
    "case_withdrawn": lambda a, _r: mails.case_withdrawn(a),
    "case_dormant": lambda a, _r: mails.case_dormant(a),
    "case_reopened": lambda a, _r: mails.case_reopened(a, clock.now()),
}


def test_every_mail_is_tried() -> None:
    folder = mails.__file__.replace("mails.py", "templates/casework/mails")

    assert {path.name for path in Path(folder).iterdir()} == {f"{name}.en.txt" for name in WRITE}


@pytest.mark.parametrize("name", WRITE)
def test_a_mail_says_what_is_stored(work: Work, report: Callable[..., ClosingReport], name: str) -> None:
    sent = report()
    with transaction():
        case, programme = work.case, work.case.programme
        case.number, case.public_id = "26-00012", "case0000000000id"
        programme.name, work.lead.volunteer.given_name = "Lakeshore Legal Aid", "Noor"
        session.flush()
        WRITE[name](work.lead, session.merge(sent))
    mail = session.query(Mail).filter_by(kind=f"casework.{name}").one()
    assert mail.to_address == work.lead.volunteer.email
    same_as_stored(f"casework.{name}.en", mail)
