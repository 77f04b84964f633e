"""What staff say about a letter."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.core.forms import DayField, Form, Required

from .operations_letters import DROP_REASONS


class PostedForm(Form):
    """When a letter was posted."""

    posted_on = DayField(_l("Posted on"), [Required(_l("Write the day on which it was posted."))], years=(1, 1))


class CameBackForm(Form):
    """When a letter came back."""

    returned_on = DayField(_l("Came back on"), [Required(_l("Write the day on which it came back."))], years=(1, 1))


class NotPostedForm(Form):
    """Why a letter is not posted."""

    reason = RadioField(_l("Why is it not posted?"), [Required(_l("Choose why it is not posted."))],
                        choices=list(DROP_REASONS.items()))  # fmt: skip
