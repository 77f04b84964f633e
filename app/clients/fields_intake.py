"""Fields and checks of the questions that clients are asked."""

from __future__ import annotations

import re
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, IntegerField, SelectMultipleField
from wtforms.validators import Length, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from app.core import i18n
from app.core.forms import Form

WORD = Length(max=80, message=_l("Use at most 80 letters."))
LINE = Length(max=400, message=_l("Use at most 400 letters."))
PAGE = Length(max=20_000, message=_l("Use at most 20,000 letters."))


class Boxes(SelectMultipleField):
    """Several choices, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: Any) -> None:
        """Nothing chosen is an empty list."""
        super().process_data(value or [])


class CountField(IntegerField):
    """A number of people; nothing typed is not zero."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read whole numbers only."""
        typed = valuelist[0].strip() if valuelist else ""
        self.raw_data = [typed]
        self.data = None
        if typed and not re.fullmatch(r"\d{1,2}", typed):
            raise ValueError(_("Write a whole number, like 0 or 2."))
        self.data = int(typed) if typed else None


class MayBeEmpty:
    """Nothing typed is fine; what was typed must still be readable."""

    field_flags = {"optional": True}

    def __call__(self, form: Form, field: Field) -> None: ...


class WhenPicked:
    """Needed when another question is answered in one of some ways."""

    def __init__(self, other: str, values: tuple[str, ...], message: Any) -> None:
        self.other, self.values, self.message = other, values, message

    def __call__(self, form: Form, field: Field) -> None:
        empty = field.data is None or (isinstance(field.data, str) and not field.data.strip())
        if form[self.other].data not in self.values:
            if empty and not field.errors:
                raise StopValidation()
        elif empty and not field.errors:
            raise StopValidation(str(self.message))


def a_phone(form: Form, field: Field) -> None:
    """A number that can be called, kept as `608-555-0100`."""
    typed = (field.data or "").strip()
    if not typed:
        return
    try:
        number = phonenumbers.parse(typed, "US")
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise StopValidation(_("Write the whole number with area code, like 608-555-0100."))
    field.data = as_phone(number)


def as_phone(number: Any) -> str:
    """`608-555-0100`, or the international form of a foreign number."""
    national = str(number.national_number)
    if number.country_code == 1 and len(national) == 10:
        return f"{national[:3]}-{national[3:6]}-{national[6:]}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def an_email(form: Form, field: Field) -> None:
    """An address that mail can be sent to."""
    typed = (field.data or "").strip()
    if not typed:
        return
    try:
        field.data = validate_email(typed, check_deliverability=False).normalized
    except EmailNotValidError:
        raise StopValidation(_("Write the whole address, like name@example.org.")) from None


def not_tomorrow(form: Form, field: Field) -> None:
    """Nobody is born in the future."""
    if field.data is not None and field.data > i18n.today():
        raise StopValidation(_("That day has not come yet. Look at the year again."))
