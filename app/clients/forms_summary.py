"""What was answered, in the reader's words, for the page before sending."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from wtforms import Field

from app.core import i18n
from app.core.forms import MoneyField

from . import forms_intake as ask
from .intake import choices as say
from .intake.steps import STEPS, Answers, Step, applies, packed, unpacked, ways

FORMS: dict[str, type[ask.Form]] = {
    "names": ask.NamesForm, "other_side": ask.OtherSideForm, "place": ask.PlaceForm, "reach": ask.ReachForm,
    "safe": ask.SafeForm, "language": ask.LanguageForm, "household": ask.HouseholdForm, "income": ask.IncomeForm,
    "assets": ask.AssetsForm, "circumstances": ask.CircumstancesForm, "problem": ask.ProblemForm,
    "story": ask.StoryForm, "urgent": ask.UrgentForm, "dates": ask.DatesForm, "access": ask.AccessForm,
    "consent": ask.ConsentForm,
}  # fmt: skip
DAYS = ("born_on", "date1_on", "date2_on", "date3_on")


def form_for(name: str, answers: Answers, *, typed: bool) -> Any:
    """The form of a step, with what was typed just now or else what was kept."""
    kind = FORMS[name]
    form = kind() if typed else kind(formdata=None, data=unpacked(answers.get(name, {}), DAYS))
    return form.ask_only_for(ways(answers)) if isinstance(form, ask.SafeForm) else form


def kept(form: Any) -> dict[str, Any]:
    """A valid form's values as the draft keeps them."""
    typed = {f.name: getattr(f, "typed", "") for f in form if isinstance(f, MoneyField)}
    return packed(form.data, typed)


def summary(answers: Answers) -> list[tuple[Step, list[dict[str, str]]]]:
    """Every step that is asked, with label and answer of what was said."""
    return [(step, _answered(step, answers)) for step in STEPS if applies(step.name, answers)]


def _answered(step: Step, answers: Answers) -> list[dict[str, str]]:
    if step.name not in answers:
        return []
    form = form_for(step.name, answers, typed=False)
    said = [{"label": field.label.text, "value": in_words(field)} for field in form if field.name != "csrf_token"]
    return [pair for pair in said if pair["value"]]


def in_words(field: Field) -> str:
    """An answer as the reader would say it; nothing where nothing was said."""
    value = field.data
    if isinstance(value, bool):
        return _("Yes") if value else ""
    if value in (None, "", []):
        return ""
    if isinstance(field, MoneyField):
        return i18n.money(value)
    if isinstance(value, date):
        return i18n.when_day(value) + ("" if str(value.year) in i18n.when_day(value) else f", {value.year}")
    if getattr(field, "choices", None):
        picked = value if isinstance(value, list) else [value]
        return say.labels([(str(key), text) for key, text in field.choices], picked)
    return str(value)
