"""What people type about escalations: why one is closed, a complaint, days away, and rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FieldList, FormField, RadioField, SelectField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.validators import Length, Optional

from app.core.forms import DayField, Form, Required, WholeNumberField

from .escalation_rules import CAUSES, CHANNELS, MOST_LEVELS, ROLES, UNITS, staff_root_causes

TOO_LONG = Length(max=4000, message=_l("Please shorten this."))
RANKS: dict[str, Any] = {
    "4": _l("Every priority"), "3": _l("Normal and above"), "2": _l("High and critical"), "1": _l("Critical only"),
}  # fmt: skip
NOBODY = ("", _l("Nobody in particular"))


class CloseEscalationForm(Form):
    """What was found and why it came to this."""

    root_cause = SelectField(_l("Why did it come to this?"), [Required(_l("Choose a cause."))])
    found = TextAreaField(
        _l("What did you find?"), [Required(_l("Write what you found; one line is enough.")), TOO_LONG]
    )

    def __init__(self, **data: Any) -> None:
        super().__init__(**data)
        self.root_cause.choices = [("", _l("Choose…")), *staff_root_causes().items()]


class ComplaintForm(Form):
    """Somebody complains about a case."""

    note = TextAreaField(
        _l("What is the complaint about?"), [Required(_l("Write what was said.")), TOO_LONG],
        description=_l("Only staff of the programme read it."),
    )  # fmt: skip


class AbsenceForm(Form):
    """Days on which somebody is away."""

    who = SelectField(_l("Who is away?"), [Required(_l("Choose a person."))])
    from_on = DayField(_l("First day away"), [Required(_l("Write the first day."))])
    until_on = DayField(_l("Last day away"), [Required(_l("Write the last day."))])
    stand_in = SelectField(_l("Who stands in?"), [Optional()])

    def people(self, staff: list[tuple[str, str]]) -> None:
        """Let the reader choose among the staff."""
        self.who.choices, self.stand_in.choices = staff, [NOBODY, *staff]


class LevelForm(PlainForm):
    """One level of a ladder."""

    role = SelectField(_l("Who answers"), choices=[("", _l("No such level")), *ROLES.items()])
    channel = RadioField(_l("How they hear of it"), choices=list(CHANNELS.items()), default="task")
    amount = WholeNumberField(_l("Time to respond"), [Optional()])
    unit = SelectField(_l("in"), choices=list(UNITS.items()), default="hours")
    next = SelectField(_l("Then"), choices=[])
    deputy = SelectField(_l("Deputy while they are away"), choices=[])


class RuleForm(Form):
    """One rule of escalation, with the reason for the change."""

    seen = StringField()
    cause = SelectField(_l("What opens it"), choices=[(key, cause.label) for key, cause in CAUSES.items()])
    number = WholeNumberField(_l("Number"), [Optional()])
    category = SelectField(_l("Kind of matter"), choices=[])
    rank = SelectField(_l("Priority"), choices=list(RANKS.items()), default="4")
    levels = FieldList(FormField(LevelForm), min_entries=MOST_LEVELS, max_entries=MOST_LEVELS)
    settle = WholeNumberField(
        _l("Business days to close it once somebody has taken it on"), [Required(_l("Write a number of days."))]
    )
    active = BooleanField(_l("In force"), default=True)
    reason = StringField(
        _l("Why do you change it?"),
        [Required(_l("Write the reason.")), Length(max=200, message=_l("Please shorten this."))],
    )

    def offer(self, categories: list[str], staff: list[tuple[str, str]]) -> None:
        """The choices that depend on the programme."""
        self.category.choices = [("", _l("Every kind of matter")), *((each, each) for each in categories)]
        for number, level in enumerate(self.levels, start=1):
            others = [(str(n), _l("level %(number)s", number=n)) for n in range(1, MOST_LEVELS + 1) if n != number]
            level.form.next.choices = [("", _l("It was the last level")), *others]
            level.form.deputy.choices = [NOBODY, *staff]


class ReasonForm(Form):
    """Why the first rules come back."""

    seen = StringField()
    reason = StringField(
        _l("Why do you go back to the first rules?"),
        [Required(_l("Write the reason.")), Length(max=200, message=_l("Please shorten this."))],
    )
