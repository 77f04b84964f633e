"""What staff type while screening: each part of the page is a form of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Self

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app.core import i18n
from app.core.errors import BadInput
from app.core.forms import DayField, Form, MoneyField, Required, WholeNumberField

from . import vocabulary as words
from .models import PartyRole
from .problems import forums, problems

Choices = list[tuple[str, Any]]


class Boxes(SelectMultipleField):
    """Several of a list, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: Any) -> None:
        """Nothing chosen is an empty list."""
        super().process_data(value or [])


class PartForm(Form):
    """One part of a record: carries a digest of what the reader saw, so that nobody writes over a change unseen."""

    seen = HiddenField()

    def show(self, beside: Mapping[str, Any] | None = None) -> Self:
        """Remember what is shown, in the form or, where each saving is a new decision, beside it."""
        self.seen.data = digest(self.typed if beside is None else beside)
        return self

    @property
    def typed(self) -> dict[str, Any]:
        """The values of the part's own fields."""
        own = (field for field in self if field.short_name not in ("seen", "csrf_token"))
        return {field.short_name: field.data for field in own}

    def differences(self, theirs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Rows of label, yours and theirs where somebody saved other values since these were shown."""
        if not self.seen.data or self.seen.data == digest(theirs):
            return []
        rows = [
            {
                "label": self[name].label.text,
                "yours": _said(self[name], self[name].data),
                "theirs": _said(self[name], value),
            }
            for name, value in theirs.items()
            if _plain(value) != _plain(self[name].data)
        ]
        self.seen.data = self.seen.raw_data = None
        self.seen.process_data(digest(theirs))
        return rows


def digest(values: Mapping[str, Any]) -> str:
    """A short hash of a part's values."""
    plain = {name: _plain(value) for name, value in sorted(values.items())}
    return hashlib.sha256(json.dumps(plain, default=str).encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    return None if value in ("", None, []) else value


def _said(field: Any, value: Any) -> str:
    labels = dict(getattr(field, "choices", None) or [])
    if isinstance(value, (list, tuple)):
        return ", ".join(str(labels.get(each, each)) for each in value)
    if isinstance(value, bool):
        return str(_l("yes") if value else _l("no"))
    if isinstance(field, MoneyField) and value is not None:
        return i18n.money(value)
    return str(labels.get(value, "" if value is None else value))


def typed_day(field: DayField) -> date:
    """The day that a required field holds.

    :raises BadInput: it holds none
    """
    if field.data is None:
        raise BadInput(_l("Write the day."))
    return field.data


def lines(text: str | None) -> list[str]:
    """One entry a line."""
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def choices(known: Mapping[str, Any], none: Any = None) -> Choices:
    """The codes of a list with what screens say for each."""
    return [*([("", none)] if none is not None else []), *known.items()]


def _problem_choices() -> Choices:
    found = [(each.code, each.title) for each in problems().values() if each.selectable]
    return [("", _l("Choose one")), *found]


NOTE = Length(max=4000, message=_l("Use at most 4,000 letters."))
NAME = Length(max=200, message=_l("Use at most 200 letters."))


class ConflictForm(Form):
    """What the names found mean."""

    search = HiddenField()
    outcome = RadioField(
        _l("What do the names mean?"),
        [Required(_l("Choose one."))],
        choices=[
            ("clear", _l("No conflict")),
            ("conflict", _l("Conflict")),
            ("more_needed", _l("More is needed before we can say")),
        ],
    )
    note = TextAreaField(_l("Why"), [Optional(), NOTE], description=_l("Needed where names were found."))


class SamePersonForm(Form):
    """Which other request is the same person's."""

    number = StringField(
        _l("Number of the other request"),
        [Required(_l("Write the number.")), Length(max=16, message=_l("Use at most 16 letters."))],
    )


class MatterForm(PartForm):
    """What the matter is and where it is decided."""

    problem_code = SelectField(_l("Problem code"), [Required(_l("Choose the problem code."))])
    forum = SelectField(_l("Forum"), choices=choices(words.FORUMS))
    forum_state = StringField(
        _l("State of the forum"),
        [Required(_l("Write the state.")), Length(2, 2, message=_l("Write two letters, like WI."))],
        filters=[lambda text: (text or "").strip().upper()],
    )
    county = SelectField(_l("County of the dispute"), [Required(_l("Choose the county."))])
    licence = StringField(
        _l("Licence"),
        [Optional(), Length(max=3)],
        filters=[lambda text: (text or "").strip()],
        description=_l("A state, “any”, or empty to take what the forum asks."),
    )
    credentials = Boxes(_l("Credentials beside the licence"), choices=choices(words.CREDENTIALS))

    def __init__(self, *args: Any, counties: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.problem_code.choices = _problem_choices()
        self.county.choices = counties

    def validate_forum(self, field: Any) -> None:
        """The forum is a known one."""
        if field.data not in forums():
            raise ValidationError(_l("Choose the forum."))


class TriageForm(PartForm):
    """What is at stake and what the client chose to tell."""

    emergencies = Boxes(_l("Emergencies"), choices=choices(words.EMERGENCIES))
    harms = Boxes(_l("At stake"), choices=choices(words.HARMS))
    circumstances = Boxes(_l("The client told us of"), choices=choices(words.CIRCUMSTANCES))
    other_side_has_lawyer = RadioField(
        _l("Does the other side have a lawyer?"),
        [Optional()],
        default="",
        choices=[("yes", _l("Yes")), ("no", _l("No")), ("", _l("Not known"))],
    )


class PartyForm(PartForm):
    """Somebody in the matter."""

    name = StringField(_l("Name"), [Required(_l("Write the name.")), NAME])
    role = SelectField(_l("Part in the matter"), choices=choices(words.PARTY_ROLES), default=PartyRole.ADVERSE.value)
    aliases = TextAreaField(_l("Other names"), [Optional(), NOTE], description=_l("One on each line."))
    is_organisation = BooleanField(_l("This is a company or another organisation"))
    born_on = StringField(
        _l("Date of birth"), [Optional(), Length(max=40)], description=_l("As far as it is known, like 1984-05-02.")
    )


# 9:30 am, 9 am, 14:00: what fits the column's eight letters and is a moment of a day
TIME_OF_DAY = r"(?i)^((0?[1-9]|1[0-2])(:[0-5]\d)? ?[ap]m|([01]?\d|2[0-3]):[0-5]\d)\Z"


class DateForm(PartForm):
    """A date the matter hangs on."""

    kind = SelectField(_l("What happens that day?"), choices=choices(words.DATE_KINDS))
    on_day = DayField(
        _l("Day"),
        description=_l("As on the paper. Leave it empty if nobody knows: it stays a question."),
        years=(10, 10),
    )
    at_time = StringField(_l("Time"), [Optional(), Regexp(TIME_OF_DAY, message=_l("Write it like 9:30 am."))])
    paper = StringField(_l("Paper it comes from"), [Optional(), Length(max=80, message=_l("Use at most 80 letters."))])


class SuggestForm(Form):
    """A date suggested by a rule."""

    rule = SelectField(_l("Rule"), [Required(_l("Choose the rule."))])
    kind = SelectField(_l("What happens that day?"), choices=choices(words.DATE_KINDS), default="appeal_due")
    event_on = DayField(_l("Day of the event"), [Required(_l("Write the day from which the period runs."))])


class EligibilityForm(PartForm):
    """Household and money for one funding source; filled in is only what somebody typed before, zero is typed."""

    grant = SelectField(_l("Funding source"), [Required(_l("Choose the funding source."))])
    household_size = WholeNumberField(
        _l("People in the household who are counted"),
        [
            Required(_l("Write how many people are counted.")),
            NumberRange(1, 30, message=_l("Write a number from 1 to 30.")),
        ],
    )
    gross_income = MoneyField(_l("Gross income a year"), [Required(_l("Write the income. If there is none, write 0."))])
    assets = MoneyField(_l("Assets that count"), [Required(_l("Write the assets. If there are none, write 0."))])
    left_out = WholeNumberField(
        _l("People left out of the household"),
        [Optional(), NumberRange(0, 30, message=_l("Write a number from 0 to 30."))],
        description=_l("In abuse matters: whoever abuses, with their income and all they own jointly."),
    )
    adjusted_income = MoneyField(_l("Income that counts, without theirs"), [Optional()])
    left_out_reason = SelectField(
        _l("Why left out"),
        choices=[
            ("", _l("Nobody is left out")),
            ("perpetrator", _l("Alleged perpetrator of abuse")),
            ("not_supporting", _l("Does not support the household")),
        ],
    )
    exception = SelectField(_l("Exception over the ceiling"), choices=choices(words.EXCEPTIONS, _l("None")))
    note = TextAreaField(_l("Facts the exception rests on"), [Optional(), NOTE])


class MeritsForm(PartForm):
    """A lawyer's judgement."""

    rating = RadioField(_l("Merits"), [Required(_l("Choose one."))], choices=choices(words.MERITS))
    note = TextAreaField(_l("Why"), [Optional(), NOTE])


class ConsentForm(Form):
    """The client's yes to sharing names, as staff heard it."""

    how = SelectField(_l("How did the client say yes?"), choices=choices(words.CONSENT_WAYS))


class OfficeForm(Form):
    """Which office has the case."""

    office = SelectField(_l("Office"))


class AcceptForm(Form):
    """The funds that pay."""

    grants = Boxes(_l("Funding sources that pay"), coerce=int)


class MissingForm(Form):
    """What is still missing."""

    items = Boxes(
        _l("What is missing?"), [Required(_l("Choose what is missing."))], choices=choices(words.MISSING_ITEMS)
    )


class ReceivedForm(Form):
    """What has come in."""

    items = Boxes(_l("What came in?"), [Required(_l("Choose what came in."))], choices=choices(words.MISSING_ITEMS))


class OtherHelpForm(Form):
    """Other help, for a letter that says no."""

    other_help = TextAreaField(
        _l("Other help the client can turn to"),
        [
            Required(_l("Name other help the client can turn to.")),
            Length(max=1500, message=_l("Use at most 1,500 letters.")),
        ],
        description=_l("It stands in the letter as written: names, phones, opening hours. No facts of the case."),
    )


class RejectForm(OtherHelpForm):
    """A no to a request."""

    reason = RadioField(_l("Reason"), [Required(_l("Choose a reason."))], choices=choices(words.REJECT_REASONS))
