"""What a firm's coordinator chooses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.core.forms import Form

from .firms import Able


class NameForm(Form):
    """The person who takes the matter."""

    person = RadioField(_l("Who takes it?"), validators=[InputRequired(_l("Choose a person."))])

    def offer(self, able: Iterable[Able]) -> Self:
        """Offer the firm's people who may take it and have room."""
        self.person.choices = [(one.volunteer.public_id, one.name) for one in able if one.room]
        return self

    @property
    def hints(self) -> dict[str, str]:
        """What is said beside each name."""
        return {value: _("may take it, and has room") for value, _label in self.person.choices or []}
