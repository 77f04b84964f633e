"""The shape of what is typed around asking volunteers."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.forms import DayField, Form, Required


class AgainForm(Form):
    """From which day to ask again."""

    day = DayField(
        _l("When may we ask you again?"),
        validators=[Required(_l("Write a day after today."))],
        description=_l("Until then we propose nothing to you. You can change it in your profile."),
    )
