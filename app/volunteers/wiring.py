"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.core.mail import check_before_sending, check_every_mail
from app.core.mail_foot import may_be_declined, sign_off

from . import mail_choices, mails
from .views import bp, credentials, leave, organisations, people, profile, public, requirements, screening, shifts, ties
from .views import mail_choices as choices_pages

PAGES = (
    choices_pages, credentials, leave, organisations, people, profile, public, requirements, screening, shifts, ties,
)  # fmt: skip


def init_app(app: Flask) -> None:
    """Register pages and the last look before a reminder leaves."""
    app.register_blueprint(bp)
    for kind in (mails.EXPIRING, mails.CONFIRM):
        check_before_sending(kind, mails.no_longer_needed)
    for kind, topic in mail_choices.KINDS.items():
        may_be_declined(kind, topic, mail_choices.one_click_address)
    check_every_mail(mail_choices.not_wanted)
    sign_off("volunteer", mail_choices.foot)
