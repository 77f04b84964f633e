"""What volunteers type: the application and the profile."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    EmailField,
    FieldList,
    FormField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms import Form as Row
from wtforms.validators import Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.core.forms import DayField, Form, Required, VersionedForm

from . import facts, words
from .models import CredentialKind, Volunteer, VolunteerRole
from .offers import Application, Licence, Offer
from .operations_profile import ProfileChange

LICENCE_KINDS = (CredentialKind.FULL_LICENCE, CredentialKind.EMERITUS, CredentialKind.IN_HOUSE)
ASKS_FOR_LICENCE = {VolunteerRole.ATTORNEY, VolunteerRole.MENTOR}
DOES_LEGAL_WORK = {VolunteerRole.ATTORNEY, VolunteerRole.STUDENT, VolunteerRole.GRADUATE, VolunteerRole.PARALEGAL}
STATE_CHOICES = [("", _l("Choose a state")), *facts.STATE_NAMES.items()]
AREA_CHOICES = [("", _l("Choose a field")), *facts.area_names().items()]
LEVEL_CHOICES = [("", _l("Choose a level")), *words.LEVELS.items()]


class Boxes(SelectMultipleField):
    """Several of a few, as boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: Any) -> None:
        """Nothing chosen is an empty list."""
        super().process_data(value or [])


class OneOf(SelectField):
    """One of a few; nothing chosen is an empty text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"default": "", **kwargs})

    def pre_validate(self, form: Any) -> None:
        """Only what was offered can be chosen."""
        if self.data not in dict(self.choices or []):
            raise ValidationError(str(_l("Choose one from the list.")))


class WholeNumberField(IntegerField):
    """A whole number, with a plain word where it is none."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read digits; nothing typed is None."""
        typed = valuelist[0].strip() if valuelist else ""
        self.raw_data = [typed] if typed else []
        self.data = None
        if not typed:
            return
        if not typed.isascii() or not typed.isdigit() or len(typed) > 9:
            raise ValueError(str(_l("Write a whole number, like 3.")))
        self.data = int(typed)


class LicenceRow(Row):
    """One licence."""

    state = OneOf(_l("State"), choices=STATE_CHOICES)
    number = StringField(_l("Bar number"), [Length(max=40, message=_l("Write at most 40 characters."))])
    kind = OneOf(_l("Kind"), choices=[(kind.value, words.KINDS[kind]) for kind in LICENCE_KINDS])

    def validate_state(self, field: SelectField) -> None:
        """A number needs its state."""
        if (self.number.data or "").strip() and not field.data:
            raise ValidationError(str(_l("Choose the state of this licence.")))

    def validate_number(self, field: StringField) -> None:
        """A state needs a number."""
        if self.state.data and not (field.data or "").strip():
            raise ValidationError(str(_l("Write the number of this licence.")))


class AreaRow(Row):
    """One field of work with a level."""

    area = OneOf(_l("Field of law"), choices=AREA_CHOICES)
    level = OneOf(_l("Your level"), choices=LEVEL_CHOICES)

    def validate_area(self, field: SelectField) -> None:
        """A level needs its field."""
        if self.level.data and not field.data:
            raise ValidationError(str(_l("Choose the field this level is for.")))

    def validate_level(self, field: SelectField) -> None:
        """A field needs a level."""
        if self.area.data and not field.data:
            raise ValidationError(str(_l("Choose your level in this field.")))


