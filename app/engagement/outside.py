"""Whose link takes no answer: a case that has ended, one they have no more, or whose file is closed to them."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.clients.models import OPEN
from app.clients.supervision import CUT_OFF, STOPPED, why_it_rests
from app.core.errors import Refusal

from .models import Audience, Checkin


class NothingAskedNow(Refusal):
    """The work on the case has ended: an answer would reach nobody who works on it."""

    status = 410

    def __init__(self, checkin: Checkin) -> None:
        phone = checkin.case.programme.phone
        super().__init__(
            _("Nothing is asked here any more. If something is different now, please call %(phone)s.", phone=phone)
        )


class NoLongerWithThem(Refusal):
    """A volunteer is asked about a matter that is not with them, or not now."""

    status = 410
    message = _l("This matter is no longer with you, so there is nothing to answer here.")

    def __init__(self, checkin: Checkin) -> None:
        programme = checkin.case.programme
        whom = {"programme": programme.name, "phone": programme.phone or ""}
        told = _("If you think that this is wrong, or something is still to be told, call %(programme)s: %(phone)s.")
        super().__init__(details=[told % whom] if programme.phone else [])


def refuse_outsiders(checkin: Checkin) -> None:
    """Refuse the answer of a volunteer whose part has ended, or whose file is closed until somebody decides.

    :raises NoLongerWithThem: so it is; what they answered before is kept
    """
    if checkin.audience is not Audience.VOLUNTEER:
        return
    part = checkin.assignment
    if part.ended_at is not None or why_it_rests(part) in (CUT_OFF, STOPPED):
        raise NoLongerWithThem(checkin)


def refuse_after_the_end(checkin: Checkin) -> None:
    """Refuse an answer, or another one, about a case on which nobody works any more.

    :raises NothingAskedNow: so it is; what was answered before is kept
    """
    if checkin.case.status not in OPEN:
        raise NothingAskedNow(checkin)
