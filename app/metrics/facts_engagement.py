"""What check-ins, surveys, escalations, leads, letters, transfers and requests say."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Row, select

from app.casework.transfer_models import GONE, Transfer, TransferKind
from app.clients.models import CaseRole, Consent
from app.engagement.models import Checkin
from app.engagement.models_escalations import Escalation
from app.engagement.models_surveys import Survey
from app.matching.models import Assignment
from app.tasks.models import Task

from .facts_outcomes import leads_of
from .window import Fact, Window, in_blocks

REACHED_WITHIN = 7  # days
DISAGREE = ("mismatch", "dates_differ")
ANSWER_REQUEST = "answer_request"


def checkins(window: Window) -> Iterator[Fact]:
    """Check-ins, on the day they left."""
    columns = (
        Checkin.case_id, Checkin.audience, Checkin.sent_at, Checkin.answered_at, Checkin.handed_over_at,
        Assignment.volunteer_id,
    )  # fmt: skip
    sent = select(*columns).join(Assignment, Assignment.id == Checkin.assignment_id)
    for case_id, audience, sent_at, answered_at, handed_over_at, who in window.read(
        sent.where(*window.moments(Checkin.sent_at)), Checkin.case_id
    ):
        day, extra = window.day(sent_at), (("audience", str(audience)), ("firm", window.firm(who)))
        yield Fact(case_id, day, "checkins_sent", extra=extra)
        if answered_at is not None:
            yield Fact(case_id, day, "checkins_answered", extra=extra)
            if handed_over_at is None or answered_at <= handed_over_at:
                yield Fact(case_id, day, "checkins_in_time", extra=extra)


def surveys(window: Window) -> Iterator[Fact]:
    """Surveys, on the day they left; every mark of an answer."""
    columns = (
        Survey.case_id, Survey.audience, Survey.sent_at, Survey.answered_at, Survey.scores, Survey.volunteer_id,
    )  # fmt: skip
    sent = select(*columns).where(Survey.channel.is_not(None), *window.moments(Survey.sent_at))
    for some in in_blocks(window.read(sent, Survey.case_id)):
        leads = leads_of([row.case_id for row in some])
        for row in some:
            firm = window.firm(row.volunteer_id or leads.get(row.case_id))
            yield from _survey(row, window.day(row.sent_at), (("audience", str(row.audience)), ("firm", firm)))


def _survey(row: Row[Any], day: date, extra: tuple[tuple[str, str], ...]) -> Iterator[Fact]:
    yield Fact(row.case_id, day, "surveys_asked", extra=extra)
    if row.answered_at is None:
        return
    yield Fact(row.case_id, day, "surveys_answered", extra=extra)
    for key, points in sorted((row.scores or {}).items()):
        marked = (*extra, ("item", f"{row.audience}.{key}"))
        yield Fact(row.case_id, day, "survey_points", points, extra=marked)
        yield Fact(row.case_id, day, "survey_marks", extra=marked)
        if points >= 4:
            yield Fact(row.case_id, day, "survey_good", extra=marked)


def escalations(window: Window) -> Iterator[Fact]:
    """Escalations, on the day they opened."""
    columns = (
        Escalation.case_id, Escalation.cause, Escalation.opened_at, Escalation.in_time, Escalation.level,
        Escalation.ran_out_at, Escalation.volunteer_id,
    )  # fmt: skip
    opened = select(*columns).where(*window.moments(Escalation.opened_at))
    for case_id, cause, opened_at, in_time, level, ran_out_at, who in window.read(opened, Escalation.case_id):
        day, by = window.day(opened_at), ("firm", window.firm(who))
        extra = (("cause", cause), by)
        if cause in DISAGREE:
            yield Fact(case_id, day, "mismatches", extra=(by,))
        if in_time is not None or level > 1 or ran_out_at is not None:
            yield Fact(case_id, day, "escalations_due", extra=extra)
        if in_time:
            yield Fact(case_id, day, "escalations_in_time", extra=extra)


def leads(window: Window) -> Iterator[Fact]:
    """Leads, on the day they began; whether the client was reached."""
    columns = (Assignment.case_id, Assignment.volunteer_id, Assignment.started_at, Assignment.first_contact_at)
    begun = select(*columns).where(Assignment.role == CaseRole.LEAD, *window.moments(Assignment.started_at))
    for case_id, volunteer_id, started_at, reached_at in window.read(begun, Assignment.case_id):
        day, extra = window.day(started_at), (("firm", window.firm(volunteer_id)),)
        yield Fact(case_id, day, "leads_started", extra=extra)
        if reached_at is not None and (window.day(reached_at) - day).days <= REACHED_WITHIN:
            yield Fact(case_id, day, "leads_reached", extra=extra)


def letters(window: Window) -> Iterator[Fact]:
    """Engagement letters, on the day they were due."""
    columns = (
        Assignment.case_id, Assignment.letter_due_on, Assignment.letter_signed_on, Assignment.volunteer_id,
    )  # fmt: skip
    due = select(*columns).where(
        Assignment.letter_waived_reason.is_(None), Assignment.letter_due_on <= window.today,
        *window.days(Assignment.letter_due_on),
    )  # fmt: skip
    for case_id, due_on, signed_on, who in window.read(due, Assignment.case_id):
        by = (("firm", window.firm(who)),)
        yield Fact(case_id, due_on, "letters_due", extra=by)
        if signed_on is not None and signed_on <= due_on:
            yield Fact(case_id, due_on, "letters_in_time", extra=by)


def transfers(window: Window) -> Iterator[Fact]:
    """Cases handed to another volunteer, on the day the one before left."""
    columns = (Transfer.case_id, Transfer.left_at, Consent.given_at, Assignment.volunteer_id)
    done = (
        select(*columns)
        .join(Assignment, Assignment.id == Transfer.assignment_id)
        .outerjoin(Consent, Consent.id == Transfer.consent_id)
        .where(Transfer.kind == TransferKind.TRANSFER, Transfer.status.in_(GONE), *window.moments(Transfer.left_at))
    )
    for case_id, left_at, agreed_at, who in window.read(done, Transfer.case_id):
        day, by = window.day(left_at), (("firm", window.firm(who)),)
        yield Fact(case_id, day, "transfers_done", extra=by)
        if agreed_at is not None and agreed_at <= left_at:
            yield Fact(case_id, day, "transfers_consented", extra=by)


def requests(window: Window) -> Iterator[Fact]:
    """Volunteers' requests to take a case, on the day an answer was due."""
    columns = (Task.case_id, Task.due_at, Task.done_at)
    asked = select(*columns).where(Task.cause == ANSWER_REQUEST, *window.moments(Task.due_at))
    for case_id, due_at, done_at in window.read(asked, Task.case_id):
        day = window.day(due_at)
        if day > window.today:
            continue
        yield Fact(case_id, day, "requests_due")
        if done_at is not None and done_at <= due_at:
            yield Fact(case_id, day, "requests_in_time")