class OfferFields:
    """Which work, where, in which languages and how much."""

    areas = FieldList(FormField(AreaRow), min_entries=3, max_entries=90)
    languages = Boxes(_l("Languages you can work in"), [Required(_l("Choose at least one language."))],
                      choices=list(facts.languages().items()))  # fmt: skip
    places = Boxes(_l("Where you can meet people or appear in court"))
    remote = BooleanField(_l("I also take cases by phone or video, from anywhere in the state"))
    capacity = WholeNumberField(
        _l("How many cases at the same time?"),
        [Required(_l("Write how many cases you can have at the same time.")),
         NumberRange(1, 20, message=_l("Write a number from 1 to 20."))],
    )  # fmt: skip
    largest_case = WholeNumberField(
        _l("The largest case you would take, in hours"),
        [Optional(), NumberRange(1, 2000, message=_l("Write hours from 1 to 2000."))],
        description=_l("Leave it empty if any size will do."),
    )
    available_from = DayField(_l("From when?"), description=_l("Leave it empty if you can begin today."))
    declines = Boxes(_l("Matters you do not want to be offered"), choices=list(facts.area_names().items()))
    mentor_ok = BooleanField(_l("I would take a case a little above my level with a mentor"))
    mentors_others = BooleanField(_l("I can be asked for advice by other volunteers"))

    def offer(self) -> Offer:
        """What was typed, as an offer."""
        return Offer(
            areas={row["area"]: row["level"] for row in self.areas.data if row["area"]},
            languages=self.languages.data or [],
            counties=self.places.data or [],
            remote=self.remote.data,
            capacity=self.capacity.data or 1,
            largest_case=self.largest_case.data * 100 if self.largest_case.data else None,
            available_from=self.available_from.data,
            declines=self.declines.data or [],
            mentor_ok=self.mentor_ok.data,
            mentors_others=self.mentors_others.data,
        )

    def offer_places(self, served: dict[str, list[tuple[str, str]]], kept: Iterable[str] = ()) -> None:
        """Set the places that can be chosen: whole states and counties of the programmes, and those chosen before."""
        found = {state: facts.place_name(state) for state in served}
        found |= {fips: facts.place_name(fips) for counties in served.values() for fips, _ in counties}
        found |= {place: facts.place_name(place) for place in kept}
        self.places.choices = list(found.items())

    def validate_areas(self, field: FieldList) -> None:
        """No field twice."""
        chosen = [row["area"] for row in field.data if row["area"]]
        names = facts.area_names()
        twice = next((area for area in chosen if area in names and chosen.count(area) > 1), None)
        if twice:
            raise ValidationError(str(_l("%(area)s is listed twice.", area=names[twice])))

    def validate_places(self, field: Boxes) -> None:
        """Somewhere, or by phone and video."""
        if not field.data and not self.remote.data:
            raise ValidationError(str(_l("Choose at least one place, or say that you work by phone or video.")))


class PhoneField(TelField):
    """A phone number, kept as it is written nationally."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read a number of the United States, or one with its country code."""
        typed = valuelist[0].strip() if valuelist else ""
        self.data = typed or None
        if not typed:
            return
        try:
            number = phonenumbers.parse(typed, "US")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            raise ValueError(str(_l("Write the phone number with its area code, like 608-555-0123.")))
        home = number.country_code == 1
        form = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
        self.data = phonenumbers.format_number(number, form)


def _name(label: Any, missing: Any) -> StringField:
    return StringField(label, [Required(missing), Length(max=80, message=_l("Write at most 80 characters."))])


