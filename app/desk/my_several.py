"""Several like things that wait for a volunteer, done together: each by itself, with what became of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.casework.queries_packages import resting
from app.core.db import session, transaction
from app.core.errors import NotFound, Refusal, refuse_if
from app.core.i18n import when_at, when_day
from app.engagement.operations_own import answer_on_track, takes_on_track
from app.engagement.queries import get_own_checkin, own_checkins
from app.matching import operations, words
from app.matching import queries as matching
from app.matching.models import HOLDING, Referral, ReferralStatus

S = ReferralStatus
MOST = 50
REASONS = {code: said for code, said in words.DECLINE_REASONS.items() if code != "conflict"}  # a conflict is about one


@dataclass(frozen=True)
class Item:
    """One thing that can be chosen: its matter, until when, and its own page; why it cannot, if so."""

    public_id: str
    title: str
    detail: str
    url: str
    alone: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one of those chosen, and where to go on with it."""

    title: str
    text: str
    ok: bool
    label: str
    url: str


@dataclass(frozen=True)
class Kind:
    """A kind of thing that is done to several at once."""

    title: Any
    text: Any
    submit: Any
    done: Any
    nothing: Any
    items: Callable[[User], list[Item]]
    act: Callable[[str, str | None, User], str]


def _checkins(viewer: User) -> list[Item]:
    closed = resting(viewer)
    return [
        Item(
            asked.public_id, f"{asked.case.number}: {asked.case.title}",
            _("asked %(day)s", day=when_day(asked.due_on)),
            url_for("engagement.own_checkin", public_id=asked.public_id),
            "" if takes_on_track(asked) else _("asks more; answer it by itself"),
        )
        for asked in own_checkins(viewer)
        if asked.assignment_id not in closed
    ]  # fmt: skip


def _referrals(viewer: User, *statuses: ReferralStatus) -> list[Item]:
    found = [each for each in session.execute(matching.my_referrals(viewer)).scalars() if each.status in statuses]
    return [
        Item(
            each.public_id, f"{each.case.number}: {words.called(each.opening)}", _standing(each),
            url_for("matching.parties", public_id=each.public_id),
        )
        for each in found
    ]  # fmt: skip


def _standing(referral: Referral) -> str:
    said = str(words.STATUSES[referral.status.value])
    if referral.ends_at is None or referral.stands_still:
        return said
    return _("%(said)s, until %(when)s", said=said, when=when_at(referral.ends_at, referral.case.programme.time_zone))


def _holds(viewer: User) -> list[Item]:
    return _referrals(viewer, *HOLDING, S.WAITLISTED)


def _offers(viewer: User) -> list[Item]:
    return _referrals(viewer, S.OFFERED)


def _on_track(public_id: str, reason: str | None, viewer: User) -> str:
    asked = get_own_checkin(public_id, viewer=viewer)
    answer_on_track(asked, actor=viewer)
    return asked.case.number


def _give_back(public_id: str, reason: str | None, viewer: User) -> str:
    referral = matching.get_my_referral(public_id, viewer=viewer)
    refuse_if(referral.status is S.OFFERED, NotFound)
    operations.withdraw_hold(referral, actor=viewer)
    return referral.case.number


def _decline(public_id: str, reason: str | None, viewer: User) -> str:
    referral = matching.get_my_referral(public_id, viewer=viewer)
    operations.decline_offer(referral, reason, actor=viewer)
    return referral.case.number


KINDS = {
    "check-ins": Kind(
        _l("Which of these are on track?"), _l("The others keep their question. Hours and dates stay on each case."),
        _l("On track"), _l("We have your answer: on track."), _l("No check-in waits for an answer"),
        _checkins, _on_track,
    ),
    "holds": Kind(
        _l("Which of these do you give back?"), _l("The next in line is asked. It counts against nobody."),
        _l("Give back"), _l("Given back. The programme sees it at once."), _l("You hold nothing, and wait for nothing"),
        _holds, _give_back,
    ),
    "offers": Kind(
        _l("To which of these do you say no?"), _l("It is never held against you. You need not say why."),
        _l("No, thank you"), _l("You said no. Thank you for answering."), _l("No offer waits for an answer"),
        _offers, _decline,
    ),
}  # fmt: skip


def do_each(kind: Kind, chosen: list[str], reason: str | None, *, actor: User) -> list[Result]:
    """Do the same to each in a transaction of its own, with every check of its own; a refusal undoes no other."""
    known = {item.public_id: item for item in kind.items(actor)}
    session.rollback()
    return [_one(kind, public_id, known.get(public_id), reason, actor) for public_id in chosen]


def _one(kind: Kind, public_id: str, item: Item | None, reason: str | None, actor: User) -> Result:
    title, url = (item.title, item.url) if item else (_("One of those you chose"), url_for("desk.my_home"))
    try:
        with transaction():
            number = kind.act(public_id, reason, actor)
    except NotFound:
        return Result(title, _("It is no longer among yours."), False, _("Your start page"), url_for("desk.my_home"))
    except Refusal as no:
        label, to = no.cure or (_("Look at it"), url)
        said = " ".join(str(each) for each in (no.message, *no.details))
        return Result(title, said, False, str(label), to)
    return Result(item.title if item else number, str(kind.done), True, "", "")
