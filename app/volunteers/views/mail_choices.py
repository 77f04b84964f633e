"""Which mails a volunteer gets: behind a signed link, without a sign-in; opening it changes nothing."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, RadioField, SelectField
from wtforms.validators import ValidationError

from app.accounts.calendars import time_zones
from app.core import limits, signed
from app.core.access import Role, open_to, public, signed_in
from app.core.db import transaction
from app.core.errors import LinkGone
from app.core.forms import Form, Required
from app.core.limits import limiter
from app.core.web import csrf

from .. import mail_choices as choices
from .. import queries, words
from ..models import Volunteer
from . import bp


class MailChoicesForm(Form):
    """What may be switched off."""

    digest = RadioField(
        _l("New matters that fit you"), [Required(_l("Please choose one answer."))],
        choices=list(words.DIGESTS.items()),
    )  # fmt: skip
    appeals = BooleanField(choices.TOPICS["appeals"])
    thanks = BooleanField(choices.TOPICS["thanks"])
    survey = BooleanField(choices.TOPICS["survey"])
    none = BooleanField(
        _l("No mails at all"),
        description=_l("Then a coordinator calls you about check-ins, dates and offers, which you must know of."),
    )

    time_zone = SelectField(
        _l("Your time zone"), validate_choice=False,
        description=_l("What can wait reaches you while people are at work where you are."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = [(zone, zone.replace("_", " ")) for zone in time_zones()]
        self.time_zone.choices = [("", _("The office's")), *zones]

    def validate_time_zone(self, field: Field) -> None:
        """A clock runs by a zone that exists."""
        if field.data and field.data not in time_zones():
            raise ValidationError(str(choices.NoSuchZone.message))

    @property
    def chosen(self) -> choices.Choices:
        """What was chosen."""
        ticked = (self.appeals.data, self.thanks.data, self.survey.data, self.none.data)
        return choices.Choices(self.digest.data, *ticked, time_zone=self.time_zone.data or None)


def _volunteer(address_hash: str) -> Volunteer:
    volunteer = choices.find_by_hash(address_hash)
    if volunteer is None:
        raise LinkGone
    return volunteer


@bp.get("/my/mails")
@open_to(Role.VOLUNTEER)
def own_mails() -> ResponseReturnValue:
    """One's own choices."""
    address_hash = queries.get_own(signed_in()).email_hash
    return redirect(url_for(".mail_choices", token=signed.sign(choices.PURPOSE, address_hash)))


@bp.route("/mail-choices/<token>", methods=["GET", "POST"])
@public
@limiter.limit(limits.PERSONAL_LINK)
def mail_choices(token: str) -> ResponseReturnValue:
    """Show what was chosen, and keep what is chosen now."""
    volunteer = _volunteer(signed.read(choices.PURPOSE, token))
    form = MailChoicesForm(data=choices.choices_of(volunteer).__dict__)
    if not form.validate_on_submit():
        page = render_template("volunteers/mail_choices.html", form=form, token=token)
        return page, 422 if form.errors else 200
    with transaction():
        choices.choose(_volunteer(signed.read(choices.PURPOSE, token)), form.chosen, actor=None)
    flash(_("Saved. You get mails like this from now on."), "success")
    return redirect(url_for(".mail_choices", token=token), 303)


@bp.route("/stop-mails/<token>", methods=["GET", "POST"])
@csrf.exempt
@public
@limiter.limit(limits.PERSONAL_LINK)
def stop_mails(token: str) -> ResponseReturnValue:
    """Switch off one kind of mail: asked first in a browser, at once where a mail program does it (RFC 8058)."""
    topic, _colon, address_hash = signed.read(choices.ONE_CLICK, token).partition(":")
    volunteer = _volunteer(address_hash)
    if request.method == "GET":
        about = choices.TOPICS.get(topic, "")
        more = url_for(".mail_choices", token=signed.sign(choices.PURPOSE, volunteer.email_hash))
        return render_template("volunteers/stop_mails.html", token=token, about=about, more=more)
    with transaction():
        choices.switch_off(_volunteer(address_hash), topic, actor=None)
    if request.form.get("List-Unsubscribe") == "One-Click":
        return "", 200
    flash(_("You get no more mails of this kind."), "success")
    return redirect(url_for(".mail_choices", token=signed.sign(choices.PURPOSE, address_hash)), 303)
