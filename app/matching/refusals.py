"""Why an opening cannot be had, in sentences for the reader."""

from __future__ import annotations

from collections.abc import Iterable

from flask import has_request_context, url_for
from flask_babel import lazy_gettext as _l

from app.clients.models import Case, Opening
from app.core.errors import Refusal

from . import words


class CaseGone(Refusal):
    """It was placed or taken off the docket meanwhile."""

    message = _l("This matter is no longer open. Somebody has taken it, or the programme took it off the list.")


class CasePaused(CaseGone):
    """The programme paused the case: whoever holds it or is asked keeps it and their time."""

    message = _l("The programme has paused this matter. Your time stands still; we write to you when it goes on.")


def gone(opening: Opening) -> CaseGone:
    """Why an opening that does not stand open cannot be had."""
    return CasePaused() if opening.case.paused_at is not None else CaseGone()


class DayOver(CaseGone):
    """The last day of a package is over; staff change the day or close it."""

    message = _l("The day by which this was to be done is over. The programme must choose a new one first.")


class NotOnTheList(CaseGone):
    """No such matter is open to the reader, whatever became of it; an unknown one is answered alike."""

    status = 404


class CaseTaken(Refusal):
    """Another volunteer holds the case or is ahead in the line."""

    message = _l("Someone else is looking at this matter just now. You can join the waiting list.")


class AtCapacity(Refusal):
    """The volunteer's slots are used."""

    message = _l("Your places are all taken. Finish or give back a matter, or raise your number in your profile.")


class VolunteerFull(Refusal):
    """The slots of the volunteer chosen by staff are used."""

    message = _l("This volunteer's places are all taken.")


class NotForYou(Refusal):
    """A hard rule speaks against the claimer."""

    message = _l("You cannot take this matter.")

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = list(rules)
        super().__init__(details=[words.RULES[rule] for rule in self.rules])


class RulesAgainst(Refusal):
    """A hard rule speaks against the volunteer staff chose."""

    message = _l("The rules speak against this volunteer for this case.")

    def __init__(self, rules: Iterable[str]) -> None:
        self.rules = list(rules)
        super().__init__(details=[words.RULES_FOR_STAFF[rule] for rule in self.rules])


class AlreadyAsked(Refusal):
    """An attempt with this volunteer is still open."""

    message = _l("This volunteer already has this case in hand: an offer, a hold or a place on the waiting list.")


class NotApprovedNow(Refusal):
    """A volunteer was paused or suspended, or left, while somebody looked at them."""

    message = _l("This volunteer takes no new cases now: paused, suspended or no longer approved. Choose another.")


class AskedSince(Refusal):
    """Somebody else was asked after the run proposed a volunteer."""

    message = _l("Somebody else was asked for this case since. To ask one more, send the offer from its shortlist.")


class EnoughOffers(Refusal):
    """As many offers are out as the priority allows."""

    message = _l("As many offers are out for this case as its priority allows. Wait for an answer first.")


class OfferOver(Refusal):
    """The offer was answered or its time is over."""

    message = _l("This offer is no longer open. Your list shows what you could take now.")


class HoldOver(Refusal):
    """The hold was given back, answered or its time is over."""

    message = _l("You no longer hold this matter. Your list shows what you could take now.")


class AlreadyYours(Refusal):
    """It was placed with whoever gives it back from a page of before."""

    message = _l("This matter is yours by now. To give it up, hand it back from its own page.")

    def __init__(self, case: Case) -> None:
        where = url_for("casework.my_case", public_id=case.public_id) if has_request_context() else None
        super().__init__(cure=(_l("Open the case"), where) if where else None)


class NotExtendable(Refusal):
    """The hold was extended before, or the matter cannot wait."""

    message = _l("This hold cannot be made longer: it was extended once, or the matter cannot wait.")


class NamesNotReleased(Refusal):
    """A coordinator has not released the names yet."""

    message = _l("A coordinator looks at this matter before its names are shown. We will write to you.")


class CheckAgain(Refusal):
    """The parties changed since the attestation."""

    message = _l("The people in this matter have changed. The names must be checked for conflicts again.")


class SearchAgain(Refusal):
    """Staff have not found the names clear as they are now."""

    message = _l("The people in this matter have changed. Search the programme's names again before you place it.")

    def __init__(self, case: Case | None = None) -> None:
        cure = None
        if case is not None and has_request_context():
            where = url_for("clients.screen", public_id=case.public_id, _anchor="conflicts")
            cure = (_l("Search the programme's names"), where)
        super().__init__(cure=cure)


class NeedsMentor(Refusal):
    """Nobody with time was named to stand by the volunteer."""

    message = _l("This match needs a mentor with time. Name one first.")


class NotRequested(Refusal):
    """The request was answered or taken back."""

    message = _l("This request is no longer open.")


class NotForFirm(Refusal):
    """The firm as a whole is kept from the matter, or none of its people may take it."""

    message = _l("Your firm cannot take this matter.")


class KeptYourself(Refusal):
    """Whoever answers for the firm is kept from the matter, in person or with another firm."""

    message = _l(
        "You cannot look at this matter yourself. Somebody else must answer for the firm, or give it back; "
        "the programme can help."
    )


class FirmCannot(Refusal):
    """Staff asked a firm that is kept from the case or has nobody for it."""

    message = _l("This firm is kept from the case, has said no, or has nobody who may take it.")


class FirmHasNoCoordinator(Refusal):
    """Nobody of the firm could answer."""

    message = _l("Nobody answers for this firm yet. Give it a coordinator first.")


class FirmChecksFirst(Refusal):
    """The firm has not found the names clear as they are now."""

    message = _l("The firm checks the names for conflicts first. Your coordinator knows.")


class CannotBeNamed(Refusal):
    """The person is not the firm's, not approved, or a rule speaks against them; which one is nobody's business."""

    message = _l("This person cannot be named for this matter. Choose another.")


class PersonFull(Refusal):
    """The person's places are taken."""

    message = _l("This person's places are all taken. Choose another.")


class HeldTwice(Refusal):
    """The volunteer held this matter twice."""

    message = _l("You have held this matter twice already. Write or call the programme if you can take it now.")


class LookedEnough(Refusal):
    """Names of many matters were shown and none was answered."""

    message = _l(
        "In the last seven days you held five matters and gave them back or let the time run out. "
        "Names are shown so that somebody can take a matter: please talk to the programme first."
    )


class FirmFull(Refusal):
    """The firm holds as many matters as its people have places."""

    message = _l("Your firm holds as many matters as its people have places for. Name somebody, or give one back.")


class AlreadyNamed(Refusal):
    """Somebody of the firm was named and has not given it back."""

    message = _l("Somebody is named for this matter already. Take the name back first.")
