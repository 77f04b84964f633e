"""The days somebody is away."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.forms import DayField, Form, Required


class LeaveForm(Form):
    """From the first day until the last."""

    from_on = DayField(_l("First day away"), [Required(_l("Write the first day."))], years=(0, 2))
    until_on = DayField(_l("Last day away"), [Required(_l("Write the last day."))], years=(0, 2))
