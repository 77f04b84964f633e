"""What people type about a clinic or an advice shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.accounts.models import Programme
from app.core.forms import DayField, Form, HoursField, Required, WholeNumberField

from .models_shifts import ShiftKind
from .operations_shifts import ShiftDoesNotFit, ShiftFacts
from .queries_shifts import Sheet
from .words import SHIFTS


class ShiftForm(Form):
    """What was staffed, when and how long."""

    programme = SelectField(_l("Programme"))
    kind = RadioField(
        _l("What was it?"), [Required(_l("Say whether it was a clinic or an advice shift."))],
        choices=[SelectChoice(kind.value, SHIFTS[kind]) for kind in ShiftKind],
    )  # fmt: skip
    on_day = DayField(_l("Day"), [Required(_l("Say on which day."))], years=(5, 1))
    hours = HoursField(_l("Hours"), [Required(_l("Write the hours, like 1.5."))], description=_l("Tenths are enough."))
    people_served = WholeNumberField(
        _l("How many people did you speak with?"), [Optional()], description=_l("A number is enough. No names, please.")
    )

    def offer(self, programmes: Sequence[Programme]) -> None:
        """The programmes to choose from; nothing is asked where there is one."""
        self.offered = {each.public_id: each for each in programmes}
        self.programme.choices = [SelectChoice(key, each.name) for key, each in self.offered.items()]
        if len(programmes) == 1:
            del self.programme

    @property
    def chosen(self) -> Programme:
        """The programme chosen, or the only one."""
        return self.offered[self.programme.data] if self.programme else next(iter(self.offered.values()))

    @property
    def facts(self) -> ShiftFacts:
        """What was typed."""
        people = self.people_served.data if self.people_served else None
        return ShiftFacts(ShiftKind(self.kind.data), self.on_day.data, self.hours.data, people)

    def say(self, no: ShiftDoesNotFit) -> None:
        """Put a refusal beside its field."""
        self[no.field].errors = [str(no.message)]


class SheetForm(ShiftForm):
    """The sheet that everybody signed: one clinic or shift, and who was there."""

    volunteers = SelectMultipleField(
        _l("Who was there?"), [Required(_l("Tick who was there."))], option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )  # fmt: skip

    def offer_people(self, sheet: Sheet) -> None:
        """The people who can be ticked; how many each spoke with stands on no sheet."""
        choices: list[Any] = [SelectChoice(key, each.name) for key, each in sheet.people.items()]
        self.volunteers.choices = choices
        del self.people_served, self.programme
