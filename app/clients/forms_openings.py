"""What staff type about a part or package of a case."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from app.core.forms import DayField, Form, Required

from . import vocabulary as words
from .forms import Boxes, choices
from .forms_docket import hundredths
from .models import Opening, SkillLevel
from .operations_openings import MOST_NAME, MOST_TEXT, OpeningFacts

TEXT = Length(max=MOST_TEXT, message=_l("Use at most 2,000 letters."))
NO_NAMES = _l("No names, no place smaller than the county, not the client's own words.")
PARTS = {part: said for part, said in words.CASE_ROLES.items() if part != "lead"}


class OpeningForm(Form):
    """What parts and packages have in common."""

    hours = StringField(
        _l("Hours"), [Required(_l("Write the hours you expect."))], description=_l("In all. Like 12 or 4.5.")
    )
    in_person = BooleanField(_l("They must come in person"))

    def validate_hours(self, field: Any) -> None:
        """Hours are a number above zero."""
        if hundredths(field.data) is None:
            raise ValidationError(_l("Write the hours as a number, like 12 or 4.5."))


class RoleForm(OpeningForm):
    """Another part for as long as the case lasts."""

    role = SelectField(_l("Part"), [Required(_l("Choose the part."))], choices=choices(PARTS, none=_l("Choose one")))
    text = TextAreaField(_l("What volunteers read"), [Optional(), TEXT], description=NO_NAMES)

    def facts(self) -> OpeningFacts:
        """What was typed."""
        return OpeningFacts(
            role=self.role.data, text=self.text.data or "", hours=hundredths(self.hours.data) or 0,
            in_person=self.in_person.data,
        )  # fmt: skip


class PackageForm(OpeningForm):
    """One task with hours and an end."""

    package = StringField(
        _l("Task"),
        [Required(_l("Name the task.")), Length(max=MOST_NAME, message=_l("Use at most 120 letters."))],
        description=_l("As volunteers read it, like “Interpreter for a hearing”."),
    )
    text = TextAreaField(
        _l("What is to be done"), [Required(_l("Write what is to be done.")), TEXT], description=NO_NAMES
    )
    takers = Boxes(_l("Who may take it"), [Required(_l("Choose who may take it."))], choices=choices(words.TAKERS))
    level = RadioField(_l("Experience it asks for"), choices=choices(words.LEVELS), default=SkillLevel.LEARNING.value)
    ends_on = DayField(_l("Last day"), [Required(_l("Say by which day it must be done."))])

    def facts(self) -> OpeningFacts:
        """What was typed."""
        return OpeningFacts(
            package=self.package.data or "", text=self.text.data or "", hours=hundredths(self.hours.data) or 0,
            takers=tuple(self.takers.data or ()), level=self.level.data or None, ends_on=self.ends_on.data,
            in_person=self.in_person.data,
        )  # fmt: skip


def shown(opening: Opening) -> dict[str, Any]:
    """An opening as its form shows it."""
    return {
        "role": opening.role.value, "package": opening.package, "text": opening.text,
        "hours": f"{opening.hours / 100:g}", "takers": opening.takers, "level": opening.level or "",
        "in_person": bool(opening.in_person), "ends_on": opening.ends_on,
    }  # fmt: skip
