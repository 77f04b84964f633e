"""The questions of a request for help: one form for each page, and all of them together for staff."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, Optional, StopValidation

from app.core import clock
from app.core.forms import DayField, Form, MoneyField, Required

from .fields_intake import LINE, PAGE, WORD, Boxes, CountField, MayBeEmpty, WhenPicked, a_phone, an_email, not_tomorrow
from .intake import choices as say
from .intake import places
from .intake.steps import DATES, SAFE_FOR

EARLIEST, LATEST = -3 * 365, 10 * 365  # days from today that a paper's date may lie


class DeviceForm(Form):
    """Who else can see the screen."""

    watched = RadioField(
        _l("Could somebody else look at this phone or computer, somebody who should not know?"),
        choices=say.YES_NO_UNSURE,
        validators=[Required(_l("Choose one of the three."))],
        validate_choice=False,
    )


class NamesForm(Form):
    """Who asks for help."""

    given_name = StringField(_l("First name"), [Required(_l("Write your first name.")), WORD])
    family_name = StringField(_l("Last name"), [Required(_l("Write your last name.")), WORD])
    other_names = TextAreaField(
        _l("Other names you use or used"),
        [Optional(), LINE],
        description=_l("For example your name before a marriage. One name on each line."),
    )
    born_on = DayField(
        _l("Date of birth"),
        [MayBeEmpty(), not_tomorrow],
        years=(125, 1),
        description=_l("So that we do not mistake you for somebody else. For example, 3 27 1985."),
    )


class OtherSideForm(Form):
    """Who stands on the other side."""

    other_kind = RadioField(
        _l("Who is on the other side?"),
        choices=say.OTHER_KINDS,
        validators=[Required(_l("Choose one of the four."))],
        description=_l(
            "For example a landlord, a husband or wife, a company. We make sure that nobody here "
            "works for them. We do not tell them."
        ),
    )
    other_name = StringField(
        _l("Their name, as far as you know it"),
        [WhenPicked("other_kind", ("person", "organisation"), _l("Write their name, or choose “I don't know”.")), WORD],
    )
    other_aliases = TextAreaField(
        _l("Other names they use"), [Optional(), LINE], description=_l("One name on each line.")
    )
    other_more = TextAreaField(
        _l("Anybody else on their side"), [Optional(), LINE], description=_l("One name on each line.")
    )
    other_lawyer = RadioField(_l("Do they have a lawyer?"), [Optional()], choices=say.YES_NO_UNSURE, default=None)

    def validate_other_kind(self, field: Field) -> None:
        """A name that was written is searched for: it is not lost behind “I don't know”."""
        names = {"unknown": ("other_name", "other_aliases"), "none": ("other_name", "other_aliases", "other_more")}
        if any((self[name].data or "").strip() for name in names.get(field.data, ())):
            raise StopValidation(_("You wrote a name. Choose whether it is a person or a company, or empty the name."))


