"""The shape of a rule of a series."""

from __future__ import annotations

import secrets
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.core.forms import Form, Required, WholeNumberField

from . import question_sets
from .models import Audience
from .question_words import SETS
from .series import Rule
from .series_rules import ANCHORS, STAGES, matters

FAR = 9999


class ReasonForm(Form):
    """Why something is changed, and the version that the reader saw."""

    seen = HiddenField()
    reason = StringField(
        _l("Why do you change it?"),
        [Required(_l("Write why; one line is enough.")), Length(max=200, message=_l("Please shorten this."))],
    )

    @property
    def seen_number(self) -> int:
        """The version that the reader saw; none is no version."""
        text = self.seen.data or ""
        return int(text) if text.isdecimal() and len(text) < 9 else -1


class RuleForm(ReasonForm):
    """Whom to ask what, and when."""

    audience = RadioField(
        _l("Who is asked?"), choices=[("volunteer", _l("The volunteer")), ("client", _l("The client"))]
    )
    anchor = SelectField(_l("Counted from"))
    days = WholeNumberField(
        _l("After how many days?"),
        [InputRequired(_l("Write a number of days.")), NumberRange(-FAR, FAR, _l("Write a number of days."))],
        description=_l("Before a date: a number below zero, like -2."),
    )
    business = BooleanField(_l("Count business days"))
    repeats = BooleanField(_l("Again and again, every so many days"))
    until = WholeNumberField(
        _l("The last time after so many days"),
        [Optional(), NumberRange(-FAR, FAR, _l("Write a number of days."))],
        description=_l("Only for a rule that repeats. Empty: as long as the work lasts."),
    )
    matter = SelectField(_l("Kind of matter"))
    stage = SelectField(_l("Stage"))
    questions = SelectField(_l("Questions"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.anchor.choices = list(ANCHORS.items())
        self.matter.choices = list(matters().items())
        self.stage.choices = list(STAGES.items())
        self.questions.choices = [(name, SETS.get(name, name)) for name in question_sets.names()]

    def rule(self, key: str | None) -> Rule:
        """What was typed as a rule; a new one gets a key of its own."""
        return Rule(
            key=key or f"own_{secrets.token_hex(4)}",
            audience=Audience(self.audience.data),
            anchor=self.anchor.data,
            days=self.days.data or 0,
            business=bool(self.business.data),
            repeats=bool(self.repeats.data),
            matter=self.matter.data,
            questions=self.questions.data,
            stage=self.stage.data,
            until=self.until.data,
        )
