"""Who is told about the work on a case."""

from __future__ import annotations

from datetime import datetime

from app.core import mail
from app.matching.models import Assignment

from . import closing, queries
from .models import ClosingReport

FOLDER = "casework/mails"


def _to_volunteer(name: str, assignment: Assignment, occasion: str, **facts: object) -> None:
    volunteer, case = assignment.volunteer, assignment.case
    url = mail.outside_url("casework.my_case", public_id=case.public_id)
    subject, text = mail.compose(
        f"{FOLDER}/{name}", "en", volunteer=volunteer, case=case, programme=case.programme, url=url, **facts
    )
    mail.queue(
        f"casework.{name}",
        occasion=occasion,
        to=volunteer.email,
        subject=subject,
        text=text,
        audience="volunteer",
        programme=case.programme,
        case=case,
        about=assignment,
    )


def thanks(assignment: Assignment, report: ClosingReport) -> None:
    """The case is closed; the volunteer is thanked with what it came to, in words that say nothing of the client."""
    account = assignment.volunteer.user
    code = closing.closing_codes().get(report.closing_code)
    _to_volunteer(
        "thanks", assignment, f"thanks:{report.id}:{assignment.id}", ended=code.label if code else "",
        given=queries.hours_of(assignment.case, by=account) if account else 0,
    )  # fmt: skip


def closing_returned(assignment: Assignment, report: ClosingReport) -> None:
    """Staff ask for something more before the case is closed."""
    _to_volunteer("closing_returned", assignment, f"closing_returned:{report.id}:{assignment.id}")


def case_dormant(assignment: Assignment) -> None:
    """The case was closed because nothing was heard of it."""
    _to_volunteer("case_dormant", assignment, f"case_dormant:{assignment.id}")


def case_reopened(assignment: Assignment, opened_at: datetime) -> None:
    """The volunteer has a closed case again."""
    _to_volunteer("case_reopened", assignment, f"case_reopened:{assignment.id}:{opened_at.isoformat()}")


def case_withdrawn(assignment: Assignment) -> None:
    """The case ended without the volunteer's doing."""
    _to_volunteer("case_withdrawn", assignment, f"case_withdrawn:{assignment.id}")
