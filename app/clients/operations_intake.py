"""Asking for help: kept as it is typed, resumed, and sent once."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from app.accounts import calendars
from app.accounts.models import Programme, RoleGrant, User
from app.core import audit, clock, links
from app.core.access import Role
from app.core.db import lock, session
from app.core.errors import LinkGone, Refusal, refuse_if
from app.tasks.operations import open_task

from . import lifecycle, mails, names, priority
from .intake import pins, places, rows
from .intake.steps import unanswered, without_stale_safety
from .models import Case, CaseMove, CaseStatus, Custody, IntakeDraft, PriorityLevel


class AlreadySent(Refusal):
    """The request was sent before."""

    message = _l("This request was sent already. Call us if something has changed.")


class Incomplete(Refusal):
    """Something must still be answered."""

    status = 422
    message = _l("Some questions are still open. Nothing was sent yet.")


class NotServed(Refusal):
    """No programme works in that county."""

    status = 422
    message = _l("We do not work in that county any more. Choose the county again.")


class NobodyThere(Refusal):
    """The programme has nobody who could answer for a request."""

    message = _l("Requests cannot be sent here just now. Please call us.")


def begin_request(
    *, language: str, watched: bool, actor: User | None, token: str | None = None
) -> tuple[IntakeDraft, str]:
    """Start a request; returns it with the secret that the browser keeps for as long as it is open."""
    token = token or secrets.token_urlsafe(24)
    draft = IntakeDraft(
        token_hash=hashed(token), language=language, watched_device=watched, answers={}, saved_at=clock.now(),
        entered_by_id=actor.id if actor else None,
    )  # fmt: skip
    session.add(draft)
    audit.record("request.begin", draft, actor=actor, public=actor is None)
    return draft, token


def hashed(token: str) -> str:
    """What is stored of a browser's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def save_answers(
    draft: IntakeDraft, step: str, data: dict[str, Any], *, actor: User | None, language: str = ""
) -> None:
    """Keep one page's answers; the pages before and after stay as they are.

    :raises AlreadySent: the request was sent meanwhile
    """
    save_pages(draft, {step: data}, actor=actor, language=language)


def save_pages(draft: IntakeDraft, pages: dict[str, Any], *, actor: User | None, language: str = "") -> None:
    """Keep the answers of some pages together.

    :raises AlreadySent: the request was sent meanwhile
    """
    draft = lock(draft)
    refuse_if(draft.sent_at is not None, AlreadySent)
    draft.answers = without_stale_safety(draft.answers, {**draft.answers, **pages})
    draft.saved_at = clock.now()
    draft.language = language or draft.language
    if "place" in pages:
        found = places.programme_at(pages["place"].get("county") or "")
        draft.programme_id = found[1].id if found else None
    audit.record("request.save", draft, actor=actor, public=actor is None, after={"steps": sorted(pages)})


def say_who_watches(draft: IntakeDraft, watched: bool, *, actor: User | None) -> None:
    """Change whether somebody else may look at the device."""
    draft.watched_device = watched
    audit.record("request.device", draft, actor=actor, public=actor is None, after={"watched": watched})


def stop_for_now(draft: IntakeDraft, *, actor: User | None) -> None:
    """Give the way back: a PIN to write down, and a link by mail where an address is marked safe.

    Stopping twice gives the same PIN.

    :raises AlreadySent: the request was sent meanwhile
    """
    draft = lock(draft)
    refuse_if(draft.sent_at is not None, AlreadySent)
    if "stopped" not in draft.answers:
        pin = pins.new_pin()
        draft.pin_hash = pins.hashed(pin)
        draft.answers = {**draft.answers, "stopped": {"pin": pin}}
    address = mails.safe_address(draft)
    if address:
        mails.draft_stopped(draft, address)
    audit.record("request.stop", draft, actor=actor, public=actor is None)


def resume(draft: IntakeDraft | None, pin: str) -> str | None:
    """Open a request again for whoever knows its PIN; returns the browser's new secret, or None.

    The browser that had it open before is out.
    """
    fits = pins.fits(pin, draft.pin_hash if draft else None)
    if draft is None or not fits or draft.sent_at is not None or draft.saved_at < clock.now() - mails.DRAFT_LASTS:
        return None
    token = secrets.token_urlsafe(24)
    draft.token_hash = hashed(token)
    audit.record("request.resume", draft, actor=None, public=True)
    return token


