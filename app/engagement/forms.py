"""Forms made from the questions of a check-in."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, TextAreaField
from wtforms.validators import Length, Optional

from app.core.forms import DayField, Form, HoursField, Required

from .answers import CHOSEN, Question


def checkin_form(questions: tuple[Question, ...], comment_label: str) -> Form:
    """The form of one set of questions, with room for a remark."""
    fields = {question.key: _field(question) for question in questions}
    fields["comment"] = TextAreaField(comment_label, [Optional(), Length(max=2000, message=_l("Please shorten this."))])
    return type("CheckinForm", (Form,), fields)()


def _field(question: Question) -> Any:
    if question.kind in CHOSEN:
        needed = Required(f"{question.words} {_('Please choose one answer.')}")  # the summary tells which
        return RadioField(question.words, [needed], choices=list(question.options), validate_choice=True)
    if question.kind == "text":
        return TextAreaField(question.words, [Optional(), Length(max=500, message=_l("Please shorten this."))])
    if question.kind == "day":
        return DayField(question.words, years=(1, 10))  # a day to come; a slip of the year is asked about
    return HoursField(question.words, [Optional()])


def answers_of(form: Form, questions: tuple[Question, ...]) -> dict[str, Any]:
    """What was typed, as it is kept."""
    values = {question.key: form[question.key].data for question in questions}
    return {key: value.isoformat() if hasattr(value, "isoformat") else value for key, value in values.items() if value}
