"""Asking both sides how it went; never a word of what it was about."""

from __future__ import annotations

from app.clients import choices as client_choices
from app.clients.mails import mail_reaches
from app.core import links
from app.core.mail import Mail, compose, outside_url, queue
from app.volunteers.mail_choices import choices_of

from .models import Audience
from .models_surveys import Survey

KIND = "engagement.survey"
PURPOSE = "survey"
FOLDER = "engagement/survey_mails"


def address_of(survey: Survey) -> str | None:
    """Where a survey may be sent; None means that a person asks."""
    if survey.audience is Audience.VOLUNTEER:
        return survey.volunteer.email if survey.volunteer else None
    return mail_reaches(survey.case.client)


def is_wanted(survey: Survey) -> bool:
    """Did they leave surveys switched on?"""
    if survey.audience is Audience.CLIENT:
        return client_choices.choices_of(survey.case.client).survey
    return survey.volunteer is not None and choices_of(survey.volunteer).survey


def survey_asked(survey: Survey, address: str) -> Mail | None:
    """One mail to an address, one link, until the survey ends."""
    case = survey.case
    language = case.language if survey.audience is Audience.CLIENT else "en"
    token = links.make(PURPOSE, survey, expires_at=survey.ends_at)
    subject, text = compose(
        f"{FOLDER}/{survey.audience}_asked", language, programme=case.programme, number=case.number,
        name=survey.volunteer.given_name if survey.volunteer else "",
        url=outside_url("engagement.survey", token=token),
    )  # fmt: skip
    return queue(
        KIND, occasion=f"survey:{survey.public_id}", to=address, subject=subject, text=text, audience=survey.audience,
        programme=case.programme, case=case, about=survey, language=language,
    )  # fmt: skip
