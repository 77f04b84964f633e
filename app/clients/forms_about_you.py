"""Questions to clients about themselves, none of which must be answered."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import Optional, StopValidation

from . import about_you
from .about_you import DECLINED, TICKED, Choices
from .fields_intake import Boxes
from .forms import PartForm
from .models import Case
from .operations_about_you import BothSaid

NOT_SAID: Choices = [(DECLINED, _l("I prefer not to say"))]
NOTHING: Choices = [("", _l("Did not say"))]
NOT_TOLD: Choices = [(DECLINED, _l("Prefers not to say"))]


def _one(question: Any, choices: Choices) -> RadioField:
    return RadioField(question, [Optional()], choices=choices, default="")


class AboutYouForm(PartForm):
    """What somebody may say about themselves."""

    age = _one(_l("How old are you?"), [*about_you.AGES, *NOT_SAID])
    race = Boxes(_l("What is your race or ethnicity?"), description=_l("Choose all that are true for you."))
    gender = _one(_l("What is your gender?"), [*about_you.GENDERS, *NOT_SAID])

    not_said = NOT_SAID

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.race.choices = [*about_you.races(), *self.not_said]

    def for_case(self, case: Case) -> Any:
        """The form without the age where the request says it."""
        if TICKED in (case.circumstances or ()):
            del self.age
        return self

    def validate_race(self, field: Boxes) -> None:
        """Groups, or none to tell."""
        if DECLINED in (field.data or ()) and len(field.data or ()) > 1:
            raise StopValidation(str(BothSaid.message))


class AboutClientForm(AboutYouForm):
    """The same, noted by staff for a client."""

    age = _one(_l("Age"), [*NOTHING, *about_you.AGES, *NOT_TOLD])
    race = Boxes(_l("Race or ethnicity"), description=_l("All that the client named."))
    gender = _one(_l("Gender"), [*NOTHING, *about_you.GENDERS, *NOT_TOLD])

    not_said = NOT_TOLD


def as_shown(answers: about_you.Answers, form: AboutYouForm) -> dict[str, Any]:
    """Kept answers as a form shows them."""
    shown = {"age": answers.get("age") or "", "race": answers.get("race") or [], "gender": answers.get("gender") or ""}
    return {name: value for name, value in shown.items() if name in form}
