"""What happens to volunteers by itself, every night; each volunteer in a transaction of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import structlog

from app.core.db import transaction
from app.core.logs import where_it_broke

from . import mails, operations, policy, queries
from .models import Volunteer, VolunteerStatus

log = structlog.get_logger()


def expire_credentials() -> None:
    """Act on every credential that ran out."""
    _for_each(queries.to_recheck(queries.today()), operations.act_on_expiry)


def recheck_all() -> None:
    """Lapse and restore volunteers for whom what their roles ask for was changed."""
    _for_each(queries.out_of_step(queries.today()), _recheck)


def warn_of_expiry() -> None:
    """Warn of what ends in 60, 30 or 7 days."""
    _for_each(queries.to_warn(queries.today()), operations.warn_of_expiry)


def end_pauses() -> None:
    """Bring back those whose pause is over."""
    _for_each(queries.to_resume(queries.today()), _resume)


def ask_to_confirm() -> None:
    """Ask those who have not confirmed their profile for a year."""
    _for_each(queries.to_confirm(queries.today()), _ask_to_confirm)


def every_night() -> None:
    """Everything about volunteers that a new day brings."""
    for job in (expire_credentials, recheck_all, end_pauses, warn_of_expiry, ask_to_confirm):
        job()


def _for_each(ids: Iterable[int], act: Callable[[Volunteer], object]) -> None:
    for volunteer_id in list(ids):
        try:
            with transaction():
                volunteer = queries.find_by_id(volunteer_id)
                if volunteer is not None:
                    act(volunteer)
        except Exception as error:  # one volunteer's trouble is no reason to forget the others
            failed = {"volunteer": volunteer_id, "error": type(error).__name__, "where": where_it_broke(error)}
            log.error("volunteers.step_failed", step=act.__name__, **failed)


def _recheck(volunteer: Volunteer) -> None:
    operations.recheck_volunteer(volunteer, actor=None)


def _resume(volunteer: Volunteer) -> None:
    if volunteer.status is VolunteerStatus.PAUSED:
        operations.resume_volunteer(volunteer, actor=None)


def _ask_to_confirm(volunteer: Volunteer) -> None:
    on_day = queries.today()
    if policy.is_due_to_confirm(volunteer, on_day):
        mails.confirmation_asked(volunteer, on_day)
