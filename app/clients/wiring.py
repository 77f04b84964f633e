"""What the application takes from this package."""

from __future__ import annotations

from flask import Flask

from app.accounts.forms import SENDER_READERS
from app.core.mail_foot import may_be_declined

from . import choices as own_choices
from . import mails, never_in_mail, operations_custody
from .views import (
    about_you,
    appointments,
    ask,
    bp,
    calls,
    choices,
    custody,
    decisions,
    docket,
    enter,
    letters,
    matter,
    office,
    openings,
    priorities,
    reach,
    resume,
    same_person,
    screening,
    status,
    texts,
)

PAGES = (
    about_you,
    appointments,
    ask,
    calls,
    choices,
    custody,
    decisions,
    docket,
    enter,
    letters,
    matter,
    office,
    openings,
    priorities,
    reach,
    resume,
    same_person,
    screening,
    status,
    texts,
)  # the modules of `views`, named so that they are imported before the blueprint is registered


def init_app(app: Flask) -> None:
    """Register pages, commands and checks."""
    app.register_blueprint(bp)
    mails.init_app(app)
    SENDER_READERS.add(never_in_mail.words_in)
    may_be_declined("engagement.survey", "survey", own_choices.no_survey_address, audience="client")
    operations_custody.init_app(app)
