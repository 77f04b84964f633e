"""What people type to sign in, about themselves and about a programme."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import holidays
import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.access import Role
from app.core.facts import counties_of, county_name
from app.core.forms import DayField, Form, Required, VersionedForm, WholeNumberField
from app.core.i18n import LANGUAGES

from . import policy
from .calendars import time_zones
from .models import CROSSED, SMALL, Programme
from .operations import RoleNeedsPlace

ROLES = {
    Role.ADMIN: _l("Administrator"),
    Role.COORDINATOR: _l("Coordinator"),
    Role.SUPERVISING_ATTORNEY: _l("Supervising attorney"),
    Role.VOLUNTEER: _l("Volunteer"),
    Role.FUNDER: _l("Funder"),
    Role.FIRM_COORDINATOR: _l("Firm coordinator"),
}
DAYS = [
    ("0", _l("Monday")), ("1", _l("Tuesday")), ("2", _l("Wednesday")), ("3", _l("Thursday")), ("4", _l("Friday")),
    ("5", _l("Saturday")), ("6", _l("Sunday")),
]  # fmt: skip
CALENDARS = [("US", _l("Federal and state holidays")), ("none", _l("None; only the days listed below"))]
RULESETS = [
    ("lsc", _l("Federal rules (LSC)")), ("state_200", _l("State fund at 200 percent of the guideline")),
    ("no_income_test", _l("No income test")),
]  # fmt: skip


def options(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    """Values with what the reader sees."""
    return [SelectChoice(str(value), label) for value, label in pairs]


class MailAddress:
    """A mail address, without asking the network."""

    def __call__(self, form: FlaskForm, field: Field) -> None:
        try:
            field.data = validate_email(field.data or "", check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise ValidationError(str(_l("Write the mail address like name@example.org."))) from None


def _one_line(text: str | None) -> str | None:
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split()) if text else text


class HourField(TimeField):
    """A time of day."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read `09:00`."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(_l("Write the time like 09:00."))) from None


class SignInForm(Form):
    """Mail address and password."""

    email = StringField(_l("Mail address"), [Required(_l("Write your mail address.")), Length(max=254)])
    password = PasswordField(_l("Password"), [Required(_l("Write your password.")), Length(max=400)])


class ForgottenForm(Form):
    """The address that the link is sent to."""

    email = StringField(_l("Mail address"), [Required(_l("Write your mail address.")), Length(max=254), MailAddress()])


class NewPasswordForm(Form):
    """A new password, typed once; the page lets nobody else see it."""

    password = PasswordField(
        _l("New password"),
        [Required(_l("Write the new password.")), Length(max=400)],
        description=_l("At least 12 characters. Three or four words that do not belong together work well."),
    )


class ChangePasswordForm(NewPasswordForm):
    """The present password and a new one."""

    present = PasswordField(_l("Present password"), [Required(_l("Write your present password.")), Length(max=400)])


class ProfileForm(VersionedForm):
    """One's own name and language."""

    name = StringField(
        _l("Name"), [Required(_l("Write your name.")), Length(max=80)], filters=[_one_line],
        description=_l("As colleagues and clients should read it."),
    )  # fmt: skip
    language = RadioField(_l("Language of mails"), choices=options(LANGUAGES.items()))


class PersonForm(Form):
    """A new account and its first role."""

    name = StringField(_l("Name"), [Required(_l("Write the name.")), Length(max=80)], filters=[_one_line])
    email = StringField(_l("Mail address"), [Required(_l("Write the mail address.")), Length(max=254), MailAddress()])
    language = RadioField(_l("Language of the invitation"), choices=options(LANGUAGES.items()), default="en")
    role = SelectField(
        _l("Role"), [Required(_l("Choose the role."))], choices=options([("", _l("Choose one")), *ROLES.items()])
    )
    place = SelectField(_l("For"), description=_l("Coordinators and supervising attorneys: a programme. "
                                                  "Funders: a funding source. Firm coordinators: a firm. "
                                                  "Others: the whole desk."))  # fmt: skip

    def validate_place(self, field: Field) -> None:
        """The role is for what it needs."""
        if self.role.data not in set(Role):
            return  # it is asked for itself
        kind, role = (field.data or "").partition(":")[0], Role(self.role.data)
        needed = "programme" if policy.needs_programme(role) else "grant" if policy.needs_grant(role) else kind
        needed = "firm" if policy.needs_organisation(role) else needed
        if kind != needed:
            raise ValidationError(str(RoleNeedsPlace.message))


