"""The scheduler's part in reports: each is made once for its period, however often the work is cut off."""

from __future__ import annotations

from flask_babel import force_locale

from app.core.db import session, transaction

from . import operations_schedules as operations
from . import reports_files, schedules
from .figures import period_of
from .models import PublishedPeriod
from .models_reports import ReportRun, ReportSchedule


def make_one() -> bool:
    """Make one report that is due; says whether there was one."""
    due = schedules.find_due()
    if due is None:
        return False
    schedule_id, (first, last) = due.id, period_of(due.next_on, due.every)
    with force_locale("en"):
        report = reports_files.build(due.kind, due.programme, first, last, due.grant)
        with transaction():
            operations.keep_report(session.get_one(ReportSchedule, schedule_id), report)
    return True


def tell_one_funder() -> bool:
    """Tell one funder of a period that was signed off; says whether there was one."""
    found = schedules.find_published()
    if found is None:
        return False
    run_id, period_id = found[0].id, found[1].id
    with transaction():
        operations.tell_funder(session.get_one(ReportRun, run_id), session.get_one(PublishedPeriod, period_id))
    return True
