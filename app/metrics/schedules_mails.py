"""Who is told that a report is there: its name, its period, and where to read it; never the report itself."""

from __future__ import annotations

from app.accounts.models import User
from app.core import mail
from app.core.db import session
from app.core.mail import Mail

from .figures import period_name
from .models import PublishedPeriod
from .models_reports import ReportRun
from .schedules import funders, works_here

FOLDER = "metrics/mails"
MADE, PUBLISHED = "report.made", "report.published"


def report_made(run: ReportRun, to: User, *, name: str) -> None:
    """Tell somebody of the staff that a report is there."""
    url = mail.outside_url("metrics.report_made", public_id=run.public_id)
    _write(MADE, "report_made", run, to, url, name)


def report_published(run: ReportRun, period: PublishedPeriod, to: User, *, name: str) -> None:
    """Tell a funder that a period was signed off for them."""
    url = mail.outside_url("metrics.impact", period=period.public_id)
    _write(PUBLISHED, "report_published", run, to, url, name)


def _write(kind: str, template: str, run: ReportRun, to: User, url: str, name: str) -> None:
    subject, text = mail.compose(
        f"{FOLDER}/{template}", "en", name=to.name, report=name, period=period_name(run.starts_on, run.ends_on),
        programme=run.programme, url=url,
    )  # fmt: skip
    mail.queue(
        kind, occasion=f"{template}:{run.public_id}", to=to.email, subject=subject, text=text,
        audience="staff" if kind == MADE else "funder", programme=run.programme, about=run,
    )  # fmt: skip


def still_theirs(row: Mail) -> str | None:
    """Nobody is told of a report of a programme they left meanwhile."""
    run = session.get(ReportRun, row.record_id) if row.record_id else None
    if run is None:
        return "gone"
    told = {recipient.user.email: recipient.user for recipient in run.schedule.recipients}
    user = told.get(row.to_address)
    return None if user is not None and works_here(user, run.programme_id) else "left"


def still_pays(row: Mail) -> str | None:
    """Nobody is told of a period of a grant that they read for no more."""
    run = session.get(ReportRun, row.record_id) if row.record_id else None
    if run is None or run.schedule.grant is None:
        return "gone"
    return None if row.to_address in [user.email for user in funders(run.schedule.grant)] else "left"


def init_app() -> None:
    """Look once more before each leaves."""
    mail.check_before_sending(MADE, still_theirs)
    mail.check_before_sending(PUBLISHED, still_pays)
