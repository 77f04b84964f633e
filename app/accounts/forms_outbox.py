"""Why a mail is not to be sent."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.core.forms import Form, Required
from app.core.outbox import REASONS

from .forms import options

WORDS = {
    "told_otherwise": _l("The person was told another way"),
    "wrong_address": _l("The address is wrong or not safe"),
    "no_longer_true": _l("What it says is no longer true"),
    "not_meant": _l("It should not have been written"),
}


class DropForm(Form):
    """The reason that is kept with the mail: one of a few, so that nobody writes about a client here."""

    reason = RadioField(_l("Why should it not be sent?"), validators=[Required(_l("Choose a reason."))])

    def __init__(self, *of: object, **with_: object) -> None:
        super().__init__(*of, **with_)
        self.reason.choices = options((each, WORDS[each]) for each in REASONS)
