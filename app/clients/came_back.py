"""When mail to a client comes back: the address is stopped, and one call says what it said and asks for a safe way."""

from __future__ import annotations

from sqlalchemy import select

from app.core import audit, clock, links
from app.core.bounces import StoppedAddress
from app.core.db import session
from app.core.mail import Mail

from . import calls, texts
from .models import OPEN, Channel, ChannelKind, Client, ClientUpdate

CAME_BACK = "bounced"
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
