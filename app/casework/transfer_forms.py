"""What people type about a way out."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, RadioField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from app.clients.vocabulary import CONSENT_WAYS
from app.core.facts import languages
from app.core.forms import DayField, Form, HoursField, Required
from app.matching.words import DECLINE_REASONS

from . import transfer_words as words
from .operations_transfer_steps import Checklist
from .transfer_models import Court, Transfer

LONG = Length(max=20_000, message=_l("Please shorten this."))
MEMO = _l("Write what the next lawyer must know. A few lines are enough.")


def _choices(said: dict[str, Any]) -> list[tuple[str, Any]]:
    return list(said.items())


class ChecklistForm(Form):
    """What whoever comes next must know."""

    done = TextAreaField(_l("What is done"), [Required(MEMO), LONG])
    next = TextAreaField(_l("What comes next"), [Required(MEMO), LONG])
    next_date_on = DayField(
        _l("Next date you know of"), [Optional()],
        description=_l("Only if it is not among the dates above. Staff check it."),
    )  # fmt: skip
    last_contact_on = DayField(_l("Last contact with the client"), [Optional()])
    papers = RadioField(
        _l("Papers you hold"), [Required(_l("Say where the papers are."))], choices=_choices(words.PAPERS)
    )
    court = RadioField(
        _l("Did you appear in court, so that a court must let you go?"),
        [Required(_l("Say whether a court must agree."))],
        choices=_choices(words.COURT),
    )
    hours = HoursField(_l("Your last hours"), [Optional()], description=_l("Hours not logged yet, like 1.5."))
    hours_on = DayField(_l("On which day"), [Optional()])

    def given(self) -> Checklist:
        """What was typed, as it is kept."""
        return Checklist(
            done=self.done.data or "", next=self.next.data or "", papers=self.papers.data or "none",
            court=Court(self.court.data or "no"), last_contact_on=self.last_contact_on.data,
            next_date_on=self.next_date_on.data, hours=self.hours.data, hours_on=self.hours_on.data,
        )  # fmt: skip

    def can_be_kept(self) -> bool:
        """Can what was typed so far be kept as a draft? What is still missing may come later."""
        self.validate()
        unread = {field.name for field in self if field.process_errors}
        too_long = {name for name in ("done", "next") if len(self[name].data or "") > 20_000}
        chosen = {name for name in ("reason", "papers", "court") if name in self and not self._may_be(name)}
        for field in self:
            if field.name not in unread | too_long | chosen:
                field.errors = []
        return not unread | too_long | chosen

    def _may_be(self, name: str) -> bool:
        given = self[name].data
        known = {value for value, _label in self[name].choices}
        return given in known or (name != "reason" and given in (None, "None", ""))


def typed_before(transfer: Transfer | None) -> dict[str, Any]:
    """What a checklist says already."""
    if transfer is None:
        return {}
    told = transfer.checklist or {}
    typed = {"done": told.get("done"), "next": told.get("next"), "papers": transfer.papers, "reason": transfer.reason}
    typed |= {"last_contact_on": transfer.last_contact_on, "next_date_on": transfer.next_date_on}
    return {**typed, "court": transfer.court.value if transfer.papers else None}


class HandBackForm(ChecklistForm):
    """Giving a case back."""

    reason = RadioField(
        _l("Why"), [Required(_l("Choose what comes closest."))], choices=_choices(words.HAND_BACK_REASONS)
    )


class StaffHandBackForm(ChecklistForm):
    """A case given back for the volunteer."""

    reason = RadioField(
        _l("Why"), [Required(_l("Choose what comes closest."))], choices=_choices(words.STAFF_HAND_BACK)
    )


class AskForTransferForm(ChecklistForm):
    """A lead who asks for a direct hand-over."""

    reason = RadioField(
        _l("Why"), [Required(_l("Choose what comes closest."))], choices=_choices(words.TRANSFER_REASONS)
    )


class StartTransferForm(Form):
    """Why a case goes to another lawyer."""

    reason = RadioField(
        _l("Why"), [Required(_l("Choose what comes closest."))], choices=_choices(words.TRANSFER_REASONS)
    )


class LeaveForm(Form):
    """Leaving a case at once."""

    reason = RadioField(
        _l("Why"), [Required(_l("Choose what comes closest."))], choices=_choices(words.MANDATORY_REASONS)
    )
    court = RadioField(
        _l("Has the lawyer appeared in court, so that a court must let them go?"),
        [Required(_l("Say whether a court must agree."))],
        choices=_choices(words.COURT),
    )


class ReceiverForm(Form):
    """The receiver, and the mentor where one is needed."""

    mentor = SelectField(_l("Mentor"), [Optional()])

    def offer(self, people: list[Any]) -> None:
        """Let one of these people stand by the receiver."""
        self.mentor.choices = [("", _("Nobody")), *((one.public_id, one.name) for one in people)]


class ConsentForm(Form):
    """How and when the client agreed."""

    how = RadioField(
        _l("How did the client agree?"), [Required(_l("Choose how the client said yes."))],
        choices=_choices(CONSENT_WAYS),
    )  # fmt: skip
    language = SelectField(_l("In which language"))
    informed = BooleanField(
        _l("The client knows who will see the file, that they may say no, and that the dates keep running."),
        [InputRequired(_l("Tick the box: consent counts only where the client knows this."))],
    )

    def offer(self) -> None:
        """Every language we know."""
        self.language.choices = list(languages().items())


class CourtForm(Form):
    """When the court gave leave."""

    on_day = DayField(_l("Leave given on"), [Required(_l("Say on which day."))])


class CauseForm(Form):
    """What a change of lawyer came from."""

    cause = RadioField(_l("What did it come from?"), [Required(_l("Choose a cause."))])

    def offer(self) -> None:
        """The list of causes."""
        self.cause.choices = list(words.root_causes().items())


class AnswerForm(Form):
    """What the receiver says, about the names that the page showed."""

    names_read = HiddenField()
    answer = RadioField(
        _l("Your answer"),
        [Required(_l("Choose your answer."))],
        choices=[
            ("accept", _l("No conflict for me or my firm, and I take the case over now")),
            ("conflict", _l("There is a conflict")),
            ("declined", _l("I would rather not take it")),
        ],
    )
    checked = BooleanField(_l("I checked every name on this page for myself and my firm."))
    reason = SelectField(_l("Reason"), [Optional()], choices=[("", _l("No reason given")), *_choices(DECLINE_REASONS)])

    def validate_checked(self, field: BooleanField) -> None:
        """A yes is a statement about every name."""
        if self.answer.data == "accept" and not field.data:
            raise ValidationError(_("Tick the box: a yes covers every name."))
