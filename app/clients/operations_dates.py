"""The dates a matter hangs on: found on papers, suggested by rules, asked for when unknown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l

from app.accounts.calendars import add_business_time
from app.core import audit, clock
from app.core.db import lock, session
from app.core.errors import BadInput, refuse_if
from app.tasks.operations import finish_tasks, open_task

from .court_days import WATCH, WATCH_BY_ATTORNEY
from .models import Case, CriticalDate
from .operations_parties import refuse_unless_open
from .priority import refresh_priority
from .problems import DeadlineRule
from .vocabulary import DATE_KINDS

if TYPE_CHECKING:
    from app.accounts.models import User

STANDINGS = ("confirmed", "suggested")


class NeedsDay(BadInput):
    """A date that is settled has a day."""

    message = _l("Write the day, or keep the question open.")


def add_critical_date(
    case: Case,
    *,
    kind: str,
    on_day: date | None,
    actor: User | None,
    at_time: str | None = None,
    paper: str | None = None,
    standing: str = "confirmed",
    authority: str | None = None,
) -> CriticalDate:
    """Add a date; no day keeps it as an open question that somebody must ask about, and twice the same is one.

    :raises BadInput: the kind is unknown
    :raises CaseIsOver: the case has ended
    """
    case = lock(case)
    refuse_unless_open(case)
    refuse_if(kind not in DATE_KINDS or standing not in STANDINGS, BadInput(_l("Choose what kind of date it is.")))
    said = {
        "kind": kind, "on_day": on_day, "at_time": at_time or None, "paper": paper or None,
        "standing": standing if on_day else "open_question", "authority": authority or None,
        "entered_by_id": actor.id if actor else None,
    }  # fmt: skip
    for there in case.critical_dates:
        if there.done_at is None and all(getattr(there, name) == value for name, value in said.items()):
            return there
    made = CriticalDate(case=case, **said)
    session.add(made)
    _follow(case, actor)
    audit.record("date.add", made, actor=actor, after=_coded(made))
    return made


def change_critical_date(
    date_row: CriticalDate,
    *,
    kind: str,
    on_day: date | None,
    actor: User | None,
    at_time: str | None = None,
    paper: str | None = None,
) -> CriticalDate:
    """Correct a date; one that a person wrote is confirmed, one without a day is an open question again.

    :raises BadInput: the kind is unknown
    :raises CaseIsOver: the case has ended
    """
    case, row = lock(date_row.case), lock(date_row)
    refuse_unless_open(case)
    refuse_if(kind not in DATE_KINDS, BadInput(_l("Choose what kind of date it is.")))
    before = _coded(row)
    row.kind, row.on_day, row.at_time, row.paper = kind, on_day, at_time or None, paper or None
    row.standing = "confirmed" if on_day else "open_question"
    row.entered_by_id = actor.id if actor else None
    if before["on_day"] != _coded(row)["on_day"]:
        _end_watch(row, "moved", actor)
    _follow(case, actor)
    audit.record("date.change", row, actor=actor, before=before, after=_coded(row))
    return row


def settle_critical_date(date_row: CriticalDate, *, actor: User | None, on_day: date | None = None) -> CriticalDate:
    """Confirm a suggested date or one the client told as it stands, or answer an open question with its day.

    :raises NeedsDay: there is no day to confirm
    """
    row = lock(date_row)
    day = on_day or row.on_day
    if day is None:
        raise NeedsDay
    return change_critical_date(
        row, kind=row.kind, on_day=day, at_time=row.at_time, paper=row.paper, actor=actor
    )  # fmt: skip


def finish_critical_date(date_row: CriticalDate, *, actor: User | None) -> CriticalDate:
    """A date is done with: it was met, or there is none after all."""
    case, row = lock(date_row.case), lock(date_row)
    if row.done_at is not None:
        return row
    row.done_at = clock.now()
    _end_watch(row, "met", actor)
    _follow(case, actor)
    audit.record("date.finish", row, actor=actor, after=_coded(row))
    return row


def suggest_critical_date(case: Case, rule: DeadlineRule, event_on: date, *, kind: str, actor: User) -> CriticalDate:
    """Suggest a date by a rule from the day of its event; a label says so until somebody reads the paper."""
    return add_critical_date(
        case, kind=kind, on_day=suggested_day(rule, event_on), standing="suggested",
        authority=f"{rule.authority}: {rule.period} {rule.unit}", actor=actor,
    )  # fmt: skip


def suggested_day(rule: DeadlineRule, event_on: date) -> date:
    """The last day of a rule's period that began with an event."""
    if rule.unit == "days":
        return event_on + timedelta(days=rule.period)
    year = event_on.year + rule.period
    leap = (event_on.month, event_on.day) == (2, 29)
    return date(year, 2, 28) if leap else event_on.replace(year=year)


def _follow(case: Case, actor: User | None) -> None:
    """Priority follows the dates; an unknown one is somebody's task until it is known."""
    refresh_priority(case, actor=actor)
    if not any(each.on_day is None and each.done_at is None for each in case.critical_dates):
        finish_tasks("ask_date", case, actor=actor)
        return
    open_task(
        "ask_date", case, programme=case.programme, case=case, actor=actor,
        title=f"Ask for the date that {case.number} hangs on", owner=case.custody.user if case.custody else None,
        due_at=add_business_time(clock.now(), case.programme, days=1),
    )  # fmt: skip


def _end_watch(row: CriticalDate, outcome: str, actor: User | None) -> None:
    """What staff were to see to as the day came near is over; a new day is watched anew."""
    for cause in (WATCH, WATCH_BY_ATTORNEY):
        finish_tasks(cause, row, actor=actor, outcome=outcome)


def _coded(row: CriticalDate) -> dict[str, str | None]:
    day = row.on_day.isoformat() if row.on_day else None
    return {"kind": row.kind, "on_day": day, "standing": row.standing}
