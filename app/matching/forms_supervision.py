"""What staff choose about the attorney who answers for others."""

from __future__ import annotations

from collections.abc import Iterable

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import Optional

from app.accounts.models import User
from app.core.forms import Form


class SupervisionForm(Form):
    """The attorney of the staff who answers for students and paralegals on a case."""

    person = RadioField(_l("Who answers for them"), validators=[Optional()])

    def offer(self, attorneys: Iterable[User]) -> None:
        """Supervising attorneys of the programme, or nobody of the staff."""
        self.person.choices = [*((who.public_id, who.name) for who in attorneys), ("", _l("Nobody of our staff"))]
