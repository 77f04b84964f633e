"""Which mails a volunteer wants beside those they must have, and the signed page on which they say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from app.accounts.calendars import time_zones
from app.core import audit, clock
from app.core.db import insert_unless_exists, lock, session
from app.core.errors import BadInput, refuse_if
from app.core.mail import Mail, outside_url
from app.core.mail_foot import topic_of
from app.core.signed import sign

from .models import Volunteer
from .models_mails import MailChoices

if TYPE_CHECKING:
    from app.accounts.models import User

PURPOSE, ONE_CLICK = "volunteer-mails", "volunteer-stop"
OPTED_OUT = "opted_out"
TOPICS: dict[str, Any] = {
    "digest": _l("New matters that fit you"),
    "appeals": _l("Appeals about several matters at once"),
    "thanks": _l("Thanks and milestones"),
    "survey": _l("A survey when a matter is closed"),
}
KINDS = {  # what may be switched off, by its topic; every other mail is a notice that somebody must get
    "matching.digest": "digest",
    "matching.appeal": "appeals",
    "volunteer.milestone": "thanks",
    "casework.thanks": "thanks",
    "engagement.survey": "survey",
}
DIGESTS = ("daily", "weekly", "never")


class NoSuchMail(BadInput):
    """Only what may be switched off has a topic."""

    message = _l("We write no such mails.")


class NoSuchZone(BadInput):
    """A clock runs by a zone that exists."""

    message = _l("There is no such time zone. Choose one of the list.")


@dataclass(frozen=True)
class Choices:
    """What a volunteer chose, or what holds until they do."""

    digest: str = "weekly"
    appeals: bool = True
    thanks: bool = True
    survey: bool = True
    none: bool = False
    time_zone: str | None = None

    def takes(self, topic: str) -> bool:
        """Do they want mails of a topic?"""
        return self.digest != "never" if topic == "digest" else bool(getattr(self, topic))


def choices_of(volunteer: Volunteer) -> Choices:
    """Which mails a volunteer wants."""
    row = session.scalars(select(MailChoices).where(MailChoices.volunteer_id == volunteer.id)).one_or_none()
    if row is None:
        return Choices(digest=volunteer.digest)
    none = row.no_mails_at is not None
    return Choices(volunteer.digest, row.appeals, row.thanks, row.survey, none, row.time_zone)


def choose(volunteer: Volunteer, chosen: Choices, *, actor: User | None) -> None:
    """Keep what a volunteer chose; whoever wants no mail at all is called about what they must know.

    :raises NoSuchMail: the digest comes at no such times
    :raises NoSuchZone: no clock runs by that zone
    """
    refuse_if(chosen.digest not in DIGESTS, NoSuchMail)
    refuse_if(bool(chosen.time_zone) and chosen.time_zone not in time_zones(), NoSuchZone)
    volunteer = lock(volunteer)
    insert_unless_exists(MailChoices, volunteer_id=volunteer.id, appeals=True, thanks=True, survey=True)
    row = session.scalars(select(MailChoices).where(MailChoices.volunteer_id == volunteer.id)).one()
    row.appeals, row.thanks, row.survey = chosen.appeals, chosen.thanks, chosen.survey
    row.no_mails_at = (row.no_mails_at or clock.now()) if chosen.none else None
    row.time_zone = chosen.time_zone or None
    volunteer.digest = chosen.digest
    after = {"digest": chosen.digest, "appeals": chosen.appeals, "thanks": chosen.thanks, "survey": chosen.survey,
             "none": chosen.none, "time_zone": row.time_zone}  # fmt: skip
    audit.record("volunteer.choose_mails", volunteer, actor=actor, public=actor is None, after=after)


def switch_off(volunteer: Volunteer, topic: str, *, actor: User | None) -> None:
    """Write no more mails of one topic.

    :raises NoSuchMail: it is no topic
    """
    refuse_if(topic not in TOPICS, NoSuchMail)
    now = choices_of(volunteer)
    off: dict[str, Any] = {"digest": "never"} if topic == "digest" else {topic: False}
    choose(volunteer, Choices(**{**now.__dict__, **off}), actor=actor)


def find_by_hash(address_hash: str) -> Volunteer | None:
    """The volunteer whose address this is now."""
    return session.scalars(select(Volunteer).where(Volunteer.email_hash == address_hash)).one_or_none()


def zone_of(address_hash: str) -> str | None:
    """The time zone that the volunteer at an address chose."""
    found = select(MailChoices.time_zone).join(MailChoices.volunteer).where(Volunteer.email_hash == address_hash)
    return session.scalars(found.limit(1)).first()


def foot(mail: Mail) -> str | None:
    """The last lines of every mail to a volunteer; a firm's coordinators choose nothing here."""
    if find_by_hash(mail.to_hash) is None:
        return None
    return f"Which mails you get: {outside_url('volunteers.mail_choices', token=sign(PURPOSE, mail.to_hash))}"


def one_click_address(mail: Mail, topic: str) -> str:
    """Where a mail program switches off a topic for its reader."""
    return outside_url("volunteers.stop_mails", token=sign(ONE_CLICK, f"{topic}:{mail.to_hash}"))


def not_wanted(mail: Mail) -> str | None:
    """The last look at every mail to a volunteer: did they switch it off, or all of them?"""
    if mail.audience != "volunteer":
        return None
    volunteer = find_by_hash(mail.to_hash)
    if volunteer is None:
        return None
    chosen, topic = choices_of(volunteer), topic_of(mail)
    off = chosen.none or (topic is not None and not chosen.takes(topic))
    return OPTED_OUT if off else None
