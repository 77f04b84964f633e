"""Setting up reports that make themselves, making them, and telling who waits for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l

from app.accounts.models import Grant, Programme, User
from app.core import audit, clock
from app.core.access import Role
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from . import schedules, schedules_mails
from .figures import period_of
from .models import PublishedPeriod
from .models_reports import ReportKind, ReportRecipient, ReportRun, ReportSchedule
from .report_contents import Report, as_json
from .reports_files import NAMES


class AlreadyScheduled(Refusal):
    """The same report is made for the same period already."""

    message = _l("This report makes itself already. Change who is told of it instead.")


class NobodyTold(BadInput):
    """A report needs a reader."""

    message = _l("Choose at least one person who is told when the report is there.")


class NotTheirPeriods(BadInput):
    """A funder reads the grant's own periods and no others."""

    message = _l("The grant reports at other intervals. Its funder can only be told of the grant’s own periods.")


def set_up_schedule(
    programme: Programme, kind: ReportKind, *, every: str, begins_on: date, recipients: Collection[User],
    actor: User, grant: Grant | None = None, to_funder: bool = False,
) -> ReportSchedule:  # fmt: skip
    """Have a report made after every period from one on.

    :raises BadInput: a grant report without its grant, or another programme's grant
    :raises NobodyTold: nobody of the programme's staff is to be told
    :raises NotTheirPeriods: the funder is to be told of periods that are not the grant's
    :raises AlreadyScheduled: it is made already
    """
    refuse_if(not actor.has(Role.COORDINATOR, programme.id), NotAllowed)
    _check(programme, kind, every, begins_on, grant, to_funder)
    made = insert_unless_exists(
        ReportSchedule, programme_id=programme.id, kind=kind, grant_id=grant.id if grant else None, every=every,
        next_on=begins_on, to_funder=to_funder, made_by_id=actor.id, version=1, changed_at=clock.now(),
    )  # fmt: skip
    if made is None:
        raise AlreadyScheduled
    _tell(made, recipients)
    audit.record("report.schedule", made, actor=actor, after={"kind": kind.value, "every": every})
    return made


def _check(
    programme: Programme, kind: ReportKind, every: str, begins_on: date, grant: Grant | None, to_funder: bool
) -> None:
    if every not in schedules.EVERY or begins_on not in [
        first for first, _last in schedules.periods_to_begin_with(programme, every)
    ]:
        raise BadInput(_l("Choose the period to begin with."))
    if kind is ReportKind.GRANT and grant is None:
        raise BadInput(_l("Choose the grant that the report is about."))
    if grant is not None and grant.programme_id != programme.id:
        raise BadInput(_l("Choose a grant of this programme."))
    if to_funder and (grant is None or kind is not ReportKind.GRANT):
        raise BadInput(_l("Only a grant report has a funder to be told."))
    refuse_if(to_funder and grant is not None and grant.reports_every != every, NotTheirPeriods)


def _tell(schedule: ReportSchedule, people: Collection[User]) -> None:
    wanted = {user.id for user in people if schedules.works_here(user, schedule.programme_id)}
    refuse_if(not wanted, NobodyTold)
    kept = [recipient for recipient in schedule.recipients if recipient.user_id in wanted]
    missing = wanted - {recipient.user_id for recipient in kept}
    schedule.recipients = kept + [ReportRecipient(user_id=user_id) for user_id in sorted(missing)]
    session.flush()


def change_recipients(schedule: ReportSchedule, people: Collection[User], *, actor: User) -> None:
    """Choose anew who is told.

    :raises NobodyTold: nobody of the programme's staff is left
    """
    schedule = lock(schedule)
    refuse_if(not actor.has(Role.COORDINATOR, schedule.programme_id), NotAllowed)
    _tell(schedule, people)
    audit.record("report.recipients", schedule, actor=actor, after={"people": len(schedule.recipients)})


def end_schedule(schedule: ReportSchedule, *, actor: User) -> None:
    """Make the report no more; what was made stays."""
    schedule = lock(schedule)
    refuse_if(not actor.has(Role.COORDINATOR, schedule.programme_id), NotAllowed)
    if schedule.ended_at is None:
        schedule.ended_at = clock.now()
        audit.record("report.schedule_end", schedule, actor=actor)


def keep_report(schedule: ReportSchedule, report: Report) -> ReportRun | None:
    """Keep the report of the period that is due and tell who waits for it; None where it was kept meanwhile.

    :param report: of that period, put together before the transaction
    """
    schedule = lock(schedule)
    if schedule.ended_at is not None or schedule.next_on != report.first:
        return None
    made = insert_unless_exists(
        ReportRun, schedule_id=schedule.id, programme_id=schedule.programme_id, starts_on=report.first,
        ends_on=report.last, contents=as_json(report),
    )  # fmt: skip
    schedule.next_on = period_of(report.last + timedelta(days=1), schedule.every)[0]
    if made is None:
        return None
    for recipient in schedule.recipients:
        if schedules.works_here(recipient.user, schedule.programme_id):
            schedules_mails.report_made(made, recipient.user, name=name_of(schedule))
    audit.record("report.make", made, actor=None, after=_period(made))
    return made


def tell_funder(run: ReportRun, period: PublishedPeriod) -> None:
    """Tell a grant's funder, once, that the period was signed off."""
    run = lock(run)
    if run.funder_told_at is not None or run.schedule.grant is None:
        return
    run.funder_told_at = clock.now()
    for user in schedules.funders(run.schedule.grant):
        schedules_mails.report_published(run, period, user, name=name_of(run.schedule))
    audit.record("report.tell_funder", run, actor=None, after=_period(run))


def name_of(schedule: ReportSchedule) -> str:
    """`Grant report, Basic field grant`."""
    name = str(NAMES[schedule.kind])
    return f"{name}, {schedule.grant.name}" if schedule.grant else name


def _period(run: ReportRun) -> dict[str, Any]:
    return {"first": run.starts_on.isoformat(), "last": run.ends_on.isoformat()}
