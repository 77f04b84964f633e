"""The shape of what volunteers and coordinators type about an opening."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional, ValidationError

from app.core.forms import Form
from app.volunteers.models import Volunteer

from . import words


def _choices(said: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(said.items())


def told_apart(people: Sequence[Volunteer]) -> list[tuple[str, str]]:
    """People to choose from in their order; who shares a name with another there is told apart by the mail address."""
    named = [(each.public_id, each.name, each.email) for each in people]
    bearers = Counter(name.casefold() for _, name, _ in named)
    return [(one, f"{name} ({email})" if bearers[name.casefold()] > 1 else name) for one, name, email in named]


class HoldForm(Form):
    """Keeping to oneself what the names will tell."""

    confidential = BooleanField(
        _l("I will use the names only for a conflict check and share them with nobody else."),
        validators=[InputRequired(_l("Tick the box first: the names are confidential."))],
    )


class AttestForm(Form):
    """What the conflict check found, about the names that the page showed."""

    names_read = HiddenField()
    answer = RadioField(
        _l("What did you find, for you and your firm?"),
        choices=[
            ("clear", _l("No conflict")),
            ("conflict", _l("There is a conflict")),
            ("declined", _l("I would rather not take it")),
        ],
        validators=[InputRequired(_l("Choose what you found."))],
    )
    checked = BooleanField(_l("I checked every name on this page for myself and my firm."))

    def validate_checked(self, field: BooleanField) -> None:
        """A clear answer is a statement about every name."""
        if self.answer.data == "clear" and not field.data:
            raise ValidationError(_l("Tick the box: a clear answer covers every name."))


class DeclineForm(Form):
    """Why not, in one tap; nobody has to say."""

    reason = SelectField(
        _l("Reason"), choices=[("", _l("No reason given")), *_choices(words.DECLINE_REASONS)], validators=[Optional()]
    )


class RefuseForm(Form):
    """Why a request is not granted."""

    reason = RadioField(
        _l("Why not?"),
        choices=_choices(words.REFUSE_REASONS),
        validators=[InputRequired(_l("Choose a reason. The volunteer does not see it."))],
    )


class ConfirmForm(Form):
    """The mentor where one is needed."""

    mentor = SelectField(_l("Mentor"), validators=[Optional()])


class HandForm(Form):
    """A placement by hand: with whom, why, and that the names were checked."""

    volunteer = SelectField(
        _l("Volunteer"), validators=[InputRequired(_l("Choose a volunteer."))], description=_l("Approved volunteers.")
    )
    reason = RadioField(
        _l("Why this volunteer?"),
        choices=_choices(words.HAND_REASONS),
        validators=[InputRequired(_l("Choose a reason. It is kept with the placement."))],
    )
    mentor = SelectField(
        _l("Mentor"), validators=[Optional()], description=_l("Only where the matter asks for one step more.")
    )
    checked = RadioField(
        _l("Has the volunteer checked the names, for self and firm?"),
        choices=[("y", _l("Yes, every name, and found no conflict")), ("not_yet", _l("Not yet"))],
        validators=[InputRequired(_l("Say whether the volunteer checked every name."))],
    )
