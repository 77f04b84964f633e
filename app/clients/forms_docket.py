"""What staff type about a case on its way to the docket: listing, override, reasons and days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional, ValidationError

from app.core.forms import DayField, Form, Required

from . import vocabulary as words
from .forms import NOTE, Boxes, PartForm, choices
from .models import PriorityLevel, SkillLevel


class ListingForm(PartForm):
    """What volunteers read and what the case asks of them."""

    title = StringField(
        _l("Title"), [Required(_l("Write a title.")), Length(max=80, message=_l("Use at most 80 letters."))]
    )
    text = TextAreaField(
        _l("What volunteers read"),
        [Required(_l("Write the text.")), Length(max=2000, message=_l("Use at most 2,000 letters."))],
        description=_l("No names, no place smaller than the county, not the client's own words."),
    )
    level = SelectField(_l("Experience it asks for"), choices=choices(words.LEVELS), default=SkillLevel.COMPETENT.value)
    hours = StringField(_l("Hours"), [Required(_l("Write the hours you expect."))], description=_l("Like 12 or 4.5."))
    role = SelectField(
        _l("Who can do it"),
        choices=[
            ("attorney", _l("An attorney")),
            ("student", _l("A law student, supervised")),
            ("paralegal", _l("A paralegal, supervised")),
        ],
    )
    licence = StringField(_l("Licence"), [Optional(), Length(max=3)], filters=[lambda text: (text or "").strip()])
    credentials = Boxes(_l("Credentials"), choices=choices(words.CREDENTIALS))
    service_level = SelectField(
        _l("How much of the matter"), choices=[("full", _l("All of it")), ("limited", _l("A limited part"))]
    )
    short_term_by = SelectField(
        _l("Short service of a clinic"),
        choices=[("", _l("No")), *choices(words.SHORT_TERM_BY)],
        description=_l("With no more work expected. Conflicts then count as far as the volunteer knows of them."),
    )
    representation = SelectField(
        _l("Who represents the client"),
        choices=[
            ("volunteer_only", _l("The volunteer")),
            ("co_counsel", _l("The volunteer with our staff")),
            ("staff_with_help", _l("Our staff with the volunteer's help")),
            ("brief_advice", _l("Advice only")),
        ],
    )
    costs_paid_by = SelectField(
        _l("Who pays costs"),
        choices=[("programme", _l("The programme")), ("waiver", _l("A fee waiver")), ("client", _l("The client"))],
    )
    trainings = TextAreaField(
        _l("Trainings it asks for"), [Optional(), Length(max=400)], description=_l("One on each line.")
    )
    in_person = BooleanField(_l("The volunteer must come in person"))
    interpreter = BooleanField(_l("We provide an interpreter"))
    sensitive = BooleanField(_l("Sensitive: never in the public list; names are released by a coordinator"))

    def validate_hours(self, field: Any) -> None:
        """Hours are a number above zero."""
        if hundredths(field.data) is None:
            raise ValidationError(_l("Write the hours as a number, like 12 or 4.5."))


def hundredths(text: str | None) -> int | None:
    """Hours typed as `12` or `4.5`, in hundredths; None where they cannot be read."""
    try:
        value = round(float((text or "").replace(",", ".")) * 100)
    except (ValueError, OverflowError):
        return None
    return value if 0 < value <= 200_000 else None


class OverrideForm(Form):
    """A level set by judgement, for a time."""

    level = RadioField(
        _l("Level"),
        [Required(_l("Choose the level."))],
        choices=[
            (PriorityLevel.CRITICAL.value, _l("Critical")),
            (PriorityLevel.HIGH.value, _l("High")),
            (PriorityLevel.NORMAL.value, _l("Normal")),
            (PriorityLevel.LOW.value, _l("Low")),
        ],
    )
    reason = TextAreaField(_l("Reason"), [Required(_l("Write the reason.")), NOTE])
    lapses_on = DayField(_l("Last day it counts"), [Required(_l("Write the last day it counts."))])


class ReasonForm(Form):
    """A reason from a list."""

    reason = RadioField(_l("Reason"), [Required(_l("Choose a reason."))])

    def __init__(self, *args: Any, reasons: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reason.choices = choices(reasons)


class ReasonUntilForm(ReasonForm):
    """A reason and a day."""

    until = DayField(_l("Until"), [Required(_l("Write the day."))])


class HandOverForm(Form):
    """Who answers for all of somebody's cases from now on."""

    to = SelectField(_l("Who answers for them from now on"), [Required(_l("Choose somebody."))])
    reason = RadioField(_l("Why"), [Required(_l("Choose a reason."))], choices=choices(words.CUSTODY_REASONS))
