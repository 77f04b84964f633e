"""Why not, in sentences for the reader."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.errors import BadInput, NotAllowed, Refusal


class WrongStatus(Refusal):
    """The volunteer's status does not allow the move."""

    message = _l("Somebody changed this volunteer's status meanwhile. Look at the page again.")


class RequirementsOpen(Refusal):
    """No role has all its requirements met; the refusal names what is missing."""

    message = _l("Not approved: for none of the roles is everything verified that the role asks for.")


class CredentialEnded(Refusal):
    """The credential is ended or refused already."""

    message = _l("This credential has ended. Enter a new one instead.")


class NotInGoodStanding(Refusal):
    """The licence's standing allows no new cases."""

    message = _l("A licence in that standing does not allow new cases. Refuse it instead.")


class NotYourOwn(NotAllowed):
    """Nobody screens themselves."""

    message = _l("This is your own record. Somebody else must do that.")


class DayIsPast(BadInput):
    """A day that should lie ahead is over."""

    message = _l("That day is over. Choose one that lies ahead.")


class SayWhatOfHolds(BadInput):
    """A volunteer pauses while matters are held for them."""

    message = _l("Matters are held for you. Say first whether you keep them or give them back.")


class StillHasCases(Refusal):
    """Open cases must be handed over before."""

    message = _l("There are open cases. Hand them back or over first.")


class AddressOfAnother(Refusal):
    """The account with this address belongs to another volunteer record."""

    message = _l("The account with this mail address belongs to another volunteer.")
