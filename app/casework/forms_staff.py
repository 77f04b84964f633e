"""What staff type about the work on a case."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import Length

from app.core.forms import Form, Required

from .forms import ContactForm, NoteForm
from .models import Visibility

VISIBILITIES = [
    (Visibility.PROGRAMME.value, _l("The programme and everybody on the case")),
    (Visibility.STAFF.value, _l("Staff only")),
]
ATTORNEYS_ONLY = (
    Visibility.LAWYER_AND_CLIENT.value,
    _l("Privileged: the people on the case and supervising attorneys"),
)
WITHDRAW_REASONS = [
    ("client_wish", _l("The client wants no more help")),
    ("no_contact", _l("The client cannot be reached any more")),
    ("solved", _l("The matter solved itself")),
    ("other_lawyer", _l("The client found another lawyer")),
    ("moved", _l("The client moved away")),
    ("died", _l("The client died")),
]


class StaffNoteForm(NoteForm):
    """A note, and who may read it."""

    def offer(self, *, is_attorney: bool) -> None:
        """Privileged notes are for those who may read them."""
        self.visibility.choices = [*VISIBILITIES, ATTORNEYS_ONLY] if is_attorney else [*VISIBILITIES]


class StaffContactForm(ContactForm):
    """An attempt to reach the client, and what was said."""

    said = TextAreaField(
        _l("What was said"),
        [Length(max=20_000, message=_l("Please shorten this."))],
        description=_l("Kept as a note. Leave it empty if there is nothing to keep."),
    )


class WaiveForm(Form):
    """Why there is no engagement letter."""

    reason = SelectField(
        _l("Why no letter"),
        choices=[
            ("advice_only", _l("Advice only")),
            ("signed_on_paper", _l("The volunteer's firm uses its own, on paper")),
            ("emergency", _l("An emergency; the client agreed by voice")),
        ],
    )


class ReturnForm(Form):
    """What is missing in a closing report."""

    reason = TextAreaField(
        _l("What must be added or changed"),
        [Required(_l("Write what must be added or changed.")), Length(max=2000, message=_l("Please shorten this."))],
        description=_l("The volunteer reads it."),
    )


class WithdrawForm(Form):
    """Why a case ends before its work is done."""

    reason = RadioField(_l("Why"), [Required(_l("Choose a reason."))], choices=WITHDRAW_REASONS)


class ConfirmForm(Form):
    """Nothing to type: a last question before something that cannot be undone."""


class ApproveForm(ConfirmForm):
    """The same before a case is closed; it carries which report was read."""

    seen = HiddenField()
