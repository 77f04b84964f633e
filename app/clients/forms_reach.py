"""What staff type about reaching a client safely."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import Length, Optional

from app.core.forms import DayField, Form, Required

from .forms import PartForm, choices
from .intake import choices as say
from .models import ChannelKind, ClientKind
from .operations_reach import STOP_REASONS

WAYS: dict[str, Any] = {
    ChannelKind.CALL.value: _l("Call"),
    ChannelKind.TEXT.value: _l("Text message"),
    ChannelKind.VOICEMAIL.value: _l("Voice message"),
    ChannelKind.EMAIL.value: _l("Email"),
    ChannelKind.POST.value: _l("Letter"),
    ChannelKind.TRUSTED_PERSON.value: _l("Somebody trusted"),
}
SAFE: dict[str, Any] = {"yes": _l("Yes"), "no": _l("No"), "unsure": _l("Not known")}
KINDS: dict[str, Any] = {
    ClientKind.PERSON.value: _l("Somebody who decides for themselves"),
    ClientKind.MINOR.value: _l("A child"),
    ClientKind.WITH_GUARDIAN.value: _l("Somebody with a guardian"),
    ClientKind.GROUP.value: _l("A group"),
}
SHORT = Length(max=80, message=_l("Use at most 80 letters."))
LONG = Length(max=400, message=_l("Use at most 400 letters."))


class WayForm(PartForm):
    """What the client said about one way to reach them."""

    value = StringField(
        _l("Number or address"),
        [Required(_l("Write the number or address.")), LONG],
        description=_l("For somebody trusted: their name, a comma, their number."),
    )
    safe = RadioField(
        _l("Is it safe?"),
        [Required(_l("Choose one."))],
        choices=choices(SAFE),
        description=_l("Only a yes lets anything go this way by itself."),
    )
    safe_hours = StringField(_l("When is it safe?"), [Optional(), SHORT], description=_l("Like weekdays after 4 pm."))
    may_be_said = RadioField(_l("What may be said?"), [Optional()], choices=say.MAY_SAY)
    asked_by = SelectField(_l("Who asked the client?"))
    asked_on = DayField(_l("On which day?"), [Required(_l("Write the day."))])

    @property
    def typed(self) -> dict[str, Any]:
        """What the client said; who asked is asked anew each time."""
        return {name: value for name, value in super().typed.items() if name not in ("asked_by", "asked_on", "kind")}


class AddWayForm(WayForm):
    """Another way to reach the client."""

    kind = SelectField(_l("Way"), choices=choices(WAYS))


class SafetyForm(PartForm):
    """Who decides, who speaks, who must not hear."""

    kind = SelectField(_l("The client is"), choices=choices(KINDS))
    decides = StringField(_l("Who decides?"), [Optional(), LONG], description=_l("Empty: the client."))
    speaks = StringField(_l("Who may speak for them?"), [Optional(), LONG], description=_l("Empty: only the client."))
    must_not_be_told = StringField(_l("Who must not be told?"), [Optional(), LONG])
    watched_device = BooleanField(_l("Somebody else may see their phone or mailbox"))
    safety_word = StringField(
        _l("Safety word"),
        [Optional(), SHORT],
        description=_l("Agreed with the client. Whoever reads or hears it acts at once; volunteers never see it."),
    )


class StopWayForm(Form):
    """Why a way is used no more."""

    reason = RadioField(_l("Why?"), [Required(_l("Choose a reason."))], choices=choices(STOP_REASONS))
