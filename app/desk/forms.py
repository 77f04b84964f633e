"""What staff type at the desk: a search, who answers for a case, how something ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, StringField
from wtforms.validators import Length, Optional

from app.clients.vocabulary import CLOCK_REASONS
from app.core.forms import DayField, Form, Required

CUSTODY_REASONS: dict[str, Any] = {
    "workload": _l("To spread the work"),
    "absence": _l("Away for a while"),
    "knows_matter": _l("Knows the matter"),
    "left": _l("Left the programme"),
    "supervision": _l("A lawyer must watch over it"),
}
END_REASONS: dict[str, Any] = {
    "volunteer_asked": _l("The volunteer asked to be released"),
    "no_contact": _l("The client was not contacted in time"),
    "client_wish": _l("The client asked for somebody else"),
    "not_eligible": _l("The volunteer may not go on just now"),
    "conflict": _l("A conflict came up"),
    "mistake": _l("Placed by mistake"),
}
OUTCOMES: dict[str, Any] = {
    "done": _l("Done"),
    "not_needed": _l("Not needed any more"),
    "not_reached": _l("Tried, not reached"),
}


class SearchForm(Form):
    """A case number, a whole name or a phone number."""

    q = StringField(
        _l("Case number, whole name or phone"), [Optional(), Length(max=80, message=_l("Look for 80 letters at most."))]
    )


class AssignForm(Form):
    """Who answers for the cases from now on."""

    to = SelectField(_l("Who answers for it from now on"), [Required(_l("Choose somebody."))])
    reason = RadioField(
        _l("Why"), [Required(_l("Choose a reason."))], choices=list(CUSTODY_REASONS.items()), validate_choice=True
    )

    def offer(self, staff: Sequence[Any]) -> None:
        """Let one of these people be chosen."""
        present = [(row.public_id, row.name) for row in staff if row.deactivated_at is None]
        self.to.choices = [("", _l("Choose somebody")), *present]


class ExtendForm(Form):
    """Until when somebody goes on looking, and why."""

    reason = RadioField(_l("Reason"), [Required(_l("Choose a reason."))], choices=list(CLOCK_REASONS.items()))
    until = DayField(_l("Until"), [Required(_l("Write the day."))])


class EndForm(Form):
    """Why the part of somebody beside the lead ends."""

    reason = RadioField(_l("Why it ends"), [Required(_l("Choose a reason."))], choices=list(END_REASONS.items()))
    then = RadioField(
        _l("What comes next"),
        choices=[("close", _l("Nobody else is needed for it")), ("list", _l("List the part again"))],
        default="close",
    )


class FinishForm(Form):
    """How a task ended."""

    outcome = RadioField(_l("How did it end?"), [Required(_l("Choose how it ended."))], choices=list(OUTCOMES.items()))
