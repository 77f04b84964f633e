"""What staff type while they screen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField, ValidationError
from wtforms.validators import Length, Optional

from app.core.forms import DayField, Form, Required

from . import facts, policy, words
from .forms import Boxes, OneOf, WholeNumberField
from .held import GIVE_BACK, KEEP
from .models import Credential, CredentialKind

CHOOSE_HOW = _l("Choose how you verified it.")
CHOOSE_REASON = _l("Choose a reason.")
STANDING_OF_KIND = {
    CredentialKind.FULL_LICENCE: "active",
    CredentialKind.EMERITUS: "limited_emeritus_pro_bono",
    CredentialKind.IN_HOUSE: "in_house_registered",
}


def _reason(reasons: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [("", _l("Choose a reason")), *reasons.items()]


class VerifyForm(Form):
    """How something was verified, and until when it holds."""

    standing = OneOf(_l("What the register says"), choices=[("", _l("Choose")), *words.STANDINGS.items()])
    how = OneOf(_l("How you verified it"), [Required(CHOOSE_HOW)],
                      choices=[("", _l("Choose")), *words.HOW.items()])  # fmt: skip
    until = DayField(_l("Valid until"), description=_l("Leave it empty for the usual end."))

    def fit(self, credential: Credential) -> None:
        """Ask for the standing of licences only."""
        if credential.kind not in policy.LICENCES:
            del self.standing

    def validate_standing(self, field: SelectField) -> None:
        """Good standing alone is verified; anything else is refused below."""
        if not field.data:
            raise ValidationError(str(_l("Choose what the register says.")))
        if not facts.allows_new_cases(field.data):
            raise ValidationError(str(_l("In that standing no new case can be taken. Refuse the licence below.")))

    @property
    def chosen_standing(self) -> str | None:
        """The standing, where it was asked for."""
        return self.standing.data if "standing" in self else None


class RefuseForm(Form):
    """Why something stated is not verified."""

    reason = OneOf(_l("Why it is refused"), [Required(CHOOSE_REASON)], choices=_reason(words.REFUSALS))


class EndForm(Form):
    """Why something ends early."""

    reason = OneOf(_l("Why it ends"), [Required(CHOOSE_REASON)], choices=_reason(words.ENDINGS))


class CredentialForm(Form):
    """A credential as its holder states it."""

    kind = OneOf(_l("What is it?"), [Required(_l("Choose what it is."))])
    state = OneOf(_l("State"), choices=[("", _l("No state")), *facts.STATE_NAMES.items()])
    name = StringField(_l("Court, agency or name of the training"), [Optional(), Length(max=24)],
                       description=_l("At most 24 characters, where it is not a state."))  # fmt: skip
    number = StringField(_l("Number"), [Optional(), Length(max=40)])
    until = DayField(_l("Valid until"), description=_l("Leave it empty if it has no end."))

    def offer_kinds(self, by_staff: bool) -> None:
        """Orientation and background checks are entered by staff."""
        kinds = [kind for kind in CredentialKind if by_staff or kind in policy.STATED_BY_VOLUNTEERS]
        self.kind.choices = [("", _l("Choose")), *((kind.value, words.KINDS[kind]) for kind in kinds)]

    def validate_state(self, field: SelectField) -> None:
        """A licence belongs to a state."""
        if self.kind.data in policy.LICENCE_KINDS and not field.data:
            raise ValidationError(str(_l("Choose the state of the licence.")))

    def validate_number(self, field: StringField) -> None:
        """A licence has a number."""
        if self.kind.data in policy.LICENCE_KINDS and not (field.data or "").strip():
            raise ValidationError(str(_l("Write the number of the licence.")))

    def values(self) -> dict[str, Any]:
        """What was typed, for the operation."""
        return {
            "kind": CredentialKind(self.kind.data),
            "jurisdiction": self.state.data or " ".join((self.name.data or "").split()) or None,
            "number": (self.number.data or "").strip() or None,
            "valid_until": self.until.data,
        }


class RecordForm(CredentialForm):
    """A credential that staff enter because they saw it themselves."""

    how = OneOf(_l("How you know"), [Required(CHOOSE_HOW)],
                      choices=[("", _l("Choose")), *words.HOW.items()])  # fmt: skip


class DecideForm(Form):
    """A move of the status with its reason."""

    reason = OneOf(_l("Reason"), [Required(CHOOSE_REASON)])

    def fit(self, reasons: Mapping[str, Any]) -> None:
        """Offer the reasons of this move."""
        self.reason.choices = _reason(reasons)


class PauseForm(DecideForm):
    """A pause with its last day."""

    until = DayField(_l("Last day of the pause"))

    @property
    def last_day(self) -> date:
        """The day typed, once the form is valid."""
        return self.until.data or date.max

    def validate_until(self, field: DayField) -> None:
        """A pause has an end."""
        if field.data is None:
            raise ValidationError(str(_l("Write the last day of the pause.")))


class OwnPauseForm(PauseForm):
    """A volunteer's own pause; where matters are held, what becomes of them."""

    holds = OneOf(_l("What becomes of what is held for you?"), choices=[
        ("", _l("Choose")),
        (KEEP, _l("I keep it and finish my conflict check in time")),
        (GIVE_BACK, _l("I give it back; somebody else is asked")),
    ])  # fmt: skip

    def ask_about(self, held: bool) -> None:
        """Ask only where something is held."""
        self.is_asked = held
        if not held:
            del self.holds

    def validate_holds(self, field: SelectField) -> None:
        """It is never guessed."""
        if not field.data:
            raise ValidationError(str(_l("Say whether you keep it or give it back.")))

    @property
    def said_holds(self) -> str | None:
        """What becomes of what is held, where it was asked."""
        return self.holds.data if self.is_asked else None


class StandingForm(Form):
    """How a volunteer stands with a programme."""

    excluded = BooleanField(_l("Never offer them our cases"))
    reason = OneOf(_l("Why not"), choices=[("", _l("Choose a reason")), *words.EXCLUSIONS.items()])
    covered = BooleanField(_l("Our malpractice policy covers them"))
    takes_at_once = BooleanField(_l("Their claims need no confirmation"))

    def validate_reason(self, field: SelectField) -> None:
        """An exclusion needs a reason."""
        if self.excluded.data and not field.data:
            raise ValidationError(str(CHOOSE_REASON))


class RequirementForm(Form):
    """What a role asks for."""

    role = OneOf(_l("Role"), choices=list(words.ROLES.items()))
    name = StringField(_l("Short name"), [Required(_l("Write a short name.")), Length(max=40)])
    wording = StringField(_l("In words, as coordinators and volunteers read it"),
                        [Required(_l("Write it in words.")), Length(max=160)])  # fmt: skip
    met_by = Boxes(_l("Met by any of these"), [Required(_l("Choose what meets it."))],
                   choices=[*((kind.value, words.KINDS[kind]) for kind in CredentialKind),
                            (policy.PROGRAMME_COVER, _l("A programme's malpractice cover"))])  # fmt: skip
    months = WholeNumberField(_l("Months it counts for, at most"), [Optional()],
                              description=_l("Leave it empty if it does not run out."))  # fmt: skip
    reason = StringField(_l("Why it changes"), [Required(_l("Write why.")), Length(max=200)])


class EndRequirementForm(Form):
    """Why a role asks for something no more."""

    reason = StringField(_l("Why it changes"), [Required(_l("Write why.")), Length(max=200)])
