"""Messages between a client, whoever helps them and the programme: kept on the case, never changed afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from app.accounts import calendars
from app.accounts.models import User
from app.clients import safety_words
from app.clients.models import Case, CaseStatus, Client, PriorityLevel
from app.clients.models.statuses import CaseRole
from app.clients.supervision import rests
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import NotAllowed, refuse_if
from app.tasks.operations import finish_tasks, open_task
from app.volunteers.operations_leave import leave_on

from . import message_mails, message_policy, policy
from .models import ContactAttempt, Message, Visibility
from .models_messages import MessageMark
from .operations import SENT_TWICE, CannotKeep, NotOnTheCase

MOST = 20_000
WAITS_DAYS = 3  # business days until a client's unanswered message becomes a task
ANSWERS = (CaseRole.LEAD, CaseRole.CO_COUNSEL)
UNANSWERED = "message_unanswered"
BY_MESSAGE = "message"

NOT_YET = _l("We first have to be sure that we may help. Until then please call: your words are still on this page.")
OVER = _l("The work on this has ended, so this was not sent. Your words are still on this page. Please call us.")
EMPTY = _l("Write the message first.")
TOO_LONG = _l("Please shorten this.")


def write_message(
    case: Case, text: str, *, actor: User, visibility: Visibility, once: str = "", corrects: Message | None = None
) -> Message:
    """Write to whoever may read this kind of message on a case; what a form sends twice is one message.

    :raises CannotKeep: nothing was written, or the case takes no messages now
    :raises NotAllowed: the writer could not read it afterwards, or it corrects what somebody else wrote
    """
    case = lock(case)
    refuse_if(not policy.may_work_on(actor, case), NotOnTheCase)
    refuse_if(not policy.may_write_note(actor, case, visibility), NotAllowed)
    kept, message = _keep(case, text, actor, visibility, once, corrects)
    if not kept:
        return message
    if visibility in message_policy.FOR_CLIENTS:
        _answered(case, actor)
        if policy.live_assignment(actor, case) is not None:
            attempt = ContactAttempt(case=case, by_id=actor.id, channel=BY_MESSAGE, reached=False, at=clock.now())
            session.add(attempt)
        message_mails.client_told(case.client, actor=actor)
    message_mails.volunteers_told(case, message)
    audit.record("message.write", message, actor=actor, case=case, after={"visibility": visibility})
    return message


def write_as_client(
    client: Client, text: str, *, visibility: Visibility, once: str = "", corrects: Message | None = None
) -> Message:
    """Write to the lawyer and, unless the client wants otherwise, to the programme; somebody must answer in time.

    :raises CannotKeep: nothing was written, or the case takes no messages now
    """
    case = lock(client.case)
    refuse_if(visibility not in message_policy.FOR_CLIENTS, NotAllowed)
    kept, message = _keep(case, text, None, visibility, once, corrects)
    if not kept:
        return message
    safety_words.listen(case, message.text, occasion=f"message {message.id}")
    if _is_helped(case):
        message.answer_due_at = _answer_due(case)
    else:
        ask_for_answer(case, actor=None)
    message_mails.volunteers_told(case, message)
    audit.record("message.write", message, actor=None, public=True, case=case, after={"visibility": visibility})
    return message


def _keep(
    case: Case, text: str, actor: User | None, visibility: Visibility, once: str, corrects: Message | None
) -> tuple[bool, Message]:
    """The message, and whether it is new."""
    text = "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or ord(c) >= 32).strip()
    before = _sent_before(case, text, actor, visibility, once)
    if before is not None:
        return False, before
    _refuse_what_cannot_be_kept(case, text, actor, visibility, corrects)
    of_form = select(Message).where(Message.case_id == case.id, Message.once == once[:32])
    is_changed = session.scalars(of_form).first() is not None  # sent with other words before: these must not be lost
    made = insert_unless_exists(
        Message, case_id=case.id, from_user_id=actor.id if actor else None, from_client=actor is None,
        visibility=visibility, text=text, corrects_id=corrects.id if corrects else None,
        once=None if is_changed else once[:32] or None,
    )  # fmt: skip
    return (True, made) if made is not None else (False, session.scalars(of_form).one())


def _refuse_what_cannot_be_kept(
    case: Case, text: str, actor: User | None, visibility: Visibility, corrects: Message | None
) -> None:
    if not text:
        raise CannotKeep("text", EMPTY)
    if len(text) > MOST:
        raise CannotKeep("text", TOO_LONG)
    if not message_policy.takes_messages(case):
        raise CannotKeep("text", NOT_YET if case.status is CaseStatus.PRESCREEN else OVER)
    if corrects is not None:
        own = corrects.case_id == case.id and message_policy.may_correct(corrects, actor=actor)
        refuse_if(not own or corrects.visibility is not visibility, NotAllowed)


def _sent_before(case: Case, text: str, actor: User | None, visibility: Visibility, once: str) -> Message | None:
    """The message this form or another click of the same hand has sent already."""
    mine = (Message.case_id == case.id, Message.from_user_id == (actor.id if actor else None))
    lately = select(Message).where(*mine, Message.created_at >= clock.now() - SENT_TWICE)
    same = [m for m in session.scalars(lately) if m.text == text and m.visibility is visibility]
    if same or not once:
        return next(iter(same), None)
    earlier = session.scalars(select(Message).where(*mine, Message.once == once[:32])).first()
    is_same = earlier is not None and earlier.text == text and earlier.visibility is visibility
    return earlier if is_same else None


def _is_helped(case: Case) -> bool:
    """Does the work go on, with a lawyer who is there to answer?"""
    today = calendars.today(case.programme)
    lawyers = (a for a in case.assignments if a.ended_at is None and a.role in ANSWERS and not a.is_package)
    there = (a for a in lawyers if not rests(a) and leave_on(a.volunteer_id, today) is None)
    return case.paused_at is None and next(there, None) is not None


def _answer_due(case: Case) -> datetime:
    days = 1 if case.priority_level is PriorityLevel.CRITICAL else WAITS_DAYS
    due = calendars.add_business_time(clock.now(), case.programme, days=days)
    return calendars.due_before(due, case.next_critical_on, case.programme)


def ask_for_answer(case: Case, *, actor: User | None) -> None:
    """Nobody has answered the client: somebody of the staff sees to it."""
    due = calendars.add_business_time(clock.now(), case.programme, days=1)
    open_task(
        UNANSWERED, case, programme=case.programme, case=case, due_at=due, actor=actor,
        owner=case.custody.user if case.custody else None, title=f"The client of {case.number} waits for an answer",
    )  # fmt: skip


def _answered(case: Case, actor: User) -> None:
    waits = update(Message).where(Message.case_id == case.id, Message.answer_due_at.is_not(None))
    session.execute(waits.values(answer_due_at=None), execution_options={"synchronize_session": False})
    finish_tasks(UNANSWERED, case, actor=actor)


def stop_waiting(message: Message) -> None:
    """The time for an answer is over: a task, unless the client was reached since or the case has ended."""
    case = lock(message.case)
    message = lock(message)
    if message.answer_due_at is None:
        return
    message.answer_due_at = None
    reached = select(ContactAttempt.id).where(
        ContactAttempt.case_id == case.id, ContactAttempt.reached.is_(True), ContactAttempt.at >= message.created_at
    )
    if message_policy.takes_messages(case) and session.execute(reached.limit(1)).first() is None:
        ask_for_answer(case, actor=None)


def mark_read(case: Case, newest: int, *, actor: User) -> None:
    """Somebody who signs in has read the messages of a case up to one; a client's are read from then on."""
    case = lock(case)
    kinds = message_policy.may_read(actor, case)
    refuse_if(not kinds, NotOnTheCase)
    newest = _of_case(case, newest, kinds)
    mark = insert_unless_exists(MessageMark, case_id=case.id, user_id=actor.id, read_to=newest)
    if mark is None:
        mine = (MessageMark.case_id == case.id, MessageMark.user_id == actor.id, MessageMark.read_to < newest)
        session.execute(update(MessageMark).where(*mine).values(read_to=newest))
    _keep_read(Message.case_id == case.id, Message.from_client.is_(True), Message.visibility.in_(kinds), newest=newest)


def mark_read_by_client(client: Client, newest: int) -> None:
    """A client has read their messages up to one."""
    kinds = message_policy.FOR_CLIENTS
    of = (Message.case_id == client.case_id, Message.from_client.is_(False), Message.visibility.in_(kinds))
    _keep_read(*of, newest=newest)


def _of_case(case: Case, newest: int, kinds: Any) -> int:
    """No mark lies beyond the newest message there is."""
    last = select(Message.id).where(Message.case_id == case.id, Message.visibility.in_(kinds))
    return min(newest, session.scalars(last.order_by(Message.id.desc()).limit(1)).first() or 0)


def _keep_read(*of: Any, newest: int) -> None:
    unread = update(Message).where(*of, Message.id <= newest, Message.read_at.is_(None))
    session.execute(unread.values(read_at=clock.now()), execution_options={"synchronize_session": False})
