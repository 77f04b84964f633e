"""What people type about a package or a part beside the lead's."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length

from app.core.forms import Form, HoursField, Required

from .operations_packages import GIVE_BACK_REASONS

LONG = Length(max=4000, message=_l("Use at most 4,000 letters."))


class PackageDoneForm(Form):
    """That a package is done."""

    text = TextAreaField(_l("What was done"), [Required(_l("Write in a few lines what was done.")), LONG])
    hours = HoursField(
        _l("Hours in all"), [Required(_l("Write the hours, like 1.5."))],
        description=_l("With those you logged before. Tenths are enough."),
    )  # fmt: skip


class GiveBackPartForm(Form):
    """Why a part is given back."""

    reason = RadioField(_l("Why?"), [Required(_l("Choose a reason."))], choices=list(GIVE_BACK_REASONS.items()))


class ReturnPackageForm(Form):
    """What is still missing."""

    reason = TextAreaField(_l("What is still missing"), [Required(_l("Write what is still missing.")), LONG])
