"""What people type about the work on a case."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional, ValidationError

from app.core.forms import DayField, Form, HoursField, MoneyField, Required, WholeNumberField

from .models import AmountKind

ACTIVITIES = [
    ("work", _l("Work on the case")),
    ("client", _l("With the client")),
    ("court", _l("In court or at a hearing")),
    ("travel", _l("Travel")),
]
AMOUNTS = [
    (AmountKind.LUMP_SUM, _l("Money received at once")),
    (AmountKind.MONTHLY, _l("Money each month")),
    (AmountKind.AVOIDED, _l("Cost avoided")),
    (AmountKind.AWARDED, _l("Awarded, not yet paid")),
    (AmountKind.DEBT_REDUCED, _l("Debt reduced by")),
]


class NoteForm(Form):
    """A note on the case."""

    text = TextAreaField(
        _l("Note"), [Required(_l("Write the note first.")), Length(max=20_000, message=_l("Please shorten this."))]
    )
    visibility = RadioField(
        _l("Who may read it"),
        choices=[
            ("programme", _l("The programme and everybody on the case")),
            ("lawyer_and_client", _l("Privileged: only people on the case and the supervising attorney")),
        ],
        default="programme",
    )

    def offer_what_may_be_read(self, reads_file: bool) -> None:
        """Nobody writes what they could not read afterwards."""
        if not reads_file:
            self.visibility.choices = [choice for choice in self.visibility.choices if choice[0] == "programme"]


class TimeForm(Form):
    """Hours of one day."""

    on_day = DayField(_l("Day"), [Required(_l("Say on which day."))])
    hours = HoursField(_l("Hours"), [Required(_l("Write the hours, like 1.5."))], description=_l("Tenths are enough."))
    activity = SelectField(_l("What for"), choices=ACTIVITIES)


class ContactForm(Form):
    """An attempt to reach the client."""

    channel = SelectField(
        _l("How"),
        choices=[
            ("call", _l("By phone")),
            ("text", _l("By text")),
            ("email", _l("By mail")),
            ("visit", _l("In person")),
        ],
    )
    reached = RadioField(
        _l("Did you reach the client?"),
        [Required(_l("Say whether you reached the client."))],
        choices=[("yes", _l("Yes, we have spoken")), ("no", _l("No, not this time"))],
    )


class LetterForm(Form):
    """When the engagement letter was signed."""

    on_day = DayField(_l("Signed on"), [Required(_l("Say on which day it was signed."))])


class ClosingForm(Form):
    """How the matter ended."""

    closing_code = RadioField(_l("How did it end?"), [Required(_l("Choose how it ended."))])
    main_benefit = SelectField(_l("Main benefit for the client"), [Optional()])
    outcome = SelectField(_l("Result of the proceeding"), [Optional()])
    decision = StringField(_l("Which decision"), [Optional(), Length(max=80, message=_l("Please shorten this."))])
    decided_on = DayField(_l("Decided on"))
    counsel_of_record = BooleanField(_l("I was counsel of record"))
    settlement_documented = BooleanField(_l("The settlement is in writing and in the file"))
    work_ended_on = DayField(_l("The work ended on"), [Required(_l("Say when the work ended."))])
    hours = HoursField(
        _l("Your hours in all"),
        [Required(_l("Write the hours you spent. One total is enough."))],
        description=_l("Hours you logged already count in; only what is missing is added."),
    )
    lump_sum = MoneyField(AMOUNTS[0][1], [Optional()])
    monthly = MoneyField(AMOUNTS[1][1], [Optional()])
    months = WholeNumberField(
        _l("For how many months"), [Optional(), NumberRange(1, 600, message=_l("Between 1 and 600 months."))]
    )
    avoided = MoneyField(AMOUNTS[2][1], [Optional()])
    awarded = MoneyField(AMOUNTS[3][1], [Optional()])
    debt_reduced = MoneyField(AMOUNTS[4][1], [Optional()])

    def validate_monthly(self, field: Any) -> None:
        """Monthly money has months."""
        if field.data and not _is_typed(self.months):
            raise ValidationError(_("Monthly money needs both the amount and the months."))

    def validate_months(self, field: Any) -> None:
        """Months have money."""
        if field.data and not _is_typed(self.monthly):
            raise ValidationError(_("Monthly money needs both the amount and the months."))


def _is_typed(field: Any) -> bool:
    return any(str(part).strip() for part in field.raw_data or ())
