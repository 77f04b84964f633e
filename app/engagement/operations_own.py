"""What a volunteer answers signed in: one check-in, or "on track" to several."""

from __future__ import annotations

from flask import has_request_context, url_for
from flask_babel import lazy_gettext as _l

from app.accounts.models import User
from app.core.db import lock
from app.core.errors import NotAllowed, Refusal, refuse_if

from . import answers
from .models import Answer, Audience, Checkin
from .operations import answer


class AnsweredBefore(Refusal):
    """The check-in has its answer."""

    message = _l("You answered this one before. Open it if you want to change your answer.")


class NotAskedAnyMore(Refusal):
    """The check-in was closed."""

    message = _l("Nothing is asked about this one any more.")


class AsksMore(Refusal):
    """The check-in also asks what "on track" does not answer."""

    message = _l("This one also asks whether you have reached your client. Answer it by itself.")

    def __init__(self, checkin: Checkin | None = None) -> None:
        cure = None
        if checkin is not None and has_request_context():
            cure = (_l("Answer it"), url_for("engagement.own_checkin", public_id=checkin.public_id))
        super().__init__(cure=cure)


def takes_on_track(checkin: Checkin) -> bool:
    """Is "on track" a whole answer to it?"""
    asked = answers.asked(checkin, "en")
    return all(question.key == "standing" or question.kind not in answers.CHOSEN for question in asked)


def answer_on_track(checkin: Checkin, *, actor: User) -> Answer:
    """Answer that all is well, to a check-in that asks no more than that.

    :raises NotAllowed: it asks somebody else
    :raises AnsweredBefore: it has an answer
    :raises AsksMore: it asks more than how it stands
    :raises NotAskedAnyMore: it was closed meanwhile
    """
    checkin = lock(checkin)
    asked = checkin.assignment.volunteer
    refuse_if(checkin.audience is not Audience.VOLUNTEER or asked.user_id != actor.id, NotAllowed)
    refuse_if(checkin.answered_at is not None, AnsweredBefore)
    refuse_if(checkin.closed_at is not None, NotAskedAnyMore)
    refuse_if(not takes_on_track(checkin), AsksMore(checkin))
    return answer(checkin, {"standing": "on_track"}, actor=actor, how="signed_in")
