"""What staff learn when they ask a client, by voice, which ways to reach them are safe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from app.core import audit, clock, links
from app.core.db import lock, session
from app.core.errors import BadInput, NotAllowed, Refusal, refuse_if

from . import mails, policy
from .fields_intake import as_phone
from .intake.rows import value_hash
from .models import Channel, ChannelKind, Client, ClientKind

if TYPE_CHECKING:
    from app.accounts.models import User

STOP_REASONS = {
    "client_asked": _l("The client asked us to"),
    "unsafe": _l("Somebody else reads or hears it"),
    "wrong": _l("It belongs to somebody else, or does not work"),
    "bounced": _l("Mail to it came back"),
    "returned": _l("A letter to it came back"),
}
RETURNED = "returned"
SPOKEN = (ChannelKind.CALL, ChannelKind.TEXT, ChannelKind.VOICEMAIL, ChannelKind.TRUSTED_PERSON)


class NotAWay(BadInput):
    """It is no number or address that reaches anybody."""

    message = _l("Write the whole number with area code, like 608-555-0100, or the whole address.")


class KnownAlready(BadInput):
    """The client has this way already."""

    message = _l("This way is on the list already. Change it there.")


class WayStopped(Refusal):
    """A stopped way is not changed; the client may give it anew."""

    message = _l("This way was stopped. If the client gives it again, add it again.")


class LettersComeBack(BadInput):
    """A letter to this address came back."""

    message = _l(
        "A letter to this address came back. Write the address as it has to be, or say on that letter’s page that it "
        "was right."
    )


class NotYetAsked(BadInput):
    """Nobody asks in the future."""

    message = _l("The day on which they were asked has not come yet.")


class ChooseWhy(BadInput):
    """A reason from the list belongs to this step."""

    message = _l("Choose a reason.")


@dataclass(frozen=True)
class Said:
    """What the client said about one way, to whom and when."""

    value: str
    safe: bool | None
    safe_hours: str
    may_be_said: str
    asked_by: User
    asked_at: datetime


def add_channel(client: Client, kind: ChannelKind, said: Said, *, actor: User) -> Channel:
    """Write down another way to reach a client with what they said about it.

    :raises NotAWay: it is no number or address
    :raises KnownAlready: the client has it already
    :raises LettersComeBack: a letter to this address came back
    :raises NotYetAsked: the day is still to come
    """
    client = _theirs(client, actor)
    value = clean_value(kind, said.value)
    _refuse_twice(client, kind, value)
    channel = Channel(client=client, kind=kind, value=value, value_hash=value_hash(kind, value))
    session.add(channel)
    _write(channel, said)
    _shut_doors(client)
    after = {"kind": kind.value, "safe": said.safe, "asked_by": said.asked_by.id}
    audit.record("client.add_way", client, actor=actor, case=client.case, after=after)
    return channel


def change_channel(channel: Channel, said: Said, *, actor: User) -> Channel:
    """Write down what a client now says about a way; links in mails to an address no longer safe stop working.

    :raises WayStopped: nothing goes this way any more
    :raises NotAWay: it is no number or address
    :raises KnownAlready: the client has it already
    :raises LettersComeBack: a letter to this address came back
    :raises NotYetAsked: the day is still to come
    """
    client = _theirs(channel.client, actor)
    channel = lock(channel)
    refuse_if(channel.stopped_at is not None, WayStopped)
    value = clean_value(channel.kind, said.value)
    hashed, before = value_hash(channel.kind, value), channel.safe
    moved = hashed != channel.value_hash
    if moved:
        _refuse_twice(client, channel.kind, value)
    channel.value, channel.value_hash = value, hashed
    _write(channel, said)
    if moved or before is not said.safe:
        _shut_doors(client)
    audit.record(
        "client.change_way", client, actor=actor, case=client.case, before={"safe": before},
        after={"kind": channel.kind.value, "safe": said.safe, "other_value": moved, "asked_by": said.asked_by.id},
    )  # fmt: skip
    return channel


def stop_channel(channel: Channel, reason: str, *, actor: User) -> None:
    """Use a way no more; doing it twice changes nothing.

    :raises ChooseWhy: no known reason
    """
    client = _theirs(channel.client, actor)
    channel = lock(channel)
    if channel.stopped_at is not None:
        return
    refuse_if(reason not in STOP_REASONS, ChooseWhy)
    channel.stopped_at, channel.stop_reason = clock.now(), reason
    _shut_doors(client)
    audit.record("client.stop_way", client, actor=actor, case=client.case,
                 after={"kind": channel.kind.value, "reason": reason})  # fmt: skip


@dataclass(frozen=True)
class Safety:
    """Who decides and speaks for a client, who must not hear, and how they are known on the phone."""

    kind: ClientKind
    decides: str
    speaks: str
    must_not_be_told: str
    watched_device: bool
    safety_word: str


def set_safety(client: Client, safety: Safety, *, actor: User) -> Client:
    """Write down who decides, who speaks and who must not be told."""
    client = lock(_theirs(client, actor))
    fields = ("kind", "decides", "speaks", "must_not_be_told", "watched_device", "safety_word")
    wanted = {name: getattr(safety, name) for name in fields}
    wanted = {name: (value.strip() or None) if type(value) is str else value for name, value in wanted.items()}
    changed = [name for name, value in wanted.items() if getattr(client, name) != value]
    if not changed:
        return client
    for name in changed:
        setattr(client, name, wanted[name])
    if "watched_device" in changed:
        _shut_doors(client)
    after = {"changed": changed, "kind": client.kind, "watched_device": client.watched_device}
    audit.record("client.set_safety", client, actor=actor, case=client.case, after=after)
    return client


def clean_value(kind: ChannelKind, typed: str) -> str:
    """A number as `608-555-0100`, an address as mail takes it, somebody trusted as `name, number`.

    :raises NotAWay: it is none of these
    """
    typed = " ".join(typed.split())
    if kind is ChannelKind.EMAIL:
        return _address(typed)
    if kind not in SPOKEN:
        refuse_if(not typed, NotAWay)
        return typed
    name, comma, number = typed.rpartition(",") if kind is ChannelKind.TRUSTED_PERSON else ("", "", typed)
    phone = _phone(number)
    return f"{name.strip()}, {phone}" if comma else phone


def _address(typed: str) -> str:
    try:
        return validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise NotAWay from None


def _phone(typed: str) -> str:
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        raise NotAWay from None
    refuse_if(not phonenumbers.is_possible_number(number), NotAWay)
    return as_phone(number)


def _theirs(client: Client, actor: User) -> Client:
    refuse_if(not policy.may_screen(actor, client.case), NotAllowed)
    return client


def _refuse_twice(client: Client, kind: ChannelKind, value: str) -> None:
    hashed = value_hash(kind, value)
    live = [each for each in client.channels if each.stopped_at is None]
    refuse_if(any(each.kind is kind and each.value_hash == hashed for each in live), KnownAlready)
    refuse_if(hashed in {each.value_hash for each in client.channels if each.stop_reason == RETURNED}, LettersComeBack)


def use_again(channel: Channel, *, actor: User) -> None:
    """An address from which a letter came back is right after all: as safe as the client said; twice changes nothing.

    :raises NotAllowed: no staff of the case's programme
    """
    client = _theirs(channel.client, actor)
    channel = lock(channel)
    if channel.stop_reason != RETURNED:
        return
    channel.stopped_at = channel.stop_reason = None
    audit.record("client.use_way_again", client, actor=actor, case=client.case, after={"kind": channel.kind.value})


def _write(channel: Channel, said: Said) -> None:
    refuse_if(said.asked_at > clock.now(), NotYetAsked)
    channel.safe = said.safe
    channel.safe_hours, channel.may_be_said = said.safe_hours.strip() or None, said.may_be_said or None
    channel.asked_by_id, channel.asked_at = said.asked_by.id, said.asked_at
    session.flush()


def _shut_doors(client: Client) -> None:
    """Links in mails sent before stop working: whoever reads along has them too."""
    links.revoke(mails.PORTAL, client)
