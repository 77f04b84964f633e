"""That there is a message: never what it says, from whom, or about what."""

from __future__ import annotations

from app.accounts import calendars
from app.accounts.models import User
from app.clients import calls, mails
from app.clients.models import Case, Client
from app.core import audit, clock, delivery, links, mail
from app.core.db import session
from app.core.mail import Mail
from app.matching.models import Assignment

from . import message_policy, policy, queries_messages
from .models import Message

FOLDER = "casework/message_mails"
TO_CLIENT, TO_VOLUNTEER = "message.client", "message.volunteer"


def client_told(client: Client, *, actor: User | None) -> None:
    """A client has something to read: one mail a day to a safe address as long as they have not, else a call."""
    session.flush()
    case, address = client.case, mails.mail_reaches(client)
    if address is None:
        calls.ask_for_call(client, "message", {}, actor=actor)
        return
    unread = queries_messages.first_unread_by_client(client)
    leaves_at = calendars.next_business_moment(clock.now(), case.programme)
    token = links.make(mails.PORTAL, client, expires_at=leaves_at + mails.LINK_LASTS)
    subject, text = mail.compose(
        f"{FOLDER}/client_told", case.language, programme=case.programme, watched=client.watched_device,
        url=mail.outside_url("clients.status_door", token=token),
    )  # fmt: skip
    mail.queue(
        TO_CLIENT, occasion=f"{TO_CLIENT}:{client.id}:{unread}:{calendars.today(case.programme)}", to=address,
        subject=subject, text=text, audience="client", programme=case.programme, case=case, about=client,
        language=case.language, due_at=leaves_at,
    )  # fmt: skip


def volunteers_told(case: Case, message: Message) -> None:
    """Everybody on the case who may read it hears once a day that something waits, until they have read it."""
    for part in case.assignments:
        account = part.volunteer.user
        if part.ended_at is not None or account is None or not account.is_active or account.id == message.from_user_id:
            continue
        if message.visibility in message_policy.may_read(account, case):
            _volunteer_told(part, account)


def _volunteer_told(part: Assignment, account: User) -> None:
    case, unread = part.case, queries_messages.first_unread_by(account, part.case)
    url = mail.outside_url("casework.my_messages", public_id=case.public_id)
    subject, text = mail.compose(
        f"{FOLDER}/volunteer_told", "en", volunteer=part.volunteer, case=case, programme=case.programme, url=url
    )
    mail.queue(
        TO_VOLUNTEER, occasion=f"{TO_VOLUNTEER}:{case.id}:{account.id}:{unread}:{calendars.today(case.programme)}",
        to=part.volunteer.email, subject=subject, text=text, audience="volunteer", programme=case.programme, case=case,
        about=part,
    )  # fmt: skip


def _client_has_read(sent: Mail) -> str | None:
    """The last look: not where the client has read it meanwhile, or the address is not marked safe any more."""
    client = session.get(Client, sent.record_id) if sent.record_id else None
    if client is None:
        return "gone"
    if queries_messages.first_unread_by_client(client) is None:
        return "read"
    return None if mails.mail_reaches(client) == sent.to_address else mails.UNSAFE


def _volunteer_has_read(sent: Mail) -> str | None:
    """The last look: not where the part has ended or rests, or it is read."""
    part = session.get(Assignment, sent.record_id) if sent.record_id else None
    account = part.volunteer.user if part is not None else None
    if part is None or account is None or policy.live_assignment(account, part.case) is None:
        return "gone"
    return "read" if queries_messages.first_unread_by(account, part.case) is None else None


def _call_instead(sent: Mail, why: str) -> None:
    """What cannot be written to a client any more is said by voice."""
    client = session.get(Client, sent.record_id) if sent.kind == TO_CLIENT and sent.record_id else None
    if client is None or why != mails.UNSAFE:
        return
    calls.ask_for_call(client, "message", {}, actor=None)
    audit.record("client.tell", client, actor=None, case=client.case, after={"occasion": "message", "ways": ["call"]})


def init_app() -> None:
    """Have these mails looked at again before they leave."""
    mail.check_before_sending(TO_CLIENT, _client_has_read)
    mail.check_before_sending(TO_VOLUNTEER, _volunteer_has_read)
    delivery.tell_a_person(_call_instead)