def draft_of_link(token: str) -> IntakeDraft:
    """The unfinished request behind a link from a mail.

    :raises LinkGone: too old, unknown or sent meanwhile
    """
    draft = session.get(IntakeDraft, links.find(mails.RESUME, token).record_id)
    if draft is None or draft.sent_at is not None:
        raise LinkGone
    return draft


def send_request(draft: IntakeDraft, *, actor: User | None) -> Case:
    """Turn a finished request into a case that somebody answers for; sending it twice gives the same case.

    :raises Incomplete: something needed was not answered
    :raises NotServed: the county's programme no longer works there
    :raises NobodyThere: the programme has no staff
    """
    draft = lock(draft)
    if draft.case_id is not None:
        return session.get_one(Case, draft.case_id)
    missing = unanswered(draft.answers)
    refuse_if(missing, Incomplete(details=[step.title for step in missing]))
    county, programme = _served_place(draft)
    case = rows.new_case(draft, programme, county, _next_number(programme), actor=actor)
    pin = None if draft.pin_hash else pins.new_pin()
    client = rows.add_client(case, draft, draft.pin_hash or pins.hashed(str(pin)))
    rows.add_channels(client, draft.answers, actor=actor)
    rows.add_parties(case, draft.answers)
    rows.add_dates(case, draft.answers, actor=actor)
    rows.add_consent(case, draft, actor=actor)
    session.add(CaseMove(case=case, to_status=CaseStatus.PRESCREEN, at=clock.now(), operation="clients.submit_request"))
    names.index_names(case)
    session.refresh(case)
    lifecycle.give_custody(case, _least_busy(programme), reason="received", actor=actor)
    session.refresh(case)
    priority.refresh_priority(case)
    _close_draft(draft, case, pin)
    _ask_to_screen(case, actor=actor)
    mails.tell_client(case, "received", actor=actor, by=answer_by(case))
    audit.record("request.send", case, actor=actor, public=actor is None, after={"status": case.status})
    return case


def _served_place(draft: IntakeDraft) -> tuple[str, Programme]:
    found = places.programme_at(draft.answers["place"]["county"])
    if found is None:
        raise NotServed
    return found


def _next_number(programme: Programme) -> str:
    programme = lock(programme)
    programme.last_case_number += 1
    return f"{calendars.today(programme):%y}-{programme.last_case_number:05}"


def _least_busy(programme: Programme) -> User:
    """The coordinator who answers for the fewest cases; without one, another of the programme's staff."""
    for role in (Role.COORDINATOR, Role.SUPERVISING_ATTORNEY):
        live = select(func.count(Custody.id)).where(Custody.user_id == User.id, Custody.until_at.is_(None))
        found = (
            select(User)
            .join(RoleGrant, RoleGrant.user_id == User.id)
            .where(RoleGrant.role == role, RoleGrant.programme_id == programme.id, User.deactivated_at.is_(None))
            .order_by(live.scalar_subquery(), User.id)
            .limit(1)
        )
        user = session.execute(found).scalars().first()
        if user is not None:
            return user
    raise NobodyThere


def _close_draft(draft: IntakeDraft, case: Case, pin: str | None) -> None:
    """The facts live on the case now; what stays is what the last page shows."""
    draft.sent_at = clock.now()
    draft.case_id = case.id
    draft.programme_id = case.programme_id
    draft.answers = {"sent": {"number": reference(case), "pin": pin or draft.answers.get("stopped", {}).get("pin")}}
    links.revoke(mails.RESUME, draft)


def _ask_to_screen(case: Case, *, actor: User | None) -> None:
    owner = case.custody.user if case.custody else None
    open_task(
        "screen", case, programme=case.programme, case=case, title=f"Read the request {case.number}",
        due_at=_due(case), actor=actor, owner=owner,
    )  # fmt: skip


def _due(case: Case) -> Any:
    hurry = case.priority_level is PriorityLevel.CRITICAL
    days = 1 if case.priority_level is PriorityLevel.HIGH else 2
    return calendars.add_business_time(clock.now(), case.programme, **({"hours": 4} if hurry else {"days": days}))


def answer_by(case: Case) -> Any:
    """The day by which a client hears again: three business days after the request came in."""
    received_on = case.received_at.astimezone(ZoneInfo(case.programme.time_zone)).date()
    return calendars.add_business_days(received_on, 3, case.programme)


def reference(case: Case) -> str:
    """The number a client is given, unique in the whole deployment."""
    return f"{case.programme.prefix}-{case.number}"