class PlaceForm(Form):
    """Where the dispute is, which says who can help."""

    county = SelectField(
        _l("In which county is the problem?"),
        [Required(_l("Choose the county."))],
        description=_l("Where the house, the job, the school or the court is."),
        validate_choice=False,
    )
    address = TextAreaField(
        _l("Where do you live?"),
        [Optional(), LINE],
        description=_l("Street and town. Leave it empty if that is not safe, or if you have no address."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.county.choices = [("", _("Choose one")), *places.served(), ("none", _("My county is not on this list"))]

    def validate_county(self, field: Field) -> None:
        """Somebody must work there."""
        if field.data == "none":
            raise StopValidation(
                _(
                    "We do not work in that county. Call 211 or look at lawhelp.org: they know who does. If "
                    "you can, do it today; dates on your papers keep running."
                )
            )
        if field.data and places.programme_at(field.data) is None:
            raise StopValidation(_("Choose a county from the list."))


class ReachForm(Form):
    """Every way to reach the person."""

    phone = StringField(_l("Phone number"), [Optional(), WORD, a_phone])
    email = StringField(_l("Email address"), [Optional(), Length(max=120), an_email])
    trusted_name = StringField(
        _l("Somebody you trust who can pass on a message"), [Optional(), WORD], description=_l("Their name.")
    )
    trusted_phone = StringField(_l("Their phone number"), [Optional(), WORD, a_phone])
    no_way = BooleanField(_l("None of these is safe. I will call you."))

    def validate_no_way(self, field: Field) -> None:
        """One way at least, or a promise to call."""
        if not (field.data or self.phone.data or self.email.data or self.trusted_phone.data):
            raise StopValidation(_("Give us one way to reach you, or say that you will call us."))

    def validate_trusted_name(self, field: Field) -> None:
        """A name alone reaches nobody."""
        if not (self.trusted_phone.data or "").strip():
            raise StopValidation(_("Write their phone number too."))


def _safe(question: Any) -> RadioField:
    return RadioField(question, [Optional()], choices=say.YES_NO_UNSURE)


def _hours() -> StringField:
    return StringField(_l("When is it safe?"), [Optional(), WORD], description=_l("For example: weekdays after 4 pm."))


def _words(question: Any) -> RadioField:
    return RadioField(question, [Optional()], choices=say.MAY_SAY)


class SafeForm(Form):
    """Which of the ways are safe, when, and what may be said."""

    call_safe = _safe(_l("Is it safe to call this number?"))
    call_hours = _hours()
    call_say = _words(_l("What may we say when we call?"))
    text_safe = _safe(_l("Is it safe to send text messages to it?"))
    voicemail_safe = _safe(_l("Is it safe to leave a voice message?"))
    voicemail_say = _words(_l("What may a voice message say?"))
    email_safe = _safe(_l("Is it safe to write to this address?"))
    post_safe = _safe(_l("Is it safe to send letters to where you live?"))
    trusted_safe = _safe(_l("Is it safe to call the person you trust?"))
    trusted_say = _words(_l("What may we tell them?"))

    reach: dict[str, Any] | None = None

    def ask_only_for(self, reach: dict[str, Any]) -> SafeForm:
        """Leave out what was not given, so that one page asks only what it must."""
        self.reach = reach
        for name, needs in SAFE_FOR.items():
            if not reach.get(needs):
                del self[name]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether a way is safe must be said for every way given."""
        good = super().validate(extra_validators)
        reach = self.reach if self.reach is not None else self.data
        for name in (n for n in SAFE_FOR if n.endswith("_safe") and n in self):
            field = self[name]
            if reach.get(SAFE_FOR[name]) and not field.data and not field.errors:
                field.errors = [_("Choose one of the three: %(question)s", question=field.label.text)]
                good = False
        return good


class LanguageForm(Form):
    """The language to speak."""

    spoken = SelectField(
        _l("Which language do you speak best?"), [Required(_l("Choose your language."))], validate_choice=False
    )
    interpreter = RadioField(
        _l("May an interpreter help when we talk, if nobody here speaks it?"),
        choices=say.YES_NO,
        validate_choice=False,
        description=_l("It costs you nothing, and the interpreter tells nobody. Leave this out if you speak English."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.spoken.choices = [("", _("Choose one")), *say.languages()]

    def validate_interpreter(self, field: Field) -> None:
        """Asked of everybody with whom we may need one."""
        if field.data not in dict(say.YES_NO) and (field.data or self.spoken.data != "en"):
            raise StopValidation(_("Choose yes or no."))

    def validate_spoken(self, field: Field) -> None:
        """One of the list."""
        if field.data and field.data not in dict(say.languages()):
            raise StopValidation(_("Choose your language."))


class HouseholdForm(Form):
    """How many people live from the same money."""

    adults = CountField(
        _l("How many adults live with you and share money with you? Count yourself."),
        [Required(_l("Write how many adults, at least 1."))],
    )
    children = CountField(
        _l("How many children?"),
        [Required(_l("Write how many children. Write 0 if there are none."))],
        description=_l("Write 0 if there are none."),
    )

    def validate_adults(self, field: Field) -> None:
        """The person who asks counts."""
        if field.data is not None and field.data < 1:
            raise StopValidation(_("Count yourself: write at least 1."))


class IncomeForm(Form):
    """All the money that comes in, before taxes."""

    income = MoneyField(
        _l("How much money comes in, before taxes?"),
        [Required(_l("Write the amount. Write 0 if no money comes in."))],
        description=_l(
            "Add up pay, benefits, support and everything else, for everybody you counted. Write 0 "
            "if no money comes in. In case of abuse, leave out the money of the person who hurts you."
        ),
    )
    income_period = RadioField(
        _l("How often?"), [Required(_l("Choose how often."))], choices=[(key, text) for key, _n, text in say.PERIODS]
    )


class AssetsForm(Form):
    """What the household owns."""

    assets = MoneyField(
        _l("What are your savings and things you could sell worth?"),
        [Required(_l("Write the amount. Write 0 if there is nothing."))],
        description=_l(
            "Money at home and in banks, a second car, land. Leave out the home you live in and the "
            "car you need. Write 0 if there is nothing."
        ),
    )


class CircumstancesForm(Form):
    """What the person wants us to know to be helped better."""

    circumstances = Boxes(
        _l("Is any of this true for you?"),
        choices=say.CIRCUMSTANCES,
        description=_l("You do not have to answer. It can let us help you sooner."),
    )


class ProblemForm(Form):
    """What it is about, picked."""

    problem = RadioField(
        _l("What is it about?"),
        [Required(_l("Choose what comes closest."))],
        choices=[(key, text) for key, _code, text in say.PROBLEMS],
        description=_l("Choose what comes closest. You can tell us more on the next page."),
    )


class StoryForm(Form):
    """What happened, in the person's own words."""

    story = TextAreaField(
        _l("What happened, in your own words?"),
        [Optional(), PAGE],
        description=_l(
            "A few sentences are enough. Nobody reads it before we know that we do not work for the "
            "other side. You can leave it empty and tell us by phone."
        ),
    )


class UrgentForm(Form):
    """What cannot wait, and what could be lost."""

    emergencies = Boxes(
        _l("Is any of this happening now?"),
        choices=say.EMERGENCIES,
        description=_l("If you are in danger now, call 911."),
    )
    harms = Boxes(_l("What could you lose?"), choices=say.HARMS)


class DatesForm(Form):
    """The dates on the papers; not knowing is an answer, and stays an open question."""

    has_dates = RadioField(
        _l("Is there a court date or a deadline on your papers?"),
        [Required(_l("Choose one of the three."))],
        choices=[("yes", _l("Yes")), ("no", _l("No date that I know of")), ("unsure", _l("I am not sure"))],
        description=_l(
            "Look for words like “hearing”, “answer by” or “vacate by”. It helps us put urgent requests first."
        ),
    )
    date1_kind = SelectField(_l("What date is it?"), [Optional()], choices=[("", _l("Choose one")), *say.DATE_KINDS])
    date1_on = DayField(_l("The date"), [MayBeEmpty()], description=_l("For example, 11 24 2026"))
    date1_unknown = BooleanField(_l("I don't know the date"))
    date2_kind = SelectField(_l("Another date?"), [Optional()], choices=[("", _l("No other date")), *say.DATE_KINDS])
    date2_on = DayField(_l("The second date"), [MayBeEmpty()])
    date2_unknown = BooleanField(_l("I don't know the second date"))
    date3_kind = SelectField(_l("A third date?"), [Optional()], choices=[("", _l("No other date")), *say.DATE_KINDS])
    date3_on = DayField(_l("The third date"), [MayBeEmpty()])
    date3_unknown = BooleanField(_l("I don't know the third date"))

    def validate_has_dates(self, field: Field) -> None:
        """A date that was told counts: it is not lost behind a no."""
        told = (self[f"{name}_{part}"].data for name in DATES for part in ("kind", "on", "unknown"))
        if field.data in ("no", "unsure") and any(told):
            raise StopValidation(_("You told us about a date. Choose “Yes” so that it counts, or empty its fields."))

    def validate(self, extra_validators: Any = None) -> bool:
        """A date has a kind; a kind has a date or “I don't know”."""
        good = super().validate(extra_validators)
        if self.has_dates.data != "yes":
            return good
        for name in DATES:
            good = self._whole(name) and good
        return good

    def _whole(self, name: str) -> bool:
        kind, day, unknown = self[f"{name}_kind"], self[f"{name}_on"], self[f"{name}_unknown"]
        if name == DATES[0] and not kind.data:
            kind.errors = [_("Choose what date it is.")]
            return False
        if kind.data and not day.data and not unknown.data and not day.errors:
            day.errors = [_("Write the date, or tick “I don't know”.")]
            return False
        if day.data and not EARLIEST <= (day.data - clock.now().date()).days <= LATEST:
            day.errors = [_("Check the year of this date.")]
            return False
        if day.data and not kind.data:
            kind.errors = [_("Choose what date it is.")]
            return False
        return True


class AccessForm(Form):
    """What makes it possible to work together."""

    access = Boxes(
        _l("Is there something you need so that we can work together?"),
        choices=say.ACCESS,
        description=_l("You can leave this empty."),
    )
    access_note = TextAreaField(_l("Something else"), [Optional(), LINE])


class ConsentForm(Form):
    """Whether names may be shared with lawyers who might take the case."""

    share_names = RadioField(
        _l("May we tell your name and the other side's name to a lawyer who might help you?"),
        [Required(_l("Choose yes or no."))],
        choices=[("yes", _l("Yes, you may")), ("no", _l("No, ask me first each time"))],
        description=_l(
            "A lawyer must check the names first, so as not to work for both sides. They must keep "
            "the names to themselves. You can take your yes back at any time."
        ),
    )
