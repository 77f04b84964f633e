"""The form of a survey, made from its sentences, and of a quote."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, TextAreaField
from wtforms.validators import Length, Optional

from app.core.forms import Form, Required

from .surveys import SCALE, Item

SHORTER = _l("Please shorten this.")


def survey_form(asked: tuple[Item, ...], data: dict[str, Any] | None = None) -> Form:
    """Six sentences, each to agree with or not; none must be answered."""
    fields: dict[str, Any] = {
        item.key: RadioField(item.words, [Optional()], choices=list(SCALE), validate_choice=True) for item in asked
    }
    fields["comment"] = TextAreaField(
        _l("What else should we know?"), [Optional(), Length(max=2000, message=SHORTER)],
        description=_l("Write no names or details of the matter."),
    )  # fmt: skip
    fields["may_quote"] = BooleanField(_l("You may show these words to others, without my name"))
    fields["complains"] = BooleanField(_l("Something was not right. Somebody should look into it and speak with me."))
    return type("SurveyForm", (Form,), fields)(data=data)


class QuoteForm(Form):
    """The words that are shown to others."""

    quote = TextAreaField(
        _l("These words are shown"),
        [Required(_l("Leave at least a few words.")), Length(max=600, message=SHORTER)],
        description=_l("Leave out what could tell who it is: names, places, the kind of problem. Write … for a gap."),
    )
