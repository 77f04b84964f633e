"""A request for help on one page, for staff who type while a client speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, HiddenField, SelectField

from app.core.forms import Required, VersionedForm

from . import forms_intake as ask
from .forms_summary import DAYS, FORMS, kept
from .intake import choices as say
from .intake import places
from .intake.steps import Answers, unpacked


class EntryForm(
    ask.DeviceForm, ask.NamesForm, ask.OtherSideForm, ask.PlaceForm, ask.ReachForm, ask.SafeForm, ask.LanguageForm,
    ask.HouseholdForm, ask.IncomeForm, ask.AssetsForm, ask.CircumstancesForm, ask.ProblemForm, ask.StoryForm,
    ask.UrgentForm, ask.DatesForm, ask.AccessForm, ask.ConsentForm, VersionedForm,
):  # fmt: skip
    """Every question of the request, in the order of a conversation."""

    once = HiddenField()
    problem = SelectField(
        _l("What is it about?"), [Required(_l("Choose what comes closest."))],
        choices=[("", _l("Choose one")), *((key, text) for key, _code, text in say.PROBLEMS)],
    )  # fmt: skip
    income_period = SelectField(
        _l("How often?"), [Required(_l("Choose how often."))], default="month",
        choices=[(key, text) for key, _n, text in say.PERIODS],
    )  # fmt: skip

    def __init__(self, programme_ids: Sequence[int], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.county.choices = [("", _("Choose one")), *places.served(programme_ids)]

    def has_only_gaps(self) -> bool:
        """Is everything that was typed readable, so that it can wait as a draft?"""
        self.validate()
        return not any(field.errors and _was_typed(field) for field in self)

    def pages(self) -> dict[str, Any]:
        """The answers as the pages of a request would keep them."""
        all_kept = kept(self)
        return {name: _of(kind, all_kept) for name, kind in FORMS.items()}


def _was_typed(field: Field) -> bool:
    if hasattr(field, "parts"):
        return any(field.parts)
    return any(str(value).strip() for value in field.raw_data or [])


def _of(kind: Any, values: dict[str, Any]) -> dict[str, Any]:
    names = [name for name in dir(kind) if hasattr(getattr(kind, name), "field_class")]
    return {name: values[name] for field in names for name in (field, f"{field}_typed") if name in values}


def values_of(answers: Answers, watched: bool) -> dict[str, Any]:
    """A draft's answers as the page takes them."""
    flat = {name: value for page in answers.values() for name, value in page.items()}
    return {**unpacked(flat, DAYS), "watched": "yes" if watched else "no"}
