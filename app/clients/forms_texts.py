"""The form in which a programme writes its own words to clients."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField

from app.core.forms import Form, Required


class TextForm(Form):
    """A subject and a text; what they may hold is checked by the operation."""

    seen = HiddenField()
    subject = StringField(
        _l("Subject"),
        [Required(_l("Write a subject."))],
        description=_l("It shows on a locked screen. Keep it neutral."),
    )
    text = TextAreaField(_l("Text"), [Required(_l("Write the text."))])