class ApplicationForm(Form, OfferFields):
    """The public application."""

    given_name = _name(_l("First name"), _l("Write your first name."))
    family_name = _name(_l("Last name"), _l("Write your last name."))
    email = EmailField(_l("Email"), [Required(_l("Write your email address."))],
                       description=_l("We write to this address. Choose one that you keep."))  # fmt: skip
    phone = PhoneField(_l("Phone"), [Optional()])
    roles = Boxes(_l("As what would you like to help?"), [Required(_l("Choose at least one."))],
                  choices=list(words.ROLES.items()))  # fmt: skip
    licences = FieldList(FormField(LicenceRow), min_entries=1, max_entries=60)
    looked_at = HiddenField()
    organisation = StringField(_l("Firm, school or employer"), [Optional(), Length(max=120)],
                               description=_l("It helps us to keep conflicts away from you."))  # fmt: skip
    organisation_kind = OneOf(_l("What is it?"), choices=list(words.ORGANISATIONS.items()), default="firm")
    cover = RadioField(_l("Do you have malpractice cover for pro bono work?"), choices=list(words.COVERS.items()),
                       default="unsure")  # fmt: skip
    cover_until = DayField(_l("Until when is it paid?"), description=_l("If you have your own and know the day."))
    supervisor = StringField(_l("Your supervising attorney"), [Optional(), Length(max=120)],
                             description=_l("For students, graduates and paralegals. "
                                            "If you have none yet, leave it empty; we help to find one."))  # fmt: skip
    about = TextAreaField(_l("Anything else we should know"), [Optional(), Length(max=2000)])
    attested = Boxes(_l("Please confirm each"), choices=list(words.ATTESTATIONS.items()))

    def validate_email(self, field: EmailField) -> None:
        """It must be an address that mail can be written to."""
        try:
            field.data = validate_email(field.data or "", check_deliverability=False).normalized
        except EmailNotValidError:
            raise ValidationError(str(_l("Write an email address like name@example.org."))) from None

    def validate_licences(self, field: FieldList) -> None:
        """Attorneys and mentors name at least one licence."""
        if ASKS_FOR_LICENCE & set(self.roles.data or []) and not self.stated_licences():
            raise ValidationError(str(_l("Name at least one state you are licensed in.")))

    def validate_areas(self, field: FieldList) -> None:
        """Whoever does legal work names at least one field."""
        super().validate_areas(field)
        if DOES_LEGAL_WORK & set(self.roles.data or []) and not self.offer().areas:
            raise ValidationError(str(_l("Choose at least one field of law and your level in it.")))

    def validate_attested(self, field: Boxes) -> None:
        """All of them are needed."""
        if set(field.data or []) != set(words.ATTESTATIONS):
            raise ValidationError(str(_l("Each of these is needed before you can take a case.")))

    def stated_licences(self) -> list[Licence]:
        """The licences named."""
        filled = (row for row in self.licences.data if row["state"] and (row["number"] or "").strip())
        rows = [row for row in filled if row["kind"] in LICENCE_KINDS]
        return [Licence(row["state"], row["number"].strip(), CredentialKind(row["kind"])) for row in rows]

    def odd_numbers(self) -> list[Licence]:
        """Licences whose number does not look like the state's usual ones, unless they were looked at again."""
        odd = [one for one in self.stated_licences() if facts.number_looks_odd(one.state, one.number)]
        seen = " ".join(one.state + one.number for one in odd)
        if not odd or self.looked_at.data == seen:
            return []
        self.looked_at.data = seen
        return odd

    def application(self) -> Application:
        """What was typed, as an application."""
        return Application(
            given_name=_plain(self.given_name.data),
            family_name=_plain(self.family_name.data),
            email=self.email.data or "",
            phone=self.phone.data,
            roles=self.roles.data or [],
            licences=self.stated_licences(),
            attested=self.attested.data or [],
            offer=self.offer(),
            organisation=_plain(self.organisation.data),
            organisation_kind=self.organisation_kind.data,
            cover=self.cover.data,
            cover_until=self.cover_until.data,
            supervisor=_plain(self.supervisor.data),
            about=(self.about.data or "").strip(),
        )


class ProfileForm(VersionedForm, OfferFields):
    """What volunteers keep true about themselves."""

    phone = PhoneField(_l("Phone"), [Optional()])
    organisation = StringField(_l("Firm, school or employer"), [Optional(), Length(max=120)])
    organisation_kind = OneOf(_l("What is it?"), choices=list(words.ORGANISATIONS.items()), default="firm")
    about = TextAreaField(_l("Anything else we should know"), [Optional(), Length(max=2000)])
    digest = RadioField(_l("How often may we write about new matters that fit you?"),
                        choices=list(words.DIGESTS.items()), default="weekly")  # fmt: skip

    def change(self) -> ProfileChange:
        """What was typed, as a change."""
        about = (self.about.data or "").strip() or None
        return ProfileChange(offer=self.offer(), phone=self.phone.data, about=about, digest=self.digest.data)


def profile_values(volunteer: Volunteer) -> dict[str, Any]:
    """What the profile form shows first."""
    organisation = volunteer.memberships[0].organisation if volunteer.memberships else None
    return {
        "seen_version": volunteer.version,
        "areas": [{"area": row.area, "level": row.level} for row in sorted(volunteer.areas, key=lambda row: row.area)],
        "languages": volunteer.languages,
        "places": volunteer.counties,
        "remote": volunteer.remote,
        "capacity": volunteer.capacity,
        "largest_case": volunteer.largest_case // 100 if volunteer.largest_case else None,
        "available_from": volunteer.available_from,
        "declines": volunteer.declines,
        "mentor_ok": volunteer.mentor_ok,
        "mentors_others": volunteer.mentors_others,
        "phone": volunteer.phone,
        "about": volunteer.about,
        "digest": volunteer.digest,
        "organisation": organisation.name if organisation else "",
        "organisation_kind": organisation.kind if organisation else "firm",
    }


def _plain(text: str | None) -> str:
    return " ".join((text or "").split())
