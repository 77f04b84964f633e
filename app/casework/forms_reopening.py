"""What staff type when a closed case begins again."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.core.forms import Form, Required

REASONS = [
    ("new_facts", _l("Something new came up in the same matter")),
    ("not_finished", _l("The work was not finished")),
    ("client_asks", _l("The client asks for more in the same matter")),
    ("error", _l("It was closed by mistake")),
]


class ReopenForm(Form):
    """Why a case begins again, and with whom."""

    reason = RadioField(_l("Why"), [Required(_l("Choose a reason."))], choices=REASONS)
    who = RadioField(
        _l("Who works on it"),
        [Required(_l("Say who works on it."))],
        choices=[
            ("lead", _l("The volunteer who had it, and who has agreed")),
            ("anew", _l("Somebody else: prepare and list it again")),
        ],
    )
