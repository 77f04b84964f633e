"""Setting a goal, and naming a view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from app.accounts.models import Grant
from app.core.forms import Form, Required, VersionedForm

from .boards import GROUPS
from .definitions import Measure
from .figures import period_name, period_of
from .goals import HUNDREDTHS
from .measures import MEASURES

KINDS = ("month", "quarter", "half", "year")
MOST = 20_000_000


def target_typed(measure: Measure, text: str) -> int:
    """What was typed as it is stored.

    :raises ValidationError: it is no number that the figure could have
    """
    found = re.fullmatch(r"\$?\s*(\d{1,3}(?:,\d{3})+|\d{1,8})(?:\.(\d{1,2}))?\s*%?", (text or "").strip())
    if not found:
        raise ValidationError(_("Write a number, like 60 or 1,200."))
    hundredths = int(found[1].replace(",", "")) * 100 + int((found[2] or "0").ljust(2, "0"))
    if measure.kind == "mean":
        if hundredths > 500:
            raise ValidationError(_("The best mark is 5."))
        return hundredths
    if measure.unit in ("hours", "money") and hundredths <= MOST * 100:
        return hundredths
    if hundredths % 100:
        raise ValidationError(_("Write a whole number for this figure."))
    if measure.kind == "share" and hundredths > 10_000:
        raise ValidationError(_("A share is at most 100 %."))
    return hundredths // 100


def typed(measure: Measure, stored: int) -> str:
    """A stored target as somebody would type it."""
    if measure.kind == "mean" or measure.unit in ("hours", "money"):
        return f"{stored / 100:.2f}".rstrip("0").rstrip(".")
    return str(stored)


def unit_words(measure: Measure) -> str:
    """What the number of a target counts."""
    if measure.kind in HUNDREDTHS:
        return _("percent") if measure.kind == "share" else _("points of 5")
    return {"money": _("dollars"), "hours": _("hours"), "days": _("days at most")}.get(measure.unit, measure.unit)


def period_choices(today: date) -> list[tuple[str, str]]:
    """The current period of each kind, the next and the one before."""
    found: dict[str, str] = {}
    for kind in KINDS:
        first, last = period_of(today, kind)
        for low, high in ((first, last), period_of(last + timedelta(days=1), kind),
                          period_of(first - timedelta(days=1), kind)):  # fmt: skip
            found.setdefault(f"{low.isoformat()}:{high.isoformat()}", period_name(low, high))
    return list(found.items())


class GoalForm(Form):
    """A target for a figure and a period."""

    measure = SelectField(_l("Figure"), validators=[Required(_l("Choose a figure."))])
    grant = SelectField(
        _l("Of"), validators=[Optional()],
        description=_l("A grant’s goal is for a figure that its funder reads, and stands beside it once published."),
    )  # fmt: skip
    period = SelectField(_l("Period"), validators=[Required(_l("Choose a period."))])
    target = StringField(
        _l("Target"),
        description=_l("In the unit of the figure: a number, hours, dollars, days, or percent."),
        validators=[Required(_l("Write a target.")), Length(max=20)],
    )
    note = StringField(
        _l("Note"), description=_l("For staff; funders do not read it."),
        validators=[Optional(), Length(max=200, message=_l("Use 200 characters at most."))],
    )  # fmt: skip

    def prepare(self, today: date, grants: Sequence[Grant] = ()) -> GoalForm:
        """Offer the figures by their groups, the programme's grants, and the periods around today."""
        of: list[Any] = [("", _("The whole programme")), *((grant.public_id, grant.name) for grant in grants)]
        self.grant.choices = of
        self.measure.choices = {
            str(name): [(key, f"{MEASURES[key].name} ({unit_words(MEASURES[key])})") for key in keys]
            for _key, name, keys in GROUPS
        }
        self.period.choices = period_choices(today)
        return self

    def validate_target(self, field: Any) -> None:
        """Read the target in the unit of the figure."""
        measure = MEASURES.get(self.measure.data or "")
        self.stored = target_typed(measure, field.data) if measure else 0

    @property
    def days(self) -> tuple[date, date]:
        """The first and last day of the period chosen."""
        first, _colon, last = (self.period.data or "").partition(":")
        return date.fromisoformat(first), date.fromisoformat(last)


class GoalChangeForm(VersionedForm):
    """A goal's target and note."""

    target = StringField(_l("Target"), validators=[Required(_l("Write a target.")), Length(max=20)])
    note = StringField(_l("Note"), validators=[Optional(), Length(max=200, message=_l("Use 200 characters at most."))])

    def of(self, measure: Measure) -> GoalChangeForm:
        """Read the target in the unit of a figure."""
        self._measure = measure
        self.target.description = unit_words(measure)
        return self

    def validate_target(self, field: Any) -> None:
        """Read the target in the unit of the figure."""
        self.stored = target_typed(self._measure, field.data)
