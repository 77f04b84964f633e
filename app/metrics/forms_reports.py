"""What people type about rates, reports that make themselves, and certificates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts.models import Grant, Programme, User
from app.clients.vocabulary import CASE_ROLES
from app.core.forms import DayField, Form, MoneyField, Required

from .models_reports import ReportKind
from .reports_files import NAMES
from .schedules import EVERY, periods_to_begin_with

EVERY_NAMES = {"month": _l("Month"), "quarter": _l("Quarter"), "half": _l("Half year"), "year": _l("Year")}


def _choices(pairs: Iterable[tuple[str, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


class RateForm(Form):
    """What an hour in a role counts for."""

    role = SelectField(_l("Role"), choices=_choices(CASE_ROLES.items()))
    amount = MoneyField(_l("An hour counts for"), [Required(_l("Write what an hour counts for, like 34.79."))],
                        description=_l("In dollars."))  # fmt: skip
    first = DayField(_l("From"), [Required(_l("Write the first day on which it counts."))])
    last = DayField(_l("Until"), description=_l("Leave it empty where no end is known."))
    source = StringField(
        _l("Source"),
        [Required(_l("Write where the rate comes from: who published it, and for which year.")),
         Length(max=200, message=_l("Please shorten this."))],
        description=_l("Shown beside every total. A rate without a source is not kept."),
    )  # fmt: skip


class PeopleForm(Form):
    """Who is told."""

    recipients = SelectMultipleField(
        _l("Who is told"), [Required(_l("Choose at least one person who is told when the report is there."))],
        option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False),
    )  # fmt: skip

    def offer_people(self, people: Sequence[User]) -> None:
        """The staff who can be chosen."""
        self.recipients.choices = _choices((user.public_id, user.name) for user in people)


class ScheduleForm(PeopleForm):
    """A report that makes itself."""

    kind = RadioField(_l("Report"), [Required(_l("Choose the report."))],
                      choices=_choices((kind.value, NAMES[kind]) for kind in ReportKind))  # fmt: skip
    grant = SelectField(
        _l("Grant"), [Optional()],
        description=_l("Needed for a grant report; the case service summary can be of one grant."),
    )  # fmt: skip
    every = SelectField(_l("After every"), choices=_choices((key, EVERY_NAMES[key]) for key in EVERY))
    begins = RadioField(_l("Begin with"), default="running",
                        choices=_choices((("last", _l("The period that ended last")),
                                          ("running", _l("The period that runs now")))))  # fmt: skip
    to_funder = BooleanField(
        _l("Tell the grant’s funder once the period is signed off"),
        description=_l("The funder reads the published figures, never this report."),
    )

    def offer(self, programme: Programme, grants: Sequence[Grant], people: Sequence[User]) -> None:
        """The grants and people of the programme."""
        self.grant.choices = _choices([("", _l("None")), *((grant.public_id, grant.name) for grant in grants)])
        self.offer_people(people)
        asked = self.every.data if self.every.data in EVERY else EVERY[0]
        last, running = periods_to_begin_with(programme, asked)
        self.first_days = {"last": last[0], "running": running[0]}


class CertificateForm(Form):
    """A certificate of one's own hours."""

    programme = SelectField(_l("Programme"))
    name = StringField(
        _l("Name on the certificate"),
        [Required(_l("Write the name as it should stand on the certificate.")),
         Length(max=80, message=_l("Please shorten this."))],
    )  # fmt: skip
    first = DayField(_l("From"), [Required(_l("Write the first day of the period."))])
    last = DayField(_l("To and with"), [Required(_l("Write the last day of the period."))])
    agreed = BooleanField(
        _l("Anybody who has the code may read this name, the programme, the days and the hours"),
        description=_l("Nothing else is shown, and nothing of clients. You can withdraw it at any time."),
    )

    def offer(self, programmes: Sequence[Programme]) -> None:
        """The programmes at which hours were logged."""
        self.programme.choices = _choices((each.public_id, each.name) for each in programmes)


class CodeForm(Form):
    """The code of a certificate."""

    code = StringField(_l("Code"), [Required(_l("Type the code that stands on the certificate.")), Length(max=60)])
