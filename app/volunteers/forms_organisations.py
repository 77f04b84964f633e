"""What staff type about firms and other organisations."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Length

from app.accounts.forms import MailAddress
from app.core.forms import Form, Required

from . import words


class OrganisationForm(Form):
    """A firm or other organisation."""

    name = StringField(_l("Name"), [Required(_l("Write the name.")), Length(max=120)])
    kind = SelectField(_l("What is it?"), choices=list(words.ORGANISATIONS.items()), default="firm")


class CoordinatorForm(Form):
    """Somebody who answers for it."""

    name = StringField(_l("Name"), [Required(_l("Write the name.")), Length(max=80)])
    email = StringField(
        _l("Mail address"), [Required(_l("Write the mail address.")), Length(max=254), MailAddress()],
        description=_l("An account with this address gets the role; otherwise an invitation is mailed."),
    )  # fmt: skip
