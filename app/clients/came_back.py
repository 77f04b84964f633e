"""When mail to a client comes back: the address is stopped, and one call says what it said and asks for a safe way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.core import audit, clock, delivery, links
from app.core.bounces import StoppedAddress
from app.core.db import session
from app.core.mail import Mail
from app.core.outbox import WRONG_ADDRESS

from . import calls, texts
from .models import OPEN, Case, Channel, ChannelKind, Client, ClientUpdate

if TYPE_CHECKING:
    from app.accounts.models import User

CAME_BACK, WRONG = "bounced", "wrong"
PORTAL = "portal"


def address_stopped(row: StoppedAddress) -> None:
    """Nothing goes to it any more, links sent there stop working, and whoever answers for the case calls."""
    live = (Channel.kind == ChannelKind.EMAIL, Channel.value_hash == row.address_hash, Channel.stopped_at.is_(None))
    for channel in session.scalars(select(Channel).where(*live).order_by(Channel.id)).all():
        client = channel.client
        channel.stopped_at, channel.stop_reason = clock.now(), CAME_BACK
        links.revoke(PORTAL, client)
        _have_somebody_call(client, row.mail)
        after = {"kind": channel.kind.value, "reason": CAME_BACK}
        audit.record("client.stop_way", client, actor=None, case=client.case, after=after)


def address_is_wrong(mail: Mail, actor: User, outcome: str) -> None:
    """Staff let a mail be because its address is wrong or not safe: no other goes there, and somebody calls."""
    if outcome != "drop" or mail.drop_reason != WRONG_ADDRESS or mail.audience != "client":
        return
    there = (Channel.kind == ChannelKind.EMAIL, Channel.value_hash == mail.to_hash, Channel.stopped_at.is_(None))
    clients = select(Channel).join(Channel.client).join(Case, Case.id == Client.case_id)
    of = Case.id == mail.case_id if mail.case_id is not None else Case.programme_id == mail.programme_id
    for channel in session.scalars(clients.where(*there, of).order_by(Channel.id)).all():
        channel.stopped_at, channel.stop_reason = clock.now(), WRONG
        links.revoke(PORTAL, channel.client)
        after = {"kind": channel.kind.value, "reason": WRONG}
        audit.record("client.stop_way", channel.client, actor=actor, case=channel.client.case, after=after)
    delivery.tell_about(mail, "unsafe")


def _have_somebody_call(client: Client, mail: Mail) -> None:
    """Whoever waits for us is called, and whoever did not read what they were told last, as how their request ended."""
    is_news = select(ClientUpdate.id).where(
        ClientUpdate.case_id == client.case_id, ClientUpdate.mail_id == mail.id, ClientUpdate.replaced_at.is_(None)
    )
    said = texts.spoken(mail.text, mail.language) if session.scalar(is_news) is not None else None
    if client.case.status in OPEN or said is not None:
        calls.ask_for_call(client, "came_back", {}, actor=None)
    if said is not None:
        calls.ask_to_say(client, said, actor=None)


def address_works_again(row: StoppedAddress) -> None:
    """A person said that the address works: it is a way to its client again, as safe as they said it was."""
    stopped = (Channel.value_hash == row.address_hash, Channel.stop_reason == CAME_BACK)
    for channel in session.scalars(select(Channel).where(Channel.kind == ChannelKind.EMAIL, *stopped)).all():
        channel.stopped_at = channel.stop_reason = None
