"""The shape of what people type."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from unicodedata import category

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations
from wtforms import Field, HiddenField, IntegerField, StringField
from wtforms.validators import StopValidation

from . import clock
from .db import lock
from .errors import Stale


class Sentences:
    """What a field says of itself, in words for the reader; a form's own sentence goes first."""

    def gettext(self, said: str) -> str:
        """The sentence for what the library says."""
        sentences = {
            "Not a valid choice.": _("This is not one of the choices. Choose one that is shown."),
            "Invalid Choice: could not coerce.": _("This is not one of the choices. Choose one that is shown."),
            "Not a valid integer value.": _("Write a whole number, like 0 or 2."),
        }
        return sentences.get(said) or str(translations.gettext(said))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The same where the library counts: only fields of several choices do."""
        if "not a valid choice" not in singular:
            return str(translations.ngettext(singular, plural, n))
        return _("Some of this is not one of the choices. Choose those that are shown.")


class Form(FlaskForm):
    """A form that keeps what was typed and says what is wrong in words."""

    class Meta(FlaskForm.Meta):
        """Whom fields ask for their sentences."""

        def get_translations(self, form: Any) -> Sentences:
            """The same for every form of the desk."""
            return Sentences()

    @property
    def all_errors(self) -> list[tuple[str, str]]:
        """(field id, message) of everything wrong, in page order, for the summary."""
        return [(field.id, str(message)) for field in self for message in _flat(field.errors)]


def _flat(errors: Any) -> list[Any]:
    if isinstance(errors, dict):
        return [m for inner in errors.values() for m in _flat(inner)]
    return [m for e in errors for m in (_flat(e) if isinstance(e, (list, tuple, dict)) else [e])]


class VersionedForm(Form):
    """A form on an existing row: carries the version that the reader saw."""

    seen_version = HiddenField()

    def check_version(self, row: Any) -> None:
        """Refuse to write over somebody else's change; nobody changes the row until this transaction ends.

        :raises Stale: the row changed since the form was opened
        """
        if str(lock(row).version) != (self.seen_version.data or ""):
            raise Stale


UNSEEN = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by their class, and yet nothing to see


def is_blank(text: str) -> bool:
    """Is there nothing to see: only spaces, control and format characters, such as one of no width?"""
    return all(each in UNSEEN or each.isspace() or category(each) in ("Cc", "Cf") for each in text)


class Required:
    """Something must be typed; the sentence says what."""

    field_flags = {"required": True}

    def __init__(self, message: Any) -> None:
        self.message = message

    def __call__(self, form: FlaskForm, field: Field) -> None:
        if field.data is not None and field.data != [] and not is_blank(str(field.data)):
            return
        if _was_typed(field) and field.errors:
            raise StopValidation()
        field.errors = []
        raise StopValidation(str(self.message))


def _was_typed(field: Field) -> bool:
    return any(getattr(field, "parts", ())) or any(getattr(field, "raw_data", None) or ())


class MoneyField(StringField):
    """An amount in dollars, kept as whole cents; nothing typed is None, never zero."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read `1,234.50` or `$1234`."""
        self.typed = valuelist[0].strip() if valuelist else ""
        if not self.typed:
            self.data = None
            return
        found = re.fullmatch(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,9})(?:\.(\d{1,2}))?", self.typed)
        if not found:
            self.data = None
            raise ValueError(_("Write the amount as a number, like 1200 or 1200.50."))
        self.data = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))

    def _value(self) -> str:
        if getattr(self, "typed", None):
            return self.typed
        return "" if self.data is None else f"{self.data / 100:.2f}".removesuffix(".00")


class HoursField(StringField):
    """Hours in tenths or quarters, kept as hundredths of an hour."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read `1.5` or `1,5`."""
        self.typed = valuelist[0].strip() if valuelist else ""
        self.data: Any = None
        if not self.typed:
            return
        if not re.fullmatch(r"\d{1,4}(?:[.,]\d{1,2})?", self.typed):
            raise ValueError(_("Write hours as a number, like 1.5."))
        self.data = round(float(self.typed.replace(",", ".")) * 100)

    def _value(self) -> str:
        if getattr(self, "typed", ""):
            return self.typed
        return "" if self.data is None else f"{self.data / 100:g}"


class WholeNumberField(IntegerField):
    """A whole number of at most nine digits."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Refuse what no column could hold before anybody counts with it."""
        if valuelist and len(valuelist[0].strip()) > 9:
            self.data = None
            raise ValueError(_("Write a whole number, like 0 or 2."))
        super().process_formdata(valuelist)


class DayField(Field):
    """A date typed in three parts: month, day, year; inputs are named `x-month`, `x-day`, `x-year`.

    `years` says how many years ago and ahead somebody can have meant; a slip of the key lies outside.
    """

    parts: tuple[str, str, str] = ("", "", "")

    def __init__(self, *args: Any, years: tuple[int, int] = (20, 30), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.years = years

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the three parts, or take the date given."""
        self.process_errors: list[str] = []
        self.data: Any = data if isinstance(data, date) else None
        if self.data:
            self.parts = (str(self.data.month), str(self.data.day), str(self.data.year))
        names = tuple(f"{self.name}-{part}" for part in ("month", "day", "year"))
        if formdata is None or not any(name in formdata for name in names):
            return
        month, day, year = ((formdata.get(name) or "").strip() for name in names)
        self.parts = (month, day, year)
        self.data = None
        if any(self.parts):
            self._read(month, day, year)

    def _read(self, month: str, day: str, year: str) -> None:
        try:
            self.data = date(int(year), int(month), int(day))
        except (ValueError, OverflowError):
            self.process_errors.append(_("We could not read the date. Write it like 11 24 2026."))
            return
        back, ahead = self.years
        if not -back <= self.data.year - clock.now().year <= ahead:
            short = self.data.year < 1000
            self.data = None
            self.process_errors.append(
                _("Write the year with four digits, like 2026.") if short else _("Check the year of this date.")
            )


LABEL_MONTH, LABEL_DAY, LABEL_YEAR = _l("Month"), _l("Day"), _l("Year")