class RoleForm(Form):
    """A role and what it is for."""

    role = SelectField(
        _l("Role"), [Required(_l("Choose the role."))], choices=options([("", _l("Choose one")), *ROLES.items()])
    )
    place = SelectField(_l("For"))


def states() -> list[str]:
    """The states and territories whose holidays are known."""
    return sorted(holidays.country_holidays("US").subdivisions)


SENDER_READERS: set[Callable[[str], list[str]]] = set()  # who writes to clients says which words a sender may not hold


def neutral(_form: FlaskForm, field: Field) -> None:
    """Whoever reads along sees the sender of every mail before anything else."""
    told = [word for read in SENDER_READERS for word in read(field.data or "")]
    if told:
        raise ValidationError(
            _l("“%(word)s” tells whoever sees a client’s mail what it is about. Leave it out.", word=told[0])
        )


class ProgrammeForm(VersionedForm):
    """A programme's name, clock and voice."""

    name = StringField(_l("Name"), [Required(_l("Write the name.")), Length(max=80)], filters=[_one_line])
    sender_name = StringField(
        _l("Sender of mails"), [Required(_l("Write whom mails come from.")), Length(max=80), neutral],
        filters=[_one_line],
        description=_l("Clients read it too. Choose words that do not give the matter away, like “Lakeshore office”."),
    )  # fmt: skip
    phone = StringField(_l("Phone"), [Required(_l("Write the number people should call.")), Length(max=24)])
    state = SelectField(_l("State"), [Required(_l("Choose the state."))])
    time_zone = SelectField(_l("Time zone"))
    opens_at = HourField(_l("Opens at"), [Required(_l("Write when the office opens, like 09:00."))])
    closes_at = HourField(_l("Closes at"), [Required(_l("Write when the office closes, like 17:00."))])
    working_days = SelectMultipleField(
        _l("Working days"), [Required(_l("Choose at least one day."))], choices=options(DAYS),
        option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
    )  # fmt: skip
    holiday_calendar = RadioField(_l("Holidays"), choices=options(CALENDARS), default="US")
    claims_taken_at_once = BooleanField(
        _l("A volunteer who attests “clear” takes the case at once"),
        description=_l("Otherwise a coordinator answers the request first."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = options([("", _l("Choose one")), *((state, state) for state in states())])
        self.time_zone.choices = options((zone, zone.replace("_", " ")) for zone in time_zones())

    def validate_phone(self, field: Field) -> None:
        """A number that can be called."""
        try:
            parsed = phonenumbers.parse(field.data, "US")
        except phonenumbers.NumberParseException:
            raise ValidationError(str(_l("Write the number with its area code, like 608-555-0100."))) from None
        if not phonenumbers.is_possible_number(parsed):
            raise ValidationError(str(_l("Write the number with its area code, like 608-555-0100.")))

    def validate_closes_at(self, field: Field) -> None:
        """The office closes after it opens."""
        if self.opens_at.data and field.data and field.data <= self.opens_at.data:
            raise ValidationError(str(_l("The office must close later than it opens.")))


class NewProgrammeForm(ProgrammeForm):
    """A programme that is not there yet, with the names that never change."""

    slug = StringField(
        _l("Short name"), [Required(_l("Write a short name."))],
        description=_l("Small letters and hyphens, like “lakeshore”. It appears in addresses and cannot be changed."),
    )  # fmt: skip
    prefix = StringField(
        _l("Prefix"),
        [Required(_l("Write one to four capital letters."))],
        description=_l("One to four capital letters that tell your case numbers from others, like “LS”."),
    )

    def validate_slug(self, field: Field) -> None:
        """Letters, digits and hyphens."""
        if not re.fullmatch(r"[a-z][a-z0-9-]{1,39}", field.data or ""):
            raise ValidationError(str(_l("Use small letters, digits and hyphens, like “lakeshore”.")))

    def validate_prefix(self, field: Field) -> None:
        """Capital letters."""
        if not re.fullmatch(r"[A-Z]{1,4}", field.data or ""):
            raise ValidationError(str(_l("Use one to four capital letters, like “LS”.")))


class ClosureForm(Form):
    """A day on which the office is closed."""

    on_day = DayField(_l("Closed on"), [Required(_l("Write the day."))])
    reason = StringField(
        _l("Why"), [Required(_l("Write why, like “staff training”.")), Length(max=80)], filters=[_one_line]
    )


class RuralForm(Form):
    """Which counties of a programme are rural."""

    counties = SelectMultipleField(
        _l("Rural counties"), option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
        description=_l("Every other county counts as urban. Tick none if you do not want them compared."),
    )  # fmt: skip
    seen = HiddenField()

    def of(self, programme: Programme) -> RuralForm:
        """The form with the programme's counties by name."""
        self.counties.choices = sorted(
            ((fips, county_name(fips)) for fips in programme.counties), key=lambda each: each[1]
        )
        return self


class OfficeForm(Form):
    """An office of a programme."""

    name = StringField(
        _l("Name"),
        [Required(_l("Write how the office is called.")), Length(max=80, message=_l("Use at most 80 letters."))],
    )
    county = SelectField(
        _l("County"), [Required(_l("Choose the county."))],
        description=_l("New requests of this county go to the office; staff can choose another one on the case."),
    )  # fmt: skip

    def of(self, programme: Programme) -> OfficeForm:
        """The form with the programme's counties by name."""
        served = programme.counties or [fips for fips, _name in counties_of(programme.state)]
        known = sorted(((fips, county_name(fips)) for fips in served), key=lambda each: each[1])
        own = self.county.data if self.county.data not in ("", None, *served) else None
        self.county.choices = [("", _l("Choose one")), *known, *([(own, county_name(own))] if own else [])]
        return self

    @property
    def typed(self) -> tuple[str, str]:
        """Name and county."""
        return " ".join((self.name.data or "").split()), self.county.data or ""


class SmallCountsForm(Form):
    """Below which number counts are hidden."""

    small_count = WholeNumberField(
        _l("Counts below this are hidden"), [Required(_l("Write a number from 5 to 50."))],
        description=_l("From 5 to 50. Zero is always shown."),
    )  # fmt: skip
    small_count_crossed = WholeNumberField(
        _l("And below this where crossed with a county or a trait, or shown to everybody"),
        [Required(_l("Write a number from 11 to 100."))],
        description=_l("From 11 to 100, not below the first number."),
    )  # fmt: skip
    seen = HiddenField()

    def validate_small_count(self, field: Field) -> None:
        """Neither below what protects people nor so high that nothing is left."""
        if field.data is not None and field.data < SMALL[0]:
            raise ValidationError(str(_l("It cannot be less than 5: a smaller count could point at people.")))
        if field.data is not None and field.data > SMALL[1]:
            raise ValidationError(str(_l("It cannot be more than 50: hardly a figure would be left.")))

    def validate_small_count_crossed(self, field: Field) -> None:
        """Nor below the first."""
        if field.data is not None and field.data < CROSSED[0]:
            raise ValidationError(str(_l("It cannot be less than 11: a county or a trait narrows down who is meant.")))
        if field.data is not None and field.data > CROSSED[1]:
            raise ValidationError(str(_l("It cannot be more than 100: hardly a figure would be left.")))
        if field.data is not None and field.data < (self.small_count.data or 0):
            raise ValidationError(str(_l("It cannot be less than the first number.")))


class GrantForm(Form):
    """A funding source."""

    name = StringField(_l("Funding source"), [Required(_l("Write its name.")), Length(max=80)], filters=[_one_line])
    ruleset = SelectField(_l("Eligibility rules"), choices=options(RULESETS))
    starts_on = DayField(_l("From"), [Required(_l("Write the first day of the grant."))])
    ends_on = DayField(_l("Until"), description=_l("Leave it empty where no end is known."))

    def validate_ends_on(self, field: Field) -> None:
        """It ends after it starts."""
        if field.data and self.starts_on.data and field.data <= self.starts_on.data:
            raise ValidationError(str(_l("The last day must come after the first.")))
