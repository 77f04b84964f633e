"""What people type into a message."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import Length

from app.core.forms import Form, Required

from .models import Visibility

TO_CLIENT: dict[Visibility, Any] = {
    Visibility.PROGRAMME: _l("The client, everybody on the case and the programme"),
    Visibility.LAWYER_AND_CLIENT: _l("Privileged: the client, people on the case and the supervising attorney"),
    Visibility.STAFF: _l("The programme's staff only, not the client"),
}
FROM_CLIENT: dict[Visibility, Any] = {
    Visibility.PROGRAMME: _l("My lawyer and the office"),
    Visibility.LAWYER_AND_CLIENT: _l("Only my lawyer and the attorney of the office who supervises"),
}
FROM_WATCHED: dict[Visibility, Any] = {
    Visibility.PROGRAMME: _l("The person who helps me and the office"),
    Visibility.LAWYER_AND_CLIENT: _l("Only the person who helps me and who answers for it in the office"),
}


def _number(text: object) -> int:
    """A message's number as a page sends it back; what none could have is none."""
    said = str(text or "")
    return int(said) if said.isdecimal() and len(said) < 10 else 0


class MessageForm(Form):
    """A message and who may read it."""

    text = TextAreaField(
        _l("Your message"),
        [Required(_l("Write the message first.")), Length(max=20_000, message=_l("Please shorten this."))],
    )
    visibility = RadioField(_l("Who may read it"), default=Visibility.PROGRAMME.value)
    once = HiddenField()
    newest = HiddenField()

    def offer(self, kinds: Sequence[Visibility], words: dict[Visibility, Any]) -> None:
        """Let the writer choose among what they may read themselves."""
        self.visibility.choices = [(kind.value, words[kind]) for kind in words if kind in kinds]
        if not self.once.data:
            self.once.data = secrets.token_hex(12)

    def seen(self) -> int:
        """The newest message that was on the page."""
        return _number(self.newest.data)


class ReadForm(Form):
    """That what was on the page is read."""

    newest = HiddenField()

    def seen(self) -> int:
        """The newest message that was on the page."""
        return _number(self.newest.data)
