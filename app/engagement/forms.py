"""Forms made from the questions of a check-in."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, TextAreaField
from wtforms.validators import Length, Optional

from app.casework.forms import HoursField
from app.core.forms import DayField, Form, Required

from .answers import Question

ROOT_CAUSES = [
    ("contact_details", _l("Wrong or changed contact details")),
    ("volunteer_busy", _l("Volunteer had no time")),
    ("volunteer_left", _l("Volunteer ill, away or gone")),
    ("client_unreachable", _l("Client could not be reached")),
    ("misunderstanding", _l("Misunderstanding")),
    ("language", _l("Language or interpreter")),
    ("other", _l("Something else")),
]


def checkin_form(questions: tuple[Question, ...], comment_label: str) -> Form:
    """The form of one set of questions, with room for a remark."""
    fields = {question.key: _field(question) for question in questions}
    fields["comment"] = TextAreaField(comment_label, [Optional(), Length(max=2000, message=_l("Please shorten this."))])
    return type("CheckinForm", (Form,), fields)()


def _field(question: Question) -> Any:
    if question.kind == "choice":
        needed = Required(_l("Please choose one answer."))
        return RadioField(question.words, [needed], choices=list(question.options), validate_choice=True)
    if question.kind == "day":
        return DayField(question.words)
    return HoursField(question.words, [Optional()])


def answers_of(form: Form, questions: tuple[Question, ...]) -> dict[str, Any]:
    """What was typed, as it is kept."""
    values = {question.key: form[question.key].data for question in questions}
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items() if value}


class CloseEscalationForm(Form):
    """What was found and why it came to this."""

    root_cause = SelectField(_l("Why did it come to this?"), [Required(_l("Choose a cause."))], choices=ROOT_CAUSES)
    found = TextAreaField(_l("What did you find?"), [Required(_l("Write what you found; one line is enough."))])
